use std::sync::atomic::{AtomicU64, Ordering};

/// What a reporter has done so far, in reports but for `unread`.
///
/// At rest, `accepted = delivered + merged + left_out + pending + dead + dropped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Handed over.
    pub accepted: u64,
    /// Taken by the platform.
    pub delivered: u64,
    /// Laid over an older report of the same task that still waited; they went as one.
    pub merged: u64,
    /// Left out by `sample`, when it was clear that the run had not failed.
    pub left_out: u64,
    /// Accepted and neither delivered nor given up yet.
    pub pending: u64,
    /// How many bytes those hold, about.
    pub pending_bytes: u64,
    /// Tries that failed and were put off.
    pub retried: u64,
    /// Refused by the platform for good.
    pub dead: u64,
    /// Responses that were too long to be read.
    pub unread: u64,
    /// Given up, by reason.
    pub dropped: Dropped,
}

/// Why reports were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Dropped {
    /// The queue was full.
    pub queue_full: u64,
    /// They named no agent, and neither did the configuration.
    pub no_agent: u64,
    /// The reporter had been shut down, or was before they were delivered.
    pub shut_down: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.queue_full + self.no_agent + self.shut_down
    }
}

/// What became of the reports that a flush waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[must_use]
pub struct FlushOutcome {
    /// Taken by the platform during the flush.
    pub delivered: u64,
    /// Safe on disk, to be delivered later.
    pub spooled: u64,
    /// Still waiting when the time was up.
    pub pending: u64,
    /// Refused by the platform for good, or given up.
    pub dropped: u64,
    /// Whether the time ran out.
    pub timed_out: bool,
}

impl FlushOutcome {
    /// Whether nothing is left and nothing was lost.
    pub fn is_complete(&self) -> bool {
        self.pending == 0 && self.dropped == 0 && !self.timed_out
    }
}

/// The counters behind [`Stats`].
#[cfg(feature = "http")]
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: Counter,
    /// The sum of what became of them.
    pub(crate) settled: Counter,
    pub(crate) delivered: Counter,
    pub(crate) merged: Counter,
    pub(crate) left_out: Counter,
    pub(crate) retried: Counter,
    pub(crate) dead: Counter,
    pub(crate) unread: Counter,
    pub(crate) queue_full: Counter,
    pub(crate) no_agent: Counter,
    pub(crate) shut_down: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Returns the sum.
    pub(crate) fn add(&self, count: u64) -> u64 {
        self.0.fetch_add(count, Ordering::Relaxed) + count
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
