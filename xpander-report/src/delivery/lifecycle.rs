use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

use super::wake::WakeFlag;
use crate::support::sync::lock;

/// Whether reports are taken, and whether a thread delivers them.
pub(super) struct Lifecycle {
    stage: AtomicU8,
    has_worker: Mutex<bool>,
    wake_flag: WakeFlag,
    wake: Notify,
}

/// A reporter goes through these in this order, and may leave some out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Stage {
    /// Reports are taken.
    Open,
    /// All handles are gone; what was accepted is delivered.
    Abandoned,
    /// No more reports are taken; what was accepted is delivered until the shutdown's time is up.
    Closing,
    /// The shutdown is over.
    Closed,
}

impl Lifecycle {
    pub(super) fn new() -> Self {
        Self {
            stage: AtomicU8::new(Stage::Open as u8),
            has_worker: Mutex::new(false),
            wake_flag: WakeFlag::new(),
            wake: Notify::new(),
        }
    }

    /// Whether this stage has begun.
    pub(super) fn is_at(&self, stage: Stage) -> bool {
        self.stage.load(Ordering::SeqCst) >= stage as u8
    }

    pub(super) fn advance(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::SeqCst);
    }

    /// Announces work. Returns whether the caller must wake a sleeping worker or start a new one.
    pub(super) fn must_wake(&self) -> bool {
        self.wake_flag.wake()
    }

    pub(super) fn notify(&self) {
        self.wake.notify_one();
    }

    pub(super) async fn notified(&self) {
        self.wake.notified().await;
    }

    /// Starts a worker if there is none. Says whether it did.
    pub(super) fn start(&self, spawn: impl FnOnce() -> io::Result<()>) -> io::Result<bool> {
        let mut has_worker = lock(&self.has_worker);
        if *has_worker {
            return Ok(false);
        }
        match spawn() {
            Ok(()) => {
                *has_worker = true;
                Ok(true)
            }
            Err(error) => {
                // The next report tries again.
                self.wake_flag.cancel();
                Err(error)
            }
        }
    }

    pub(super) fn has_worker(&self) -> bool {
        *lock(&self.has_worker)
    }

    /// The worker is about to wait, unless there is something to do. Says whether it may.
    pub(super) fn may_sleep(&self, has_work: impl FnOnce() -> bool) -> bool {
        self.wake_flag.prepare_to_sleep(has_work)
    }

    /// Asks whether the worker may end. It may not if there is work. If it may, `let_go` runs, and another worker can
    /// start only after that. Returns whether the worker may end.
    pub(super) fn may_end(&self, has_work: impl FnOnce() -> bool, let_go: impl FnOnce()) -> bool {
        let mut has_worker = lock(&self.has_worker);
        let may_end = self.wake_flag.prepare_to_sleep(has_work);
        if may_end {
            let_go();
        }
        *has_worker = !may_end;
        may_end
    }

    /// The worker's thread ended unexpectedly. Another worker may start.
    pub(super) fn died(&self) {
        *lock(&self.has_worker) = false;
        self.wake_flag.cancel();
    }

    /// The test is the worker.
    #[cfg(test)]
    pub(super) fn attach(&self) {
        *lock(&self.has_worker) = true;
        self.wake_flag.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_worker_starts_while_another_one_lets_go() {
        let lifecycle = Lifecycle::new();
        assert!(lifecycle.start(|| Ok(())).unwrap());
        let mut has_let_go = false;
        let may_end = lifecycle.may_end(
            || false,
            || {
                assert!(lifecycle.has_worker.try_lock().is_err());
                has_let_go = true;
            },
        );
        assert!(may_end && has_let_go && !lifecycle.has_worker());
        assert!(lifecycle.start(|| Ok(())).unwrap());
    }

    #[test]
    fn a_worker_that_must_go_on_lets_go_of_nothing() {
        let lifecycle = Lifecycle::new();
        assert!(lifecycle.start(|| Ok(())).unwrap());
        let let_go = || unreachable!("there is something to do");
        assert!(!lifecycle.may_end(|| true, let_go));
        assert!(lifecycle.has_worker());
    }
}
