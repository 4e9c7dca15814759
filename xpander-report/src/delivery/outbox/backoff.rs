use std::time::Duration;

/// When a report that could not be delivered is tried again. Knows no clock and does no I/O.
///
/// The delay doubles with each attempt, and is drawn at random below that bound ("full jitter"). So many programs that
/// lost the platform at the same time do not return at the same time. The number of attempts has no limit, but the
/// queue has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(60),
        }
    }
}

impl Backoff {
    /// How often to ask whether a refusal has ended.
    pub(crate) const REFUSAL: Self = Self {
        first: Duration::from_secs(30),
        longest: Duration::from_secs(600),
    };

    /// The wait after `failures` failed tries; `jitter` is from 0 to 1. What the platform asked for is
    /// the least.
    pub(crate) fn delay(&self, failures: u32, asked: Option<Duration>, jitter: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let bound = self.first.saturating_mul(1 << doublings).min(self.longest);
        let drawn = bound.mul_f64(jitter.clamp(0.0, 1.0));
        match asked {
            // Still spread out, or everyone would come back in the same moment.
            Some(floor) => floor.saturating_add(drawn.min(self.first)),
            None => drawn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(500),
        longest: Duration::from_secs(60),
    };

    #[test]
    fn the_bound_doubles_and_ends_at_the_longest() {
        let bounds: Vec<u64> = (1..=10)
            .map(|failures| BACKOFF.delay(failures, None, 1.0).as_millis() as u64)
            .collect();
        assert_eq!(
            bounds,
            [
                500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000
            ]
        );
        assert_eq!(BACKOFF.delay(u32::MAX, None, 1.0), BACKOFF.longest);
    }

    #[test]
    fn jitter_spreads_over_the_whole_wait() {
        assert_eq!(BACKOFF.delay(3, None, 0.0), Duration::ZERO);
        assert_eq!(BACKOFF.delay(3, None, 0.25), Duration::from_millis(500));
    }

    #[test]
    fn what_the_platform_asked_for_is_the_least() {
        let asked = Some(Duration::from_secs(90));
        assert_eq!(BACKOFF.delay(1, asked, 0.0), Duration::from_secs(90));
        assert_eq!(BACKOFF.delay(9, asked, 1.0), Duration::from_millis(90_500));
    }
}
