use std::fmt;
use std::time::{Duration, SystemTime};

#[cfg(feature = "http")]
use crossbeam_utils::CachePadded;

#[cfg(feature = "http")]
use super::delivery_outcome::DropReason;
use crate::support::sync::{AtomicU64, Ordering};

/// What a reporter has done so far, in reports where nothing else is said.
///
/// At rest, `accepted + adopted = delivered + merged + superseded + sampled_out + dead_lettered + dropped + pending + spooled`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Handed over.
    pub accepted: u64,
    /// Taken over from a process that ended and left them in the spool.
    pub adopted: u64,
    /// Taken by the platform.
    pub delivered: u64,
    /// Merged into another report of the same task that has ended: they went as one.
    pub merged: u64,
    /// The platform had all of it already, from newer reports of the same task.
    pub superseded: u64,
    /// Left out by `sample`, when it was clear that the run had not failed.
    pub sampled_out: u64,
    /// Neither delivered nor given up yet, and in memory only.
    pub pending: u64,
    /// How many bytes are held in memory for delivery, about.
    pub pending_bytes: u64,
    /// Neither delivered nor given up yet, and safe on disk.
    pub spooled: u64,
    /// Could not be written to the spool, and were kept in memory.
    pub not_spooled: u64,
    /// Tries that failed and were put off.
    pub retried: u64,
    /// Refused by the platform for good; see [`dead_letters`](crate::Reporter::dead_letters).
    pub dead_lettered: u64,
    /// Dead letters that were deleted because there was no room for all of them.
    pub dead_letters_dropped: u64,
    /// Responses that were too long to be read.
    pub oversized: u64,
    /// Given up, by reason.
    pub dropped: Dropped,
    /// How long the oldest has waited of those in memory for delivery.
    pub oldest_age: Option<Duration>,
    /// The error of the most recent failed attempt.
    pub last_error: Option<String>,
    /// The agents whose reports do not arrive, or are refused, though those of others may. At most 100.
    pub failing_agents: Vec<FailingAgent>,
}

/// An agent whose reports do not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailingAgent {
    /// The agent's id.
    pub agent_id: String,
    /// Since when next to none of its reports arrive.
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
    /// They named no agent, and neither did the configuration.
    pub no_agent: u64,
    /// The reporter had been shut down, or was before they were delivered.
    pub shut_down: u64,
    /// They waited in the spool for longer than any report may.
    pub expired: u64,
    /// Somebody had the data of their tasks deleted.
    pub purged: u64,
}

impl Dropped {
    /// Those that were not among the earlier ones.
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

    /// All of them.
    pub fn total(&self) -> u64 {
        self.queue_full + self.no_agent + self.shut_down + self.expired + self.purged
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
    /// Still waiting when the time was up, in memory only.
    pub pending: u64,
    /// Refused by the platform for good, or given up.
    pub dropped: u64,
    /// Whether the time ran out.
    pub timed_out: bool,
}

impl FlushOutcome {
    /// Whether all of them are delivered.
    pub fn is_complete(&self) -> bool {
        self.pending == 0 && self.spooled == 0 && self.dropped == 0 && !self.timed_out
    }
}

/// Not everything that was accepted is safe; see [`Reporter::persisted`](crate::Reporter::persisted).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotPersisted {
    /// Neither on disk nor delivered when the time was up.
    pub pending: u64,
    /// Dropped in the last minute, or refused by the platform and kept in memory only.
    pub dropped: u64,
    /// What stands in the way, as far as is known.
    pub reason: Option<String>,
}

impl fmt::Display for NotPersisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} reports are neither on disk nor delivered, {} were dropped in the last minute",
            self.pending, self.dropped
        )?;
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for NotPersisted {}

/// How a report ended. Each ends once.
#[cfg(feature = "http")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The platform took it.
    Delivered,
    /// It shared the end of a report of its task into which it was merged.
    Merged,
    /// The platform had all of it already.
    Superseded,
    /// `sample` left it out.
    SampledOut,
    /// The platform refused it for good.
    Refused,
    /// It waited in the spool for longer than any report may.
    Expired,
    Dropped(DropReason),
}

/// The counters behind [`Stats`].
#[cfg(feature = "http")]
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Callers count here, the worker most of the rest.
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
        // Rather too many than too few: what has ended was accepted before.
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

    /// What is counted; the rest of the stats is empty.
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

/// Who reads what became of a report sees that it was accepted, too.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Returns the sum.
    pub(crate) fn add(&self, count: u64) -> u64 {
        self.0.fetch_add(count, Ordering::Release) + count
    }

    /// Takes back what was counted too early.
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
