//! Delivers the remaining reports when a signal ends the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::{io, thread};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_default;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::support::diagnostics::warn;
use crate::support::exit::ProcessEnd;
use crate::support::{exit, process};

const SIGNALS: [i32; 3] = [SIGTERM, SIGINT, SIGHUP];

/// Starts listening.
pub(crate) fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        if let Err(error) = start() {
            warn(format_args!(
                "reports will not be delivered when a signal ends the program: {error}"
            ));
        }
    });
}

fn start() -> io::Result<()> {
    // A second signal ends the program immediately. So does any signal in a forked child, which has no listening
    // thread.
    let ends_at_once = Arc::new(AtomicBool::new(false));
    process::set_in_children(Arc::clone(&ends_at_once));
    let started = wait(&ends_at_once);
    if started.is_err() {
        // The signals registered so far must not keep the program alive.
        ends_at_once.store(true, Ordering::SeqCst);
    }
    started
}

fn wait(ends_at_once: &Arc<AtomicBool>) -> io::Result<()> {
    // A signal that is ignored, as under `nohup`, stays ignored.
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
                exit::deliver(ProcessEnd::Signal);
                let _ = emulate_default_handler(signal);
            }
        })
        .map(drop)
}
