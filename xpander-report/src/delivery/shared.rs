//! What callers and the worker share: the queue, the counters, the state.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_queue::SegQueue;
use crossbeam_utils::CachePadded;
#[cfg(feature = "_relay")]
use tokio::sync::oneshot;

use crate::delivery::dead_letters::DeadLetters;
#[cfg(feature = "tower")]
use crate::delivery::deadlines::Deadlines;
use crate::delivery::deliveries::Deliveries;
use crate::delivery::flush::Flush;
#[cfg(feature = "_relay")]
use crate::delivery::keeper::Kept;
use crate::delivery::lifecycle::Lifecycle;
use crate::delivery::outbox::pending::{TICKET, Ticket};
use crate::delivery::recent_drops::RecentDrops;
#[cfg(feature = "_relay")]
use crate::delivery::request_times::RequestTimes;
#[cfg(feature = "_relay")]
use crate::delivery::senders::Senders;
use crate::delivery::settings::Settings;
use crate::envelope::outgoing::Outgoing;
use crate::envelope::sequence::Sequence;
use crate::envelope::{Envelope, sequence};
use crate::report::task_id::TaskId;
use crate::sink::delivery_outcome::DeliveryOutcome;
use crate::sink::stats::{Counters, Ending, FailingAgent, NotPersisted, Stats};
use crate::spool::read_cache::Written;
use crate::spool::writer::Spool;
use crate::support::diagnostics::warn;
use crate::support::process;
use crate::support::sync::lock;

/// What callers and the worker share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) spool: Option<Arc<Spool>>,
    pub(super) dead: DeadLetters,
    pub(super) counters: Counters,
    pub(super) queue: SegQueue<(usize, Queued)>,
    /// How many were put into the queue, if there is a spool.
    pub(super) queued: AtomicU64,
    /// How many bytes the queue holds.
    pub(super) queued_bytes: CachePadded<AtomicUsize>,
    pub(super) gauges: CachePadded<WorkerGauges>,
    pub(super) last_error: Mutex<Option<String>>,
    pub(super) failing_agents: Mutex<Vec<FailingAgent>>,
    /// Why other processes may not find the waiting reports on disk.
    pub(super) misplaced: Mutex<Option<String>>,
    pub(super) drops: RecentDrops,
    pub(super) flushes: Mutex<Vec<Flush>>,
    pub(super) deliveries: Mutex<Deliveries>,
    #[cfg(feature = "tower")]
    pub(super) deadlines: Mutex<Deadlines>,
    pub(super) lifecycle: Lifecycle,
    pub(super) is_full: AtomicBool,
    /// The spool does not take reports.
    pub(super) is_spool_broken: AtomicBool,
    /// The number of accepted reports when a caller last waited for the end of the program.
    pub(super) accepted_at_exit_flush: AtomicU64,
    pub(super) warned_no_agent: AtomicBool,
    pub(super) warned_no_thread: AtomicBool,
    #[cfg(feature = "_relay")]
    pub(super) senders: Mutex<Senders>,
    #[cfg(feature = "_relay")]
    pub(super) orders: Mutex<Vec<Order>>,
    #[cfg(feature = "_relay")]
    pub(super) request_times: RequestTimes,
    /// The platform refused the key when it was asked last.
    #[cfg(feature = "_relay")]
    pub(super) is_key_refused: AtomicBool,
}

/// A request of the relay to the worker, with the channel for the answer.
#[cfg(feature = "_relay")]
#[derive(Debug)]
pub(super) enum Order {
    /// To say how things stand.
    Tell(oneshot::Sender<Standing>),
    /// To delete the data of a task, of what was accepted before this.
    Purge(TaskId, Sequence, oneshot::Sender<Purged>),
    /// To take reports of an agent that it gave up before.
    TakeBack(String, oneshot::Sender<()>),
}

/// How delivery stands.
#[cfg(feature = "_relay")]
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// The platform's circuit breaker is open.
    pub(crate) is_platform_away: bool,
    /// The platform refuses the key.
    pub(crate) is_key_refused: bool,
    /// Requests that are not answered.
    pub(crate) in_flight: usize,
    /// The agents whose circuit breakers are open, and how many reports wait in memory for each.
    pub(crate) failing_agents: Vec<(String, u64)>,
}

