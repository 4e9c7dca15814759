use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::outbox::Outbox;
use crate::delivery::outbox::pending::Ticket;
use crate::sink::Then;
use crate::sink::stats::{Ending, FlushOutcome};

/// The time after this timeout. A timeout of more than a year counts as a year, because the clock could overflow.
pub(super) fn deadline(timeout: Duration) -> Instant {
    Instant::now() + timeout.min(Duration::from_secs(365 * 24 * 3600))
}

/// The condition that a flush waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitFor {
    /// Delivery.
    Flush(Then),
    /// Delivery also of what other processes left behind.
    Drain,
    /// Every report is delivered or on disk.
    Persisted,
}

/// Everything accepted until a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watermark {
    pub(super) ticket: Ticket,
    /// How many reports the spool had been given.
    pub(super) appended: u64,
    /// How many reports had been put into the queue, if there is a spool: they wait for what is on disk.
    pub(super) queued: u64,
}

/// What is left of the reports that somebody waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Remaining {
    pub(super) pending: u64,
    pub(super) spooled: u64,
}

/// A caller that waits until everything accepted so far has ended or is safe.
pub(super) struct Flush {
    pub(super) ask: WaitFor,
    /// The last reports that it waits for.
    pub(super) until: Watermark,
    /// The end of the timeout, counted from the call: the worker may see the flush later.
    pub(super) deadline: Instant,
    outcome: FlushOutcome,
    done: oneshot::Sender<FlushOutcome>,
}

impl Flush {
    pub(super) fn new(
        ask: WaitFor,
        until: Watermark,
        timeout: Duration,
    ) -> (Self, oneshot::Receiver<FlushOutcome>) {
        let (done, outcome) = oneshot::channel();
        let flush = Self {
            ask,
            until,
            deadline: deadline(timeout),
            outcome: FlushOutcome::default(),
            done,
        };
        (flush, outcome)
    }

    /// These reports have ended.
    pub(super) fn ended(&mut self, tickets: impl Iterator<Item = Ticket>, ending: Ending) {
        let mine = tickets
            .filter(|ticket| *ticket <= self.until.ticket)
            .count() as u64;
        match ending {
            Ending::Delivered => self.outcome.delivered += mine,
            Ending::Refused | Ending::Expired | Ending::Dropped(_) => self.outcome.dropped += mine,
            Ending::Merged | Ending::Superseded | Ending::SampledOut => {}
            #[cfg(feature = "_relay")]
            Ending::GivenUp => {}
        }
    }

    /// Whether the worker stops after it.
    pub(super) fn stops(&self) -> bool {
        self.ask == WaitFor::Flush(Then::Shutdown)
    }

    /// Whether the worker may not run again after this flush, because the program exits or the reporter shuts down.
    pub(super) fn leaves(&self) -> bool {
        matches!(self.ask, WaitFor::Flush(Then::Exit | Then::Shutdown))
    }

    /// Whether waiting must stop: the timeout has expired, the caller is gone, or the platform refuses the key.
    pub(super) fn stops_waiting(&self, outbox: &Outbox, now: Instant) -> bool {
        // The caller may be gone.
        let is_over = now >= self.deadline || self.done.is_closed() && !self.stops();
        is_over || outbox.is_refused() && self.ask != WaitFor::Persisted
    }

    /// Ends the flush, and tells its caller how many reports remain.
    pub(super) fn end(mut self, left: Remaining, is_done: bool, now: Instant) {
        self.outcome.pending = left.pending;
        self.outcome.spooled = left.spooled;
        self.outcome.timed_out = !is_done && now >= self.deadline;
        self.answer();
    }

    /// Ends the flush. The reports that remain in memory count as dropped.
    pub(super) fn end_dropped(mut self, left: Remaining) {
        self.outcome.spooled = left.spooled;
        self.outcome.timed_out = left.pending + left.spooled > 0;
        if self.ask == WaitFor::Persisted {
            self.outcome.pending = left.pending;
        } else {
            self.outcome.dropped += left.pending;
        }
        self.answer();
    }

    fn answer(self) {
        // The caller may no longer wait for the answer.
        let _ = self.done.send(self.outcome);
    }
}
