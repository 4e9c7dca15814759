//! Delivers the remaining reports when the process exits without a guard: `main` returns or panics, or something calls
//! `std::process::exit`.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, TryLockError, Weak};
use std::thread;
use std::time::Duration;

use super::process;
use super::suppress::is_suppressed;
use crate::support::sync::{lock, unpoisoned};

/// How much longer than its timeout a worker may take, to write the remaining reports to disk.
pub(crate) const SLACK: Duration = Duration::from_secs(1);

/// A longer wait could overflow the clock.
const MAX_WAIT: Duration = Duration::from_secs(24 * 3600);

/// A reporter that may have something to deliver when the process ends.
pub(crate) trait Leaving: Send + Sync {
    /// How long this exit waits for it. `None`: not at all.
    fn patience(&self, end: ProcessEnd) -> Option<Duration>;

    /// Delivers the remaining reports, or writes them to disk.
    fn leave(self: Arc<Self>, timeout: Duration);
}

/// How the process exits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessEnd {
    Exit,
    #[cfg_attr(
        not(all(unix, feature = "signals")),
        expect(dead_code, reason = "nobody listens to signals")
    )]
    Signal,
}

/// All reporters that have had reports, and their process: a forked child does not deliver its parent's reports.
static REPORTERS: Mutex<Reporters> = Mutex::new(Vec::new());

type Reporters = Vec<(u32, Weak<dyn Leaving>)>;

/// Makes the exit of the process wait for this reporter.
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

/// If the parent forked while a thread held this lock, the lock is never released in the child.
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
    // A panic must not unwind into the C library.
    let _ = std::panic::catch_unwind(|| deliver(ProcessEnd::Exit));
}

/// Delivers the remaining reports of all reporters, each within its timeout.
pub(crate) fn deliver(end: ProcessEnd) {
    // The worker itself ends the process, so it cannot deliver.
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
    // The thread-locals of this thread may already be destroyed, so another thread waits.
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
