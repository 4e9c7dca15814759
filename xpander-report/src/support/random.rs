use std::hash::{BuildHasher, RandomState};

/// A random number in `0.0..1.0`. Each `RandomState` has different keys.
pub(crate) fn unit() -> f64 {
    const STEPS: u64 = 1 << 53;
    let random = RandomState::new().hash_one(0) % STEPS;
    random as f64 / STEPS as f64
}
