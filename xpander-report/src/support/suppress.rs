//! Suppresses runs and events that the library itself would cause.
//!
//! Code that the library calls on its way to the platform (a key's provider, a hook) may itself be instrumented. Its
//! runs must not be reported: each report would cause the next. And the HTTP client's events are not for the program's
//! `tracing` subscriber. A thread-local subscriber hides them only while something is polled. If it stayed, every event
//! of the whole program would have to look it up.

use std::cell::Cell;
#[cfg(feature = "http")]
use std::cell::RefCell;

#[cfg(feature = "http")]
use tracing_core::dispatcher::{self, DefaultGuard, Dispatch};

use super::panics::catch_panic;

thread_local! {
    static IS_SUPPRESSED: Cell<bool> = const { Cell::new(false) };
}

#[cfg(feature = "http")]
thread_local! {
    static SUBSCRIBER: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

/// Whether this thread runs code of the library itself.
pub(crate) fn is_suppressed() -> bool {
    IS_SUPPRESSED.try_with(Cell::get).unwrap_or(false)
}

/// Runs `code` as code of the library itself.
pub(crate) fn suppressed<T>(code: impl FnOnce() -> T) -> T {
    struct Restore(bool);

    impl Drop for Restore {
        fn drop(&mut self) {
            let _ = IS_SUPPRESSED.try_with(|is_suppressed| is_suppressed.set(self.0));
        }
    }

    let before = IS_SUPPRESSED.try_with(|is_suppressed| is_suppressed.replace(true));
    let _restore = Restore(before.unwrap_or(false));
    code()
}

/// Runs a hook of the user: its runs are not reported, its events are traced, and a panic is caught.
pub(crate) fn call_hook<T>(code: impl FnOnce() -> T) -> Option<T> {
    #[cfg(feature = "http")]
    let code = || traced(code);
    catch_panic(|| suppressed(code))
}

/// Runs code whose events go to the program's subscriber.
#[cfg(feature = "http")]
pub(crate) fn traced<T>(code: impl FnOnce() -> T) -> T {
    struct Silence(bool);

    impl Drop for Silence {
        fn drop(&mut self) {
            if self.0 {
                silence();
            }
        }
    }

    let silenced = take();
    let _silence = Silence(silenced.is_some());
    drop(silenced);
    code()
}

/// Hides this thread's events from the program's subscriber.
#[cfg(feature = "http")]
pub(super) fn silence() {
    let _ = SUBSCRIBER.try_with(|subscriber| {
        subscriber
            .borrow_mut()
            .get_or_insert_with(|| dispatcher::set_default(&Dispatch::none()));
    });
}

/// Shows this thread's events to the program's subscriber again.
#[cfg(feature = "http")]
pub(super) fn restore() {
    drop(take());
}

#[cfg(feature = "http")]
fn take() -> Option<DefaultGuard> {
    SUBSCRIBER.try_with(RefCell::take).ok().flatten()
}
