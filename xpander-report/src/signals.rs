//! Signals that end the program: what is left is delivered first.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_default;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::diagnostics::warn;
use crate::process;
use crate::reporter::{Reporter, WeakReporter};

/// The reporters that have something to deliver, and how long each may take.
static REPORTERS: Mutex<Vec<(WeakReporter, Duration)>> = Mutex::new(Vec::new());

const SIGNALS: [i32; 3] = [SIGTERM, SIGINT, SIGHUP];

pub(crate) fn watch(reporter: &Reporter, timeout: Duration) {
    static WATCH: Once = Once::new();
    let mut reporters = lock();
    reporters.retain(|(reporter, _)| reporter.is_there());
    reporters.push((reporter.downgrade(), timeout));
    drop(reporters);
    WATCH.call_once(|| {
        if let Err(error) = start() {
            warn(format_args!(
                "what is left when a signal ends the program is not delivered: {error}"
            ));
        }
    });
}

fn start() -> io::Result<()> {
    // A second signal ends the program at once; so does any in a child, which has no thread that waits.
    let ends_at_once = Arc::new(AtomicBool::new(false));
    process::set_in_children(Arc::clone(&ends_at_once));
    let started = wait(&ends_at_once);
    if started.is_err() {
        // What is registered by now must not keep the program alive.
        ends_at_once.store(true, Ordering::SeqCst);
    }
    started
}

fn wait(ends_at_once: &Arc<AtomicBool>) -> io::Result<()> {
    // One that is ignored, as by `nohup`, goes on being ignored.
    let heeded = SIGNALS
        .into_iter()
        .filter(|signal| !process::ignores(*signal));
    let heeded: Vec<_> = heeded.collect();
    for signal in &heeded {
        register_conditional_default(*signal, Arc::clone(ends_at_once))?;
    }
    let mut signals = Signals::new(&heeded)?;
    let ends_at_once = Arc::clone(ends_at_once);
    thread::Builder::new()
        .name("xpander-signals".to_owned())
        .spawn(move || {
            if let Some(signal) = signals.forever().next() {
                ends_at_once.store(true, Ordering::SeqCst);
                deliver();
                let _ = emulate_default_handler(signal);
            }
        })
        .map(drop)
}

fn deliver() {
    let reporters = std::mem::take(&mut *lock());
    for (reporter, timeout) in reporters {
        if let Some(reporter) = reporter.upgrade() {
            reporter.leave(timeout);
        }
    }
}

fn lock() -> MutexGuard<'static, Vec<(WeakReporter, Duration)>> {
    REPORTERS.lock().unwrap_or_else(PoisonError::into_inner)
}
