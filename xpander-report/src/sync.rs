//! What threads share. A test that tries all orders in which they may meet has its own in the place of these.

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
