//! Locks and atomics. The `loom` tests, which try all interleavings, replace them.

use std::sync::{LockResult, PoisonError};

#[cfg(not(all(test, loom_model)))]
mod real {
    #[cfg(feature = "http")]
    pub(crate) use std::sync::atomic::{AtomicBool, fence};
    pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
    #[cfg(feature = "http")]
    pub(crate) use std::sync::{Mutex, MutexGuard};
}

#[cfg(all(test, loom_model))]
mod real {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
    pub(crate) use loom::sync::{Mutex, MutexGuard};
}

pub(crate) use real::*;

/// The guard of a lock, even if a thread panicked while it held the lock. The data of these locks is valid at any time.
pub(crate) fn unpoisoned<G>(guard: LockResult<G>) -> G {
    guard.unwrap_or_else(PoisonError::into_inner)
}

/// Locks, even after a panic.
pub(crate) fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    unpoisoned(mutex.lock())
}
