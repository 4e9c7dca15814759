use std::time::{Duration, Instant};

/// How many tries are remembered.
const MAX_TRIES: u32 = 40;
/// After a longer pause, the attempts before it are forgotten.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// If all attempts fail, this many are needed to call the scope failing.
pub(crate) const MIN_FAILURES: u32 = 5;
/// If some attempts succeed, this many attempts are needed to call the scope failing.
const MIN_TRIES: u32 = 20;

/// How the last tries of a scope ended. Knows no clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// A bit for each try, the last one lowest: whether it failed.
    failed: u64,
    tries: u32,
    last: Option<Instant>,
}

impl Health {
    /// A try has ended.
    pub(crate) fn add(&mut self, has_failed: bool, now: Instant) {
        let pause = self.last.map(|last| now.saturating_duration_since(last));
        if pause.is_some_and(|pause| pause > MAX_PAUSE) {
            *self = Self::default();
        }
        self.last = Some(now);
        self.tries = (self.tries + 1).min(MAX_TRIES);
        let remembered = (1 << MAX_TRIES) - 1;
        self.failed = (self.failed << 1 | u64::from(has_failed)) & remembered;
    }

    /// Whether the scope is failing: at least four of five attempts fail, or all of the first ones.
    pub(crate) fn is_failing(&self) -> bool {
        let failures = self.failures();
        match failures == self.tries {
            true => failures >= MIN_FAILURES,
            false => self.tries >= MIN_TRIES && failures * 5 >= self.tries * 4,
        }
    }

    /// Whether most tries succeed.
    pub(crate) fn is_good(&self) -> bool {
        self.tries > 0 && self.failures() * 2 < self.tries
    }

    /// Whether none of the tries failed.
    pub(crate) fn is_untroubled(&self) -> bool {
        self.failures() == 0
    }

    fn failures(&self) -> u32 {
        self.failed.count_ones()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(tries: impl IntoIterator<Item = bool>) -> Health {
        let mut health = Health::default();
        let now = Instant::now();
        for has_failed in tries {
            health.add(has_failed, now);
        }
        health
    }

    #[test]
    fn a_scope_of_which_nothing_arrives_fails_after_a_few_tries() {
        assert!(!health([true; 4]).is_failing());
        assert!(health([true; 5]).is_failing());
    }

    #[test]
    fn a_scope_that_answers_in_between_fails_only_by_its_share() {
        let each = |nth: usize| (0..100).map(move |at| at % nth != 0);
        assert!(!health(each(2)).is_failing(), "every other one succeeds");
        assert!(!health(each(4)).is_failing(), "every fourth succeeds");
        assert!(health(each(10)).is_failing(), "every tenth succeeds");
    }

    #[test]
    fn successes_of_long_ago_do_not_hide_an_outage() {
        let mut health = health([false; 100]);
        let later = Instant::now() + 2 * MAX_PAUSE;
        for _ in 0..5 {
            health.add(true, later);
        }
        assert!(health.is_failing());
    }

    #[test]
    fn only_what_was_tried_last_counts() {
        let tries = [true; 20].into_iter().chain([false; 40]);
        let health = health(tries);
        assert!(health.is_good() && health.is_untroubled());
        assert!(!Health::default().is_good());
    }
}
