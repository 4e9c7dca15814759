use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code that calls the user's code. A panic in it loses the field, never the call.
pub(crate) fn catch_panic<T>(code: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(code)).ok()
}
