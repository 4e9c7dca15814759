//! The end of the process, by itself or by a signal. Reporters that have something to deliver take it along though
//! nobody kept a guard: `main` returns or panics, or somebody calls `std::process::exit`.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, TryLockError, Weak};
use std::thread;
use std::time::Duration;

use super::process;
use super::suppress::is_suppressed;
use crate::support::sync::{lock, unpoisoned};

/// What a worker may take beyond its time, to write what is left to disk.
pub(crate) const SLACK: Duration = Duration::from_secs(1);

/// A wait without end would overflow the clock.
const MAX_WAIT: Duration = Duration::from_secs(24 * 3600);

/// A reporter that may have something to deliver when the process ends.
pub(crate) trait Leaving: Send + Sync {
    /// How long this end of the process waits for it; none: not at all.
    fn patience(&self, end: ProcessEnd) -> Option<Duration>;

    /// Delivers what is left, or writes it to disk.
    fn leave(self: Arc<Self>, timeout: Duration);
}

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessEnd {
    Exit,
    #[cfg_attr(
        not(all(unix, feature = "signals")),
        expect(dead_code, reason = "nobody listens to signals")
    )]
    Signal,
}

/// All that have had something to deliver, and the process that they belong to: a child that was forked has no part in
/// them.
static REPORTERS: Mutex<Reporters> = Mutex::new(Vec::new());

type Reporters = Vec<(u32, Weak<dyn Leaving>)>;

/// Makes the end of the process wait for this reporter.
pub(crate) fn register(reporter: Arc<dyn Leaving>) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| process::at_exit(at_exit));
    let Some(mut reporters) = reporters() else {
        return;
    };
    let generation = process::generation();
    reporters.retain(|(made_in, other)| *made_in == generation && other.strong_count() > 0);
    let is_it =
        |other: &Weak<dyn Leaving>| std::ptr::addr_eq(other.as_ptr(), Arc::as_ptr(&reporter));
    if !reporters.iter().any(|(_, other)| is_it(other)) {
        reporters.push((generation, Arc::downgrade(&reporter)));
    }
}

/// In a child that was forked while a thread of its parent had them, nobody gives them back.
fn reporters() -> Option<MutexGuard<'static, Reporters>> {
    const TRIES: u32 = 10_000;
    for _ in 0..TRIES {
        match REPORTERS.try_lock() {
            Ok(reporters) => return Some(reporters),
            Err(TryLockError::Poisoned(reporters)) => return Some(reporters.into_inner()),
            Err(TryLockError::WouldBlock) => thread::yield_now(),
        }
    }
    None
}

extern "C" fn at_exit() {
    // A panic must not go on into the C library.
    let _ = std::panic::catch_unwind(|| deliver(ProcessEnd::Exit));
}

/// Delivers what all reporters have left, each for as long as it may take.
pub(crate) fn deliver(end: ProcessEnd) {
    // The worker, which would do it, is who ends the process.
    if is_suppressed() {
        return;
    }
    let generation = process::generation();
    let reporters = reporters().map(|reporters| reporters.clone());
    let reporters = reporters.unwrap_or_default().into_iter();
    let mine = reporters.filter(|(made_in, _)| *made_in == generation);
    let waiting: Vec<_> = mine
        .filter_map(|(_, reporter)| {
            let reporter = reporter.upgrade()?;
            let patience = reporter.patience(end)?;
            Some((reporter, patience.min(MAX_WAIT)))
        })
        .collect();
    let Some(patience) = waiting.iter().map(|(_, patience)| *patience).max() else {
        return;
    };
    // This thread's own variables may be gone already, so another one asks.
    let done = Arc::new(Done::default());
    let asks = Arc::clone(&done);
    let started = thread::Builder::new().spawn(move || {
        thread::scope(|scope| {
            for (reporter, patience) in waiting {
                let leave = move || reporter.leave(patience);
                let _ = thread::Builder::new().spawn_scoped(scope, leave);
            }
        });
        asks.set();
    });
    if started.is_ok() {
        done.wait(patience + 2 * SLACK);
    }
}

#[derive(Default)]
struct Done {
    is_done: Mutex<bool>,
    changed: Condvar,
}

impl Done {
    fn set(&self) {
        *lock(&self.is_done) = true;
        self.changed.notify_all();
    }

    fn wait(&self, patience: Duration) {
        let is_done = lock(&self.is_done);
        let waited = self
            .changed
            .wait_timeout_while(is_done, patience, |is_done| !*is_done);
        drop(unpoisoned(waited));
    }
}
