use crate::support::sync::{AtomicBool, Ordering, fence};

/// Whether the worker sleeps. A caller adds work first and reads the flag afterwards. The worker sets the flag first
/// and looks for work afterwards. So at least one of the two notices the other.
pub(super) struct WakeFlag(AtomicBool);

impl WakeFlag {
    pub(super) fn new() -> Self {
        Self(AtomicBool::new(true))
    }

    /// The worker is about to wait, unless there is something to do. Says whether it may.
    pub(super) fn prepare_to_sleep(&self, has_work: impl FnOnce() -> bool) -> bool {
        self.0.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let has_work = has_work();
        if has_work {
            self.0.store(false, Ordering::Relaxed);
        }
        !has_work
    }

    /// Announces work. Returns whether the worker sleeps and must be woken. Of several callers, only one gets `true`.
    pub(super) fn wake(&self) -> bool {
        fence(Ordering::SeqCst);
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }

    /// Undoes [`wake`](Self::wake), because the caller could not wake the worker.
    pub(super) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(all(test, loom_model))]
mod interleavings {
    use std::sync::Arc;

    use loom::thread;

    use super::*;
    use crate::support::sync::AtomicU64;

    #[test]
    fn nothing_waits_for_a_worker_that_sleeps_and_one_caller_wakes_it() {
        loom::model(|| {
            let flag = Arc::new(WakeFlag(AtomicBool::new(false)));
            let work = Arc::new(AtomicU64::new(0));
            let callers = [(); 2].map(|()| {
                let (flag, work) = (Arc::clone(&flag), Arc::clone(&work));
                thread::spawn(move || {
                    work.fetch_add(1, Ordering::Release);
                    flag.wake()
                })
            });
            let mut seen = 0;
            let sleeps = flag.prepare_to_sleep(|| {
                seen = work.load(Ordering::Acquire);
                seen > 0
            });
            let wakers = callers.map(|caller| caller.join().unwrap());
            let woken = wakers.into_iter().filter(|wakes| *wakes).count();
            assert!(woken <= 1);
            assert!(!sleeps || woken == 1, "the worker sleeps");
        });
    }
}
