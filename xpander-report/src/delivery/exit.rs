//! The end of the process. It takes what is left along though nobody kept a guard: `main` returns or
//! panics, or somebody calls `std::process::exit`.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError, TryLockError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::{Shared, lock};
use crate::block_on::block_on_for;
use crate::diagnostics::warn;
use crate::own_thread::is_quiet;
use crate::process;
use crate::sink::After;

/// What a worker may take beyond its time, to write what is left to disk.
const SLACK: Duration = Duration::from_secs(1);

/// A wait without end would overflow the clock.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// All that have had something to deliver, and the process that they belong to: a child that was forked has
/// no part in them.
static REPORTERS: Mutex<Reporters> = Mutex::new(Vec::new());

type Reporters = Vec<(u32, Weak<Shared>)>;

/// Makes the end of the process wait for this reporter.
pub(super) fn register(shared: &Arc<Shared>) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| process::at_exit(at_exit));
    let Some(mut reporters) = reporters() else {
        return;
    };
    let generation = process::generation();
    reporters.retain(|(made_in, other)| *made_in == generation && other.strong_count() > 0);
    if !reporters
        .iter()
        .any(|(_, other)| Weak::as_ptr(other) == Arc::as_ptr(shared))
    {
        reporters.push((generation, Arc::downgrade(shared)));
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
    let _ = std::panic::catch_unwind(deliver);
}

fn deliver() {
    // The worker, which would do it, is who ends the process.
    if is_quiet() {
        return;
    }
    let generation = process::generation();
    let reporters = reporters().map(|mut reporters| std::mem::take(&mut *reporters));
    let reporters = reporters.unwrap_or_default();
    let mine = reporters
        .iter()
        .filter(|(made_in, _)| *made_in == generation);
    let reporters = mine.filter_map(|(_, shared)| shared.upgrade());
    let waiting: Vec<_> = reporters.filter(|shared| shared.waits_at_exit()).collect();
    let patience = waiting
        .iter()
        .map(|shared| shared.settings.limits.exit_timeout);
    let Some(patience) = patience.max().map(|patience| patience.min(LONGEST)) else {
        return;
    };
    // This thread's own variables may be gone already, so another one asks.
    let done = Arc::new(Done::default());
    let asks = Arc::clone(&done);
    let started = thread::Builder::new().spawn(move || {
        let deadline = Instant::now() + patience;
        for shared in waiting {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = left.min(shared.settings.limits.exit_timeout);
            block_on_for(shared.flush(left, After::Leave), left + SLACK);
            let pending = shared.pending();
            if pending > 0 {
                warn(format_args!(
                    "{pending} reports were not delivered before the program ended"
                ));
            }
        }
        asks.tell();
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
    fn tell(&self) {
        *lock(&self.is_done) = true;
        self.changed.notify_all();
    }

    fn wait(&self, patience: Duration) {
        let is_done = lock(&self.is_done);
        let waited = self
            .changed
            .wait_timeout_while(is_done, patience, |is_done| !*is_done);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}
