//! Code that the library calls on its way to the platform (a key's provider, a hook) may itself be
//! instrumented. Its runs must not be reported: each report would cause the next.

use std::cell::Cell;

use crate::support::panics::catch_panic;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Whether the library itself is at work on this thread.
pub(crate) fn is_quiet() -> bool {
    QUIET.try_with(Cell::get).unwrap_or(false)
}

/// Runs `code` as the library's own.
pub(crate) fn quietly<T>(code: impl FnOnce() -> T) -> T {
    struct Restore(bool);

    impl Drop for Restore {
        fn drop(&mut self) {
            let _ = QUIET.try_with(|quiet| quiet.set(self.0));
        }
    }

    let _restore = Restore(QUIET.try_with(|quiet| quiet.replace(true)).unwrap_or(false));
    code()
}

/// Runs code that the user hooked in: its runs are not reported, its events are traced, and a panic stays
/// inside.
pub(crate) fn hooked<T>(code: impl FnOnce() -> T) -> Option<T> {
    #[cfg(feature = "http")]
    let code = || crate::support::suppress::aloud(code);
    catch_panic(|| quietly(code))
}
