use std::time::{Duration, Instant, SystemTime};

/// A longer wait could overflow the clock; a year is long enough.
const MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// The time that a job has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    deadline: Instant,
    margin: Duration,
}

impl Time {
    pub(super) fn until(deadline: Instant, margin: Duration) -> Self {
        Self { deadline, margin }
    }

    /// The remaining time, minus the margin, which is at most half of it.
    pub(super) fn left(self) -> Duration {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let left = left.min(MAX);
        left - self.margin.min(left / 2)
    }
}

/// When a job will be killed; see [`TaskLayer::deadline`](crate::TaskLayer::deadline).
pub trait IntoDeadline {
    /// The time at which the job is killed. `None`: never.
    fn into_deadline(self) -> Option<Instant>;
}

impl IntoDeadline for Instant {
    fn into_deadline(self) -> Option<Instant> {
        Some(self)
    }
}

impl IntoDeadline for SystemTime {
    fn into_deadline(self) -> Option<Instant> {
        let left = self.duration_since(Self::now()).unwrap_or_default();
        left.into_deadline()
    }
}

impl IntoDeadline for Duration {
    fn into_deadline(self) -> Option<Instant> {
        Some(Instant::now() + self.min(MAX))
    }
}

impl<T: IntoDeadline> IntoDeadline for Option<T> {
    fn into_deadline(self) -> Option<Instant> {
        self.and_then(T::into_deadline)
    }
}
