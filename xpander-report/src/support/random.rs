use std::hash::{BuildHasher, RandomState};

/// A number from 0 to below 1. `RandomState` gives other keys at each call.
pub(crate) fn unit() -> f64 {
    const STEPS: u64 = 1 << 53;
    let random = RandomState::new().hash_one(0) % STEPS;
    random as f64 / STEPS as f64
}