/// What was deleted of a task.
#[cfg(feature = "_relay")]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Purged {
    /// Reports that waited.
    pub(crate) reports: usize,
    /// A report of the task is being sent.
    pub(crate) is_in_flight: bool,
}

/// A report in the queue.
pub(super) enum Queued {
    Captured(Box<Envelope>),
    /// The disk had no room for it.
    Prepared(Box<Outgoing>),
    #[cfg(feature = "_relay")]
    Kept(Box<Kept>),
}

/// The worker's counts of its reports. They are on a cache line of their own, so that callers do not wait for the
/// worker's writes.
#[derive(Default)]
pub(super) struct WorkerGauges {
    /// How many were taken out of the queue.
    pub(super) taken: AtomicU64,
    pub(super) bytes: AtomicUsize,
    /// How many reports lie on disk.
    pub(super) spooled: AtomicU64,
    /// The reports in memory that were merged into an earlier one and take no place in the queue.
    pub(super) merged: AtomicU64,
    /// How many it has read from disk so far.
    pub(super) read: AtomicU64,
    /// When the oldest came, in milliseconds since the epoch; 0: there is none.
    pub(super) oldest: AtomicU64,
}

impl Queued {
    /// How many bytes it holds, about, with keeping account of it.
    pub(super) fn bytes(&self) -> usize {
        let (content, id) = match self {
            Self::Captured(envelope) => (envelope.bytes(), envelope.id.as_ref()),
            Self::Prepared(outgoing) => (outgoing.bytes(), Some(&outgoing.id)),
            #[cfg(feature = "_relay")]
            Self::Kept(kept) => (kept.outgoing.bytes(), Some(&kept.outgoing.id)),
        };
        content + TICKET + id.map_or(0, TaskId::bytes)
    }

