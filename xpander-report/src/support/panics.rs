use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs what a user's code has a part in: its panic costs the field, never the call.
pub(crate) fn catch_panic<T>(code: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(code)).ok()
}
