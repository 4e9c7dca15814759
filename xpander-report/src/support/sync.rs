//! What threads share. A test that tries all orders in which they may meet has its own in the place of these.

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

/// What a lock gives, also after a thread has panicked while it had it: what these locks guard is whole at any time.
pub(crate) fn unpoisoned<G>(guard: LockResult<G>) -> G {
    guard.unwrap_or_else(PoisonError::into_inner)
}

/// Locks, also after a panic.
pub(crate) fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    unpoisoned(mutex.lock())
}
