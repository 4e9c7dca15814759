use std::fmt;
use std::time::{Duration, SystemTime};

#[cfg(feature = "http")]
use crossbeam_utils::CachePadded;

#[cfg(feature = "http")]
use super::delivery_outcome::DropReason;
use crate::support::sync::{AtomicU64, Ordering};
use crate::support::text::counted;

/// Counters of a reporter. All count reports unless noted.
///
/// At rest, `accepted + adopted = delivered + merged + superseded + sampled_out + dead_lettered + dropped + pending + spooled`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Accepted from the program.
    pub accepted: u64,
    /// Taken over from the spool files of an ended process.
    pub adopted: u64,
    /// Accepted by the platform.
    pub delivered: u64,
    /// Merged into another report of the same task that was then delivered, refused or dropped.
    pub merged: u64,
    /// Superseded by newer reports of the same task that were already delivered.
    pub superseded: u64,
    /// Left out by `sample`, after the run had not failed.
    pub sampled_out: u64,
    /// Waiting in memory only.
    pub pending: u64,
    /// The approximate bytes in memory for delivery.
    pub pending_bytes: u64,
    /// Waiting, and safe on disk.
    pub spooled: u64,
    /// Kept in memory because they could not be written to the spool.
    pub not_spooled: u64,
    /// Failed attempts that will be retried.
    pub retried: u64,
    /// Permanently refused by the platform; see [`dead_letters`](crate::Reporter::dead_letters).
    pub dead_lettered: u64,
    /// Dead letters that were deleted to make room.
    pub dead_letters_dropped: u64,
    /// Responses that were too long to read.
    pub oversized: u64,
    /// Dropped, by reason.
    pub dropped: Dropped,
    /// The age of the oldest report in memory.
    pub oldest_age: Option<Duration>,
    /// The error of the most recent failed attempt.
    pub last_error: Option<String>,
    /// The agents whose reports fail or are refused. At most 100.
    pub failing_agents: Vec<FailingAgent>,
}

/// An agent whose reports are not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailingAgent {
    /// The agent's id.
    pub agent_id: String,
    /// When the agent's reports began to fail.
    pub since: SystemTime,
    /// The error of the most recent failed attempt.
    pub error: String,
}

/// Why reports were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Dropped {
    /// The queue was full.
    pub queue_full: u64,
    /// Neither the report nor the configuration named an agent.
    pub no_agent: u64,
    /// The reporter was shut down before they were delivered.
    pub shut_down: u64,
    /// They exceeded the spool's age limit.
    pub expired: u64,
    /// The data of their tasks was deleted on request.
    pub purged: u64,
}

impl Dropped {
    /// The difference from the earlier counts.
    #[cfg(feature = "http")]
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self {
            queue_full: self.queue_full - earlier.queue_full,
            no_agent: self.no_agent - earlier.no_agent,
            shut_down: self.shut_down - earlier.shut_down,
            expired: self.expired - earlier.expired,
            purged: self.purged - earlier.purged,
        }
    }

    /// The sum of all reasons.
    pub fn total(&self) -> u64 {
        self.queue_full + self.no_agent + self.shut_down + self.expired + self.purged
    }
}

/// The result of a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[must_use]
pub struct FlushOutcome {
    /// Accepted by the platform during the flush.
    pub delivered: u64,
    /// Safe on disk, to be delivered later.
    pub spooled: u64,
    /// Still waiting in memory at the timeout.
    pub pending: u64,
    /// Permanently refused by the platform, or dropped.
    pub dropped: u64,
    /// Whether the timeout expired.
    pub timed_out: bool,
}

impl FlushOutcome {
    /// Whether all reports are delivered.
    pub fn is_complete(&self) -> bool {
        self.pending == 0 && self.spooled == 0 && self.dropped == 0 && !self.timed_out
    }
}

/// Some accepted reports are not safe; see [`Reporter::persisted`](crate::Reporter::persisted).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotPersisted {
    /// Neither on disk nor delivered at the timeout.
    pub pending: u64,
    /// Dropped in the last minute, or refused by the platform and kept in memory only.
    pub dropped: u64,
    /// The cause, if known.
    pub reason: Option<String>,
}

impl fmt::Display for NotPersisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pending = counted(self.pending, "report is", "reports are");
        let dropped = counted(self.dropped, "report was", "reports were");
        match (self.pending, self.dropped) {
            (_, 0) => write!(f, "{pending} neither on disk nor delivered")?,
            (0, _) => write!(f, "{dropped} dropped or refused in the last minute")?,
            _ => write!(
                f,
                "{pending} neither on disk nor delivered, and {dropped} dropped or refused in the last minute"
            )?,
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for NotPersisted {}

/// How a report ended. Each report ends once.
#[cfg(feature = "http")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The platform accepted it.
    Delivered,
    /// It was merged into another report of its task and ended with it.
    Merged,
    /// The platform already had all of its content.
    Superseded,
    /// `sample` left it out.
    SampledOut,
    /// The platform permanently refused it.
    Refused,
    /// It exceeded the spool's age limit.
    Expired,
    Dropped(DropReason),
    /// Its keeper has it back.
    #[cfg(feature = "_relay")]
    GivenUp,
}

