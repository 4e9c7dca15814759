use std::time::{Duration, Instant};

/// A circuit breaker for all reports, or for those of one agent. Knows no clock and does no I/O.
///
/// While it is open no report passes. When its wait is over, one report goes ahead as a probe (half-open). If the
/// platform answers that one, the breaker is closed again.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: State,
    /// How often it opened since it was closed.
    failures: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    Open {
        until: Instant,
        /// The platform asked for the wait, so it cannot be shortened.
        is_asked: bool,
    },
    /// One report was sent as a probe.
    HalfOpen,
}

impl Breaker {
    /// Whether a report may pass now.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        match self.state {
            State::Closed => true,
            State::Open { until, .. } => until <= now,
            State::HalfOpen => false,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether a probe was sent whose outcome is not known yet.
    pub(crate) fn is_half_open(&self) -> bool {
        self.state == State::HalfOpen
    }

    /// A report passes.
    pub(crate) fn pass(&mut self) {
        if let State::Open { .. } = self.state {
            self.state = State::HalfOpen;
        }
    }

    /// The platform answered a report that passed. A wait that the platform asked for since then stands.
    pub(crate) fn close(&mut self) {
        if !matches!(self.state, State::Open { is_asked: true, .. }) {
            *self = Self::default();
        }
    }

    /// How often it will have opened if it opens now. Several failures of reports that passed together count as one.
    pub(crate) fn failures_now(&self) -> u32 {
        match self.state {
            State::Open { .. } => self.failures,
            State::Closed | State::HalfOpen => self.failures.saturating_add(1),
        }
    }

    /// Nothing passes until then. A wait that the platform asked for is not made shorter.
    pub(crate) fn open(&mut self, now: Instant, wait: Duration, is_asked: bool) {
        self.failures = self.failures_now();
        let until = now + wait;
        self.state = match self.state {
            State::Open {
                until: asked,
                is_asked: true,
            } if asked > until => self.state,
            State::Open {
                is_asked: was_asked,
                ..
            } => State::Open {
                until,
                is_asked: is_asked || was_asked,
            },
            _ => State::Open { until, is_asked },
        };
    }

    /// Lets the next report go ahead at once, unless the platform asked to wait.
    pub(crate) fn hurry(&mut self, now: Instant) {
        if let State::Open {
            until,
            is_asked: false,
        } = &mut self.state
        {
            *until = now.min(*until);
        }
    }

    /// The outcome of the probe is unknown, so the next report may be the probe.
    pub(crate) fn recover(&mut self, now: Instant) {
        if self.state == State::HalfOpen {
            self.state = State::Open {
                until: now,
                is_asked: false,
            };
        }
    }

    /// When the next probe may go. `None`: the breaker is closed, or a probe is on its way.
    pub(crate) fn probe_at(&self) -> Option<Instant> {
        match self.state {
            State::Open { until, .. } => Some(until),
            State::Closed | State::HalfOpen => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn one_report_goes_ahead_when_the_time_has_come() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        breaker.open(now, SECOND, false);
        assert!(!breaker.admits(now));
        assert_eq!(breaker.probe_at(), Some(now + SECOND));
        assert!(breaker.admits(now + SECOND));
        breaker.pass();
        assert!(!breaker.admits(now + 99 * SECOND));
        breaker.close();
        assert!(breaker.admits(now));
        breaker.pass();
        assert!(breaker.admits(now));
    }

    #[test]
    fn what_the_platform_asked_for_is_neither_hurried_nor_shortened() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        breaker.open(now, 10 * SECOND, true);
        breaker.open(now, SECOND, false);
        breaker.hurry(now);
        assert_eq!(breaker.probe_at(), Some(now + 10 * SECOND));
        breaker.open(now, 20 * SECOND, false);
        breaker.hurry(now);
        assert_eq!(breaker.probe_at(), Some(now + 20 * SECOND));
    }

    #[test]
    fn an_answer_to_what_went_before_does_not_end_a_wait_that_the_platform_asked_for() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        breaker.open(now, 10 * SECOND, true);
        breaker.close();
        assert_eq!(breaker.probe_at(), Some(now + 10 * SECOND));
        breaker.pass();
        breaker.close();
        assert!(breaker.admits(now));
    }

    #[test]
    fn another_wait_is_hurried() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        breaker.open(now, SECOND, false);
        breaker.hurry(now);
        assert!(breaker.admits(now));
    }
}
