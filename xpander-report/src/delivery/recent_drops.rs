use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::support::sync::lock;

/// How long a drop is remembered.
const WINDOW: Duration = Duration::from_secs(60);

/// Counts recent drops. The count starts again after [`WINDOW`] without a drop.
#[derive(Debug, Default)]
pub(super) struct RecentDrops(Mutex<Option<(Instant, u64)>>);

impl RecentDrops {
    pub(super) fn add(&self, times: u64, now: Instant) {
        let mut last = self.lock();
        *last = Some((now, Self::of(*last, now) + times));
    }

    pub(super) fn count(&self, now: Instant) -> u64 {
        Self::of(*self.lock(), now)
    }

    fn of(last: Option<(Instant, u64)>, now: Instant) -> u64 {
        let last = last.filter(|(at, _)| now.saturating_duration_since(*at) < WINDOW);
        last.map_or(0, |(_, count)| count)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Instant, u64)>> {
        lock(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_a_minute_ago_counts_no_more() {
        let start = Instant::now();
        let drops = RecentDrops::default();
        assert_eq!(drops.count(start), 0);
        drops.add(2, start);
        drops.add(1, start + WINDOW / 2);
        assert_eq!(drops.count(start + WINDOW), 3);
        assert_eq!(drops.count(start + 2 * WINDOW), 0);
        drops.add(1, start + 2 * WINDOW);
        assert_eq!(drops.count(start + 2 * WINDOW), 1);
    }
}
