use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::outbox::{Outbox, Ticket};
use crate::FlushOutcome;

/// Somebody waits until everything accepted so far is settled.
pub(super) struct FlushRequest {
    /// The last report that it waits for.
    pub(super) until: Ticket,
    pub(super) timeout: Duration,
    /// Whether the worker ends afterwards.
    pub(super) stop: bool,
    pub(super) done: oneshot::Sender<FlushOutcome>,
}

/// A flush under way.
pub(super) struct Flush {
    pub(super) deadline: Instant,
    pub(super) stop: bool,
    until: Ticket,
    outcome: FlushOutcome,
    done: oneshot::Sender<FlushOutcome>,
}

impl Flush {
    pub(super) fn begin(request: FlushRequest, now: Instant) -> Self {
        // A wait without end would overflow the clock; a year is as good.
        let timeout = request.timeout.min(Duration::from_secs(365 * 24 * 3600));
        Self {
            deadline: now + timeout,
            stop: request.stop,
            until: request.until,
            outcome: FlushOutcome::default(),
            done: request.done,
        }
    }

    pub(super) fn delivered(&mut self, tickets: &[Ticket]) {
        self.outcome.delivered += self.mine(tickets);
    }

    pub(super) fn dropped(&mut self, tickets: &[Ticket]) {
        self.outcome.dropped += self.mine(tickets);
    }

    fn mine(&self, tickets: &[Ticket]) -> u64 {
        tickets
            .iter()
            .filter(|ticket| **ticket <= self.until)
            .count() as u64
    }

    pub(super) fn is_over(&self, outbox: &Outbox, now: Instant) -> bool {
        now >= self.deadline || !outbox.has_open_until(self.until) || outbox.is_refused()
    }

    /// Ends with what is still in the outbox pending.
    pub(super) fn end(mut self, outbox: &Outbox) {
        self.outcome.pending = outbox.open_until(self.until) as u64;
        self.outcome.timed_out = self.outcome.pending > 0 && !outbox.is_refused();
        self.answer();
    }

    /// Ends with what is still in the outbox dropped.
    pub(super) fn end_dropped(mut self, outbox: &Outbox) {
        let left = outbox.open_until(self.until) as u64;
        self.outcome.dropped += left;
        self.outcome.timed_out = left > 0;
        self.answer();
    }

    fn answer(self) {
        // Who flushed may have gone on without the answer.
        let _ = self.done.send(self.outcome);
    }
}