/// The counters behind [`Stats`].
#[cfg(feature = "http")]
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Callers update this counter; the worker updates most others.
    pub(crate) accepted: CachePadded<Counter>,
    pub(crate) adopted: Counter,
    pub(crate) retried: Counter,
    pub(crate) not_spooled: Counter,
    pub(crate) oversized: Counter,
    pub(crate) dead_letters_dropped: Counter,
    /// The sum of the endings.
    ended: Counter,
    delivered: Counter,
    merged: Counter,
    superseded: Counter,
    sampled_out: Counter,
    dead_lettered: Counter,
    queue_full: Counter,
    no_agent: Counter,
    shut_down: Counter,
    expired: Counter,
    purged: Counter,
    #[cfg(feature = "_relay")]
    given_up: Counter,
}

#[cfg(feature = "http")]
impl Counters {
    /// Counts reports that ended.
    pub(crate) fn end(&self, ending: Ending, count: u64) {
        let counter = match ending {
            Ending::Delivered => &self.delivered,
            Ending::Merged => &self.merged,
            Ending::Superseded => &self.superseded,
            Ending::SampledOut => &self.sampled_out,
            Ending::Refused => &self.dead_lettered,
            Ending::Expired | Ending::Dropped(DropReason::Expired) => &self.expired,
            Ending::Dropped(DropReason::Purged) => &self.purged,
            Ending::Dropped(DropReason::QueueFull) => &self.queue_full,
            Ending::Dropped(DropReason::NoAgent) => &self.no_agent,
            Ending::Dropped(DropReason::ShutDown) => &self.shut_down,
            #[cfg(feature = "_relay")]
            Ending::GivenUp => &self.given_up,
        };
        counter.add(count);
        self.ended.add(count);
    }

    /// Reports that ended.
    pub(crate) fn ended(&self) -> u64 {
        self.ended.get()
    }

    /// Reports that were accepted or adopted, and have not ended.
    pub(crate) fn outstanding(&self) -> u64 {
        // Endings are read first, so the difference may be too large but never too small.
        let ended = self.ended.get();
        (self.accepted.get() + self.adopted.get()).saturating_sub(ended)
    }

    pub(crate) fn dropped(&self) -> Dropped {
        Dropped {
            queue_full: self.queue_full.get(),
            no_agent: self.no_agent.get(),
            shut_down: self.shut_down.get(),
            expired: self.expired.get(),
            purged: self.purged.get(),
        }
    }

    /// The counters; the other fields of the stats are empty.
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            accepted: self.accepted.get(),
            adopted: self.adopted.get(),
            delivered: self.delivered.get(),
            merged: self.merged.get(),
            superseded: self.superseded.get(),
            sampled_out: self.sampled_out.get(),
            not_spooled: self.not_spooled.get(),
            retried: self.retried.get(),
            dead_lettered: self.dead_lettered.get(),
            dead_letters_dropped: self.dead_letters_dropped.get(),
            oversized: self.oversized.get(),
            dropped: self.dropped(),
            ..Stats::default()
        }
    }
}

/// A reader that sees the ending of a report also sees that it was accepted.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Returns the sum.
    pub(crate) fn add(&self, count: u64) -> u64 {
        self.0.fetch_add(count, Ordering::Release) + count
    }

    /// Subtracts reports that were counted too early.
    #[cfg(feature = "http")]
    pub(crate) fn take_back(&self, count: u64) {
        self.0.fetch_sub(count, Ordering::Release);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

#[cfg(all(test, loom_model))]
mod interleavings {
    use std::sync::Arc;

    use loom::thread;

    use super::*;
    use crate::support::sync::AtomicBool;

    #[test]
    fn a_report_that_is_not_settled_is_never_missed() {
        loom::model(|| {
            let counters = Arc::new(Counters::default());
            let is_queued = Arc::new(AtomicBool::new(false));
            let other = thread::spawn({
                let (counters, is_queued) = (Arc::clone(&counters), Arc::clone(&is_queued));
                move || {
                    counters.accepted.add(1);
                    is_queued.store(true, Ordering::Release);
                }
            });
            let worker = thread::spawn({
                let counters = Arc::clone(&counters);
                move || {
                    if is_queued.load(Ordering::Acquire) {
                        counters.end(Ending::Delivered, 1);
                    }
                }
            });
            counters.accepted.add(1);
            assert!(counters.outstanding() >= 1, "its own is missed");
            other.join().unwrap();
            worker.join().unwrap();
        });
    }
}
