//! How long the platform takes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of [`RequestTimes`], in milliseconds.
pub(crate) const TIME_BOUNDS: [u64; 11] =
    [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// How long the platform took to answer.
#[derive(Debug, Default)]
pub(super) struct RequestTimes {
    /// Answers by time, the last beyond all bounds.
    counts: [AtomicU64; TIME_BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl RequestTimes {
    pub(super) fn add(&self, took: Duration) {
        let bound = TIME_BOUNDS
            .iter()
            .position(|bound| took <= Duration::from_millis(*bound));
        let count = &self.counts[bound.unwrap_or(TIME_BOUNDS.len())];
        count.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// How many answers took how long, and all of them together.
    pub(super) fn read(&self) -> ([u64; TIME_BOUNDS.len() + 1], Duration) {
        let counts = self
            .counts
            .each_ref()
            .map(|count| count.load(Ordering::Relaxed));
        let sum = Duration::from_micros(self.micros.load(Ordering::Relaxed));
        (counts, sum)
    }
}
