//! Locks.

use std::sync::{LockResult, PoisonError};

/// The guard of a lock, even if a thread panicked while it held the lock. Only for data that is valid at
/// any time.
pub fn ignore_poison<G>(locked: LockResult<G>) -> G {
    locked.unwrap_or_else(PoisonError::into_inner)
}