    pub(super) fn sequence(&self) -> Sequence {
        match self {
            Self::Captured(envelope) => envelope.sequence(),
            Self::Prepared(outgoing) => outgoing.sequence(),
            #[cfg(feature = "_relay")]
            Self::Kept(kept) => kept.outgoing.sequence(),
        }
    }
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        process::watch_forks();
        let spool = settings.open_spool().map(Arc::new);
        Self {
            dead: DeadLetters::new(spool.clone()),
            spool,
            settings,
            counters: Counters::default(),
            queue: SegQueue::new(),
            queued: AtomicU64::new(0),
            queued_bytes: CachePadded::default(),
            gauges: CachePadded::default(),
            last_error: Mutex::default(),
            failing_agents: Mutex::default(),
            misplaced: Mutex::default(),
            drops: RecentDrops::default(),
            flushes: Mutex::default(),
            deliveries: Mutex::default(),
            #[cfg(feature = "tower")]
            deadlines: Mutex::default(),
            lifecycle: Lifecycle::new(),
            is_full: AtomicBool::new(false),
            is_spool_broken: AtomicBool::new(false),
            accepted_at_exit_flush: AtomicU64::new(0),
            warned_no_agent: AtomicBool::new(false),
            warned_no_thread: AtomicBool::new(false),
            #[cfg(feature = "_relay")]
            senders: Mutex::default(),
            #[cfg(feature = "_relay")]
            orders: Mutex::default(),
            #[cfg(feature = "_relay")]
            request_times: RequestTimes::default(),
            #[cfg(feature = "_relay")]
            is_key_refused: AtomicBool::new(false),
        }
    }

    /// Whether each report goes to disk when it is accepted.
    pub(super) fn is_durable(&self) -> bool {
        self.spool.is_some() && self.settings.is_durable()
    }

    /// Writes what is in memory only to disk, though not each report goes there.
    pub(super) fn save(&self, spool: &Spool, outgoing: &Outgoing) -> Option<Written> {
        let written = spool.append(outgoing);
        if let Err(error) = &written {
            *lock(&self.last_error) = Some(format!("the spool: {error}"));
        }
        written.ok()
    }

    /// Whether more is in memory than may be.
    pub(super) fn is_over_limit(&self) -> bool {
        let limits = &self.settings.limits;
        self.places_taken() > limits.queue_capacity
            || self.pending_bytes() > limits.queue_bytes as u64
    }

    /// How many places of the queue are taken. Reports that were merged take one place together.
    pub(super) fn places_taken(&self) -> u64 {
        let merged = self.gauges.merged.load(Ordering::Acquire);
        self.pending().saturating_sub(merged)
    }

    /// The number of reports on disk that have not ended.
    pub(super) fn spooled(&self) -> u64 {
        let Some(spool) = &self.spool else {
            return 0;
        };
        // A report that is read from disk at the same time may be missed, but is never counted twice.
        let held = self.gauges.spooled.load(Ordering::Acquire);
        let read = self.gauges.read.load(Ordering::Acquire);
        held + spool.appended().saturating_sub(read)
    }

    /// The number of reports in memory only that have not ended.
    pub(super) fn pending(&self) -> u64 {
        let ended = self.counters.ended();
        let spooled = self.spooled();
        // Read last: a report that is accepted at the same time must not hide one that is in memory only.
        let accepted = self.counters.accepted.get() + self.counters.adopted.get();
        accepted.saturating_sub(ended + spooled)
    }

    pub(super) fn pending_bytes(&self) -> u64 {
        let queued = self.queued_bytes.load(Ordering::Relaxed);
        queued.saturating_add(self.gauges.bytes.load(Ordering::Relaxed)) as u64
    }

    pub(super) fn warn_full(&self) {
        if !self.is_full.swap(true, Ordering::Relaxed) {
            let limits = &self.settings.limits;
            warn(format_args!(
                "the queue is full ({} reports, {} bytes); dropping reports",
                limits.queue_capacity, limits.queue_bytes
            ));
        }
    }

    /// Counts the end of a report and of the reports that were merged into it. Every report passes here exactly once.
    pub(super) fn end(
        &self,
        tickets: impl IntoIterator<Item = Ticket, IntoIter: Clone>,
        ending: Ending,
        outcome: impl Fn() -> DeliveryOutcome,
    ) {
        let tickets = tickets.into_iter();
        let count = tickets.clone().count() as u64;
        if count == 0 {
            return;
        }
        if let Ending::Dropped(_) = ending {
            self.drops.add(count, Instant::now());
        }
        // Counted before callers are answered, because they may read the counters next.
        self.counters.end(Ending::Merged, count - 1);
        self.counters.end(ending, 1);
        let waiting = {
            let mut deliveries = lock(&self.deliveries);
            let waiting = tickets.filter_map(|ticket| deliveries.take(ticket));
            waiting.collect::<Vec<_>>()
        };
        for done in waiting {
            // The caller may be gone.
            let _ = done.send(outcome());
        }
        // Reset only when the queue is half empty. Otherwise a queue at its limit would warn at every report.
        if self.is_full.load(Ordering::Relaxed)
            && !matches!(ending, Ending::Dropped(_))
            && self.places_taken() <= self.settings.limits.queue_capacity / 2
            && self.pending_bytes() <= self.settings.limits.queue_bytes as u64 / 2
        {
            self.is_full.store(false, Ordering::Relaxed);
        }
    }

    /// The worker wants to end. Says whether it may: nothing came while it made up its mind.
    pub(super) fn may_end(&self, let_go: impl FnOnce()) -> bool {
        let has_work = || !self.queue.is_empty() || !lock(&self.flushes).is_empty();
        self.lifecycle.may_end(has_work, let_go)
    }

    pub(super) fn as_persisted(&self, pending: u64) -> Result<(), NotPersisted> {
        let dropped = self.drops.count(Instant::now());
        if pending == 0 && dropped == 0 {
            return Ok(());
        }
        Err(NotPersisted {
            pending,
            dropped,
            reason: lock(&self.misplaced)
                .clone()
                .or_else(|| lock(&self.last_error).clone()),
        })
    }

    pub(super) fn stats(&self) -> Stats {
        let oldest = Duration::from_millis(self.gauges.oldest.load(Ordering::Relaxed));
        let counted = self.counters.stats();
        Stats {
            pending: self.pending(),
            pending_bytes: self.pending_bytes(),
            spooled: self.spooled(),
            oldest_age: (!oldest.is_zero()).then(|| sequence::now().saturating_sub(oldest)),
            last_error: lock(&self.last_error).clone(),
            failing_agents: lock(&self.failing_agents).clone(),
            ..counted
        }
    }
}
