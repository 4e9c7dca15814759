//! Delivery over HTTP: the queue that callers put reports into, and the thread that empties it.

mod asleep;
mod dead;
mod delivered;
mod deliveries;
pub(crate) mod exit;
mod flush;
mod gate;
mod lane;
mod lately;
mod lifecycle;
#[cfg(feature = "metrics")]
mod meter;
mod outbox;
mod parcel;
mod requests;
mod retry;
mod scopes;
mod syncer;
mod trouble;
mod worker;

use std::future::{Future, ready};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_queue::SegQueue;
use crossbeam_utils::CachePadded;
use once_cell::sync::OnceCell;
use tokio::sync::oneshot;

use crate::block_on::block_on_for;
use crate::builder::{Overflow, Settings};
use crate::diagnostics::warn;
use crate::envelope::Envelope;
use crate::outgoing::Outgoing;
use crate::own_thread::is_quiet;
use crate::prepare::prepare;
use crate::sequence::{self, Sequence};
use crate::sink::{After, Background, Chosen, Delivering, Flushing, Persisting, Sink};
use crate::spool::{Spool, Written};
use crate::stamps::{Fields, Stamps};
use crate::stats::{Counters, Ending};
use crate::task_id::TaskId;
use crate::{DeadLetter, DeliveryOutcome, DropReason, FlushOutcome, NotPersisted, Stats, process};
use dead::DeadLetters;
use deliveries::Deliveries;
use exit::{End, Leaving};
use flush::{Ask, Flush, Mark};
use lately::Lately;
use lifecycle::{Lifecycle, Stage};
use parcel::{TICKET, Ticket};

pub(crate) use retry::Refusal;

/// The sink behind an application's reporter. When it is dropped, the worker empties the queue and ends.
pub(crate) struct Delivery {
    shared: Arc<Shared>,
    /// The process in which it was made.
    generation: u32,
    /// Its worker was started.
    is_started: AtomicBool,
    /// What a forked child uses instead: it has the queue of `shared`, but not the thread that empties it.
    in_child: OnceCell<Box<Self>>,
}

/// What callers and the worker share.
struct Shared {
    settings: Settings,
    spool: Option<Arc<Spool>>,
    dead: DeadLetters,
    counters: Counters,
    queue: SegQueue<(usize, Queued)>,
    /// How many were put into the queue, if there is a spool.
    queued: AtomicU64,
    /// How many bytes the queue holds.
    queued_bytes: CachePadded<AtomicUsize>,
    held: CachePadded<Held>,
    last_error: Mutex<Option<String>>,
    drops: Lately,
    flushes: Mutex<Vec<Flush>>,
    deliveries: Mutex<Deliveries>,
    lifecycle: Lifecycle,
    is_full: AtomicBool,
    /// The spool does not take reports.
    is_spool_broken: AtomicBool,
    /// How many had been accepted when somebody waited for the end of the program.
    left_at: AtomicU64,
    warned_no_agent: AtomicBool,
    warned_no_thread: AtomicBool,
}

/// A report in the queue.
enum Queued {
    Captured(Box<Envelope>),
    /// The disk had no room for it.
    Prepared(Box<Outgoing>),
}

/// What the worker says it holds. On a cache line of its own: callers must not wait for what it writes.
#[derive(Default)]
struct Held {
    /// How many were taken out of the queue.
    taken: AtomicU64,
    bytes: AtomicUsize,
    /// How many reports lie on disk.
    spooled: AtomicU64,
    /// Of the others, how many were merged into one before them, and take no place.
    merged: AtomicU64,
    /// How many it has read from disk so far.
    read: AtomicU64,
    /// When the oldest came, in milliseconds since the epoch; 0: there is none.
    oldest: AtomicU64,
}

impl Queued {
    /// How many bytes it holds, about, with keeping account of it.
    fn bytes(&self) -> usize {
        let (content, id) = match self {
            Self::Captured(envelope) => (envelope.bytes(), envelope.id.as_ref()),
            Self::Prepared(outgoing) => (outgoing.bytes(), Some(&outgoing.id)),
        };
        content + TICKET + id.map_or(0, TaskId::bytes)
    }

    fn sequence(&self) -> Sequence {
        match self {
            Self::Captured(envelope) => envelope.sequence(),
            Self::Prepared(outgoing) => outgoing.sequence(),
        }
    }
}

impl Delivery {
    pub(crate) fn new(settings: Settings) -> Self {
        let shared = Arc::new(Shared::new(settings));
        if shared.spool.is_some() {
            // Other processes may have left something behind.
            shared.wake();
        }
        Self {
            shared,
            generation: process::generation(),
            is_started: AtomicBool::new(false),
            in_child: OnceCell::new(),
        }
    }

    /// Makes ready while the first run takes its time: the HTTP client, its certificates.
    #[cold]
    fn start(&self) {
        self.is_started.store(true, Ordering::Relaxed);
        self.shared().wake();
    }

    fn shared(&self) -> &Arc<Shared> {
        if self.generation == process::generation() {
            return &self.shared;
        }
        let child = self
            .in_child
            .get_or_init(|| Box::new(Self::new(self.shared.settings.clone())));
        child.shared()
    }
}

impl Sink for Delivery {
    fn wants(&self, module: &str, function: &str) -> bool {
        let wants = self.shared.settings.targets.contain(module, function);
        if wants && !self.is_started.load(Ordering::Relaxed) {
            self.start();
        }
        wants
    }

    fn captures_content(&self) -> bool {
        self.shared.settings.redaction.captures_content()
    }

    fn accept(&self, envelope: Box<Envelope>) {
        self.shared().accept(envelope);
    }

    fn count_unread(&self) {
        self.shared().counters.unread.add(1);
    }

    fn stats(&self) -> Stats {
        self.shared().stats()
    }

    fn background(&self) -> Option<&dyn Background> {
        Some(self)
    }
}

impl Background for Delivery {
    fn exit_timeout(&self) -> Duration {
        self.shared.settings.limits.exit_timeout
    }

    fn flush(&self, timeout: Duration, after: After) -> Flushing<'_> {
        let shared = self.shared();
        if after == After::Stop {
            shared.lifecycle.advance(Stage::Closing);
        }
        shared.flush(timeout, after)
    }

    fn drain(&self, timeout: Duration) -> Flushing<'_> {
        self.shared().drain(timeout)
    }

    fn persisted(&self, timeout: Duration) -> Persisting<'_> {
        self.shared().persisted(timeout)
    }

    fn deliver(&self, envelope: Box<Envelope>, timeout: Duration) -> Delivering<'_> {
        self.shared().deliver(envelope, timeout)
    }

    fn dead_letters(&self) -> Vec<DeadLetter> {
        self.shared().dead.all()
    }

    fn retry_dead_letters(&self, chosen: Chosen<'_>) -> usize {
        let shared = self.shared();
        shared
            .dead
            .take(chosen, |letter| shared.accept_again(letter))
    }

    fn delete_dead_letters(&self, chosen: Chosen<'_>) -> usize {
        self.shared().dead.take(chosen, |_| true)
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        // In a forked child nobody is there to hear of it.
        if self.generation != process::generation() {
            return;
        }
        self.shared.lifecycle.advance(Stage::Abandoned);
        self.shared.lifecycle.notify();
    }
}

impl Shared {
    fn new(settings: Settings) -> Self {
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
            held: CachePadded::default(),
            last_error: Mutex::default(),
            drops: Lately::default(),
            flushes: Mutex::default(),
            deliveries: Mutex::default(),
            lifecycle: Lifecycle::new(),
            is_full: AtomicBool::new(false),
            is_spool_broken: AtomicBool::new(false),
            left_at: AtomicU64::new(0),
            warned_no_agent: AtomicBool::new(false),
            warned_no_thread: AtomicBool::new(false),
        }
    }

    /// Takes what a run collected, or the user's own report.
    fn accept(self: &Arc<Self>, envelope: Box<Envelope>) {
        let ticket = envelope.sequence().count;
        // Counted before the report is in the queue, so that a flush sees rather too many than too few.
        let count = self.counters.accepted.add(1);
        if !self.admits(ticket, envelope.agent_id.is_some()) {
            return;
        }
        if !self.is_durable() {
            self.enqueue(ticket, count, Queued::Captured(envelope));
            return;
        }
        match self.prepare(*envelope) {
            Some(outgoing) => drop(self.keep(count, outgoing)),
            None => self.end([ticket], Ending::SampledOut, || DeliveryOutcome::Disabled),
        }
    }

    /// Takes a report that was refused. Says whether it is kept.
    fn accept_again(self: &Arc<Self>, letter: &DeadLetter) -> bool {
        let sequence = Sequence::next();
        let count = self.counters.accepted.add(1);
        let report = letter.report.clone().agent_id(&letter.agent_id);
        self.admits(sequence.count, true)
            && self.keep(
                count,
                Outgoing::stored(report, true, Stamps::new(sequence, Fields::default())),
            )
    }

    /// Whether reports are taken, and this one belongs somewhere.
    fn admits(self: &Arc<Self>, ticket: Ticket, has_agent: bool) -> bool {
        if self.lifecycle.is_at(Stage::Closing) {
            self.drop_one(ticket, DropReason::ShutDown);
            return false;
        }
        if !has_agent && self.settings.config.agent_id().is_none() {
            self.drop_without_agent(ticket);
            return false;
        }
        true
    }

    /// The finished report; none if it is sampled out.
    fn prepare(&self, mut envelope: Envelope) -> Option<Outgoing> {
        let sequence = envelope.sequence();
        let id = envelope.id.clone().unwrap_or_else(|| sequence.id());
        let is_named = envelope.is_named;
        if envelope.agent_id.is_none() {
            let configured = self.settings.config.agent_id();
            envelope.agent_id = configured.map(str::to_owned);
        }
        let report = prepare(envelope, &self.settings.redaction)?;
        Some(Outgoing::new(report, id, is_named, sequence))
    }

    /// Keeps a finished report: on disk if each goes there, else in memory. Says whether there was room for it.
    fn keep(self: &Arc<Self>, count: u64, outgoing: Outgoing) -> bool {
        let spool = self.spool.as_ref().filter(|_| self.is_durable());
        let Some(spool) = spool else {
            let ticket = outgoing.sequence().count;
            return self.enqueue(ticket, count, Queued::Prepared(Box::new(outgoing)));
        };
        match spool.append(&outgoing) {
            Ok(written) => {
                spool.remember(written, outgoing);
                self.is_spool_broken.store(false, Ordering::Relaxed);
                self.wake();
                true
            }
            Err(error) => {
                self.counters.not_spooled.add(1);
                if !self.is_spool_broken.swap(true, Ordering::Relaxed) {
                    warn(format_args!(
                        "reports are kept in memory because the spool in {} does not take them: {error}",
                        spool.directory().path().display()
                    ));
                }
                let ticket = outgoing.sequence().count;
                self.enqueue(ticket, count, Queued::Prepared(Box::new(outgoing)))
            }
        }
    }

    /// Whether each report goes to disk when it is accepted.
    fn is_durable(&self) -> bool {
        self.spool.is_some() && self.settings.is_durable()
    }

    /// Puts a report into the queue. Says whether there was room for it.
    fn enqueue(self: &Arc<Self>, ticket: Ticket, count: u64, queued: Queued) -> bool {
        let counters = &self.counters;
        // Each report compares its own count, so that exactly those beyond the limit are dropped.
        let count = count.saturating_add(counters.adopted.get());
        let merged = self.held.merged.load(Ordering::Relaxed);
        let reports = count.saturating_sub(counters.ended() + self.spooled() + merged);
        let bytes = queued.bytes();
        let limits = &self.settings.limits;
        let queued_bytes = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let held = self.held.bytes.load(Ordering::Relaxed);
        let is_full = reports > limits.queue_capacity
            || queued_bytes.saturating_add(held).saturating_add(bytes) > limits.queue_bytes;
        if is_full && limits.overflow == Overflow::DropNewest {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.drop_when_full(ticket);
            return false;
        }
        if self.spool.is_some() {
            // Counted before, so that a flush waits rather for too many than for too few.
            self.queued.fetch_add(1, Ordering::Release);
        }
        self.queue.push((bytes, queued));
        if is_full {
            self.shorten_queue();
        }
        self.wake();
        true
    }

    /// Writes what is in memory only to disk, though not each report goes there.
    fn save(&self, spool: &Spool, outgoing: &Outgoing) -> Option<Written> {
        let written = spool.append(outgoing);
        if let Err(error) = &written {
            *lock(&self.last_error) = Some(format!("the spool: {error}"));
        }
        written.ok()
    }

    /// Of the reports that the worker did not take yet, the oldest are dropped when there are too many.
    #[cold]
    fn shorten_queue(self: &Arc<Self>) {
        let limits = &self.settings.limits;
        while self.queue.len() as u64 > limits.queue_capacity
            || self.queued_bytes.load(Ordering::Relaxed) > limits.queue_bytes
        {
            let Some((bytes, queued)) = self.queue.pop() else {
                return;
            };
            self.held.taken.fetch_add(1, Ordering::Release);
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.drop_when_full(queued.sequence().count);
        }
    }

    /// Whether more is in memory than may be.
    fn is_over_limit(&self) -> bool {
        let limits = &self.settings.limits;
        self.places_taken() > limits.queue_capacity
            || self.pending_bytes() > limits.queue_bytes as u64
    }

    /// How many places of the queue are taken: what was merged takes one together.
    fn places_taken(&self) -> u64 {
        let merged = self.held.merged.load(Ordering::Acquire);
        self.pending().saturating_sub(merged)
    }

    /// Of the reports that have not ended, the ones on disk.
    fn spooled(&self) -> u64 {
        let Some(spool) = &self.spool else {
            return 0;
        };
        // One that is read meanwhile is rather missed than counted twice.
        let held = self.held.spooled.load(Ordering::Acquire);
        let read = self.held.read.load(Ordering::Acquire);
        held + spool.appended().saturating_sub(read)
    }

    /// Of the reports that have not ended, the ones in memory only.
    fn pending(&self) -> u64 {
        let ended = self.counters.ended();
        let spooled = self.spooled();
        // Accepted last: what comes meanwhile must not hide what is in memory only.
        let accepted = self.counters.accepted.get() + self.counters.adopted.get();
        accepted.saturating_sub(ended + spooled)
    }

    fn pending_bytes(&self) -> u64 {
        let queued = self.queued_bytes.load(Ordering::Relaxed);
        queued.saturating_add(self.held.bytes.load(Ordering::Relaxed)) as u64
    }

    #[cold]
    fn drop_without_agent(self: &Arc<Self>, ticket: Ticket) {
        self.drop_one(ticket, DropReason::NoAgent);
        if !self.warned_no_agent.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "a report is dropped because it names no agent: set the environment variable \
                 XPANDER_AGENT_ID, or give `agent_id` in code"
            ));
        }
    }

    #[cold]
    fn drop_when_full(self: &Arc<Self>, ticket: Ticket) {
        self.drop_one(ticket, DropReason::QueueFull);
        self.warn_full();
    }

    fn warn_full(&self) {
        if !self.is_full.swap(true, Ordering::Relaxed) {
            let limits = &self.settings.limits;
            warn(format_args!(
                "the queue is full ({} reports, {} bytes); reports are dropped",
                limits.queue_capacity, limits.queue_bytes
            ));
        }
    }

    #[cold]
    fn drop_one(self: &Arc<Self>, ticket: Ticket, reason: DropReason) {
        self.end([ticket], Ending::Dropped(reason), || {
            DeliveryOutcome::Dropped(reason)
        });
        // The worker tells who listens, not the caller.
        if self.settings.listener.is_there() || cfg!(feature = "metrics") {
            self.wake();
        }
    }

    /// Books the end of a report, and of those that were merged into it: they share its end. Every report comes here
    /// once.
    fn end(
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
        // Counted before anybody is answered, who may look at the counters next.
        self.counters.end(Ending::Merged, count - 1);
        self.counters.end(ending, 1);
        let waiting = {
            let mut deliveries = lock(&self.deliveries);
            let waiting = tickets.filter_map(|ticket| deliveries.take(ticket));
            waiting.collect::<Vec<_>>()
        };
        for done in waiting {
            // Who waited may have gone.
            let _ = done.send(outcome());
        }
        // Half empty, or a queue at its limit would be told with every report.
        if self.is_full.load(Ordering::Relaxed)
            && !matches!(ending, Ending::Dropped(_))
            && self.places_taken() <= self.settings.limits.queue_capacity / 2
        {
            self.is_full.store(false, Ordering::Relaxed);
        }
    }

    /// Wakes the worker if it waits; starts it if there is none.
    fn wake(self: &Arc<Self>) {
        if self.lifecycle.must_wake() {
            self.start();
            self.lifecycle.notify();
        }
    }

    /// Starts a worker if there is none. Says whether there is one.
    fn start(self: &Arc<Self>) -> bool {
        // After a shutdown only for what was accepted while that was under way.
        if self.lifecycle.is_at(Stage::Closed) && self.queue.is_empty() {
            return self.lifecycle.has_worker();
        }
        let started = self.lifecycle.start(|| worker::start(Arc::clone(self)));
        match started {
            Ok(true) => {
                exit::register(Arc::clone(self) as _);
                true
            }
            Ok(false) => true,
            Err(error) => {
                if !self.warned_no_thread.swap(true, Ordering::Relaxed) {
                    warn(format_args!("reports wait for a thread: {error}"));
                }
                false
            }
        }
    }

    /// The worker wants to end. Says whether it may: nothing came while it made up its mind.
    fn may_end(&self) -> bool {
        let has_work = || !self.queue.is_empty() || !lock(&self.flushes).is_empty();
        self.lifecycle.may_end(has_work)
    }

    fn flush(self: &Arc<Self>, timeout: Duration, after: After) -> Flushing<'_> {
        if after == After::Leave {
            let accepted = self.counters.accepted.get();
            self.left_at.store(accepted, Ordering::Relaxed);
        }
        // With a spool, a worker that stops must let go of it.
        let lets_go = after == After::Stop && self.spool.is_some();
        if self.counters.outstanding() == 0 && !lets_go {
            return Box::pin(ready(FlushOutcome::default()));
        }
        self.ask(Ask::Flush(after), self.mark(), timeout)
    }

    /// Delivers what other processes left behind, too.
    fn drain(self: &Arc<Self>, timeout: Duration) -> Flushing<'_> {
        let until = Mark {
            ticket: Ticket::MAX,
            ..self.mark()
        };
        self.ask(Ask::Drain, until, timeout)
    }

    fn ask(self: &Arc<Self>, ask: Ask, until: Mark, timeout: Duration) -> Flushing<'_> {
        let asked = self.ask_worker(ask, until, timeout);
        Box::pin(async move { asked.await.unwrap_or_else(|| self.not_asked()) })
    }

    /// None if there is no worker that could answer.
    fn ask_worker(
        self: &Arc<Self>,
        ask: Ask,
        until: Mark,
        timeout: Duration,
    ) -> impl Future<Output = Option<FlushOutcome>> + Send + use<> {
        let (flush, outcome) = Flush::new(ask, until, timeout);
        // The worker cannot wait for itself.
        if !is_quiet() {
            lock(&self.flushes).push(flush);
            if self.start() {
                self.lifecycle.notify();
            } else {
                lock(&self.flushes).clear();
            }
        }
        async move { outcome.await.ok() }
    }

    /// What was accepted so far.
    fn mark(&self) -> Mark {
        Mark {
            ticket: Sequence::last_count(),
            appended: self.spool.as_ref().map_or(0, |spool| spool.appended()),
            queued: self.queued.load(Ordering::Acquire),
        }
    }

    fn persisted(self: &Arc<Self>, timeout: Duration) -> Persisting<'_> {
        if self.counters.outstanding() == 0 {
            return Box::pin(ready(self.as_persisted(0)));
        }
        let asked = self.ask_worker(Ask::Persisted, self.mark(), timeout);
        Box::pin(async move {
            let answered = asked.await;
            self.as_persisted(answered.map_or_else(|| self.pending(), |it| it.pending))
        })
    }

    fn as_persisted(&self, pending: u64) -> Result<(), NotPersisted> {
        let dropped = self.drops.count(Instant::now());
        if pending == 0 && dropped == 0 {
            return Ok(());
        }
        Err(NotPersisted {
            pending,
            dropped,
            reason: lock(&self.last_error).clone(),
        })
    }

    /// Takes a report, and waits for its end.
    fn deliver(self: &Arc<Self>, envelope: Box<Envelope>, timeout: Duration) -> Delivering<'_> {
        let (done, outcome) = oneshot::channel();
        let ticket = envelope.sequence().count;
        let deadline = flush::deadline(timeout);
        lock(&self.deliveries).add(ticket, deadline, done);
        self.accept(envelope);
        if !self.start() {
            // Nobody would see that the time is up.
            drop(lock(&self.deliveries).take(ticket));
        }
        Box::pin(async move { outcome.await.unwrap_or(DeliveryOutcome::Pending) })
    }

    /// How things stand, for who could not wait.
    fn not_asked(&self) -> FlushOutcome {
        let (pending, spooled) = (self.pending(), self.spooled());
        FlushOutcome {
            pending,
            spooled,
            timed_out: !self.lifecycle.is_at(Stage::Closed) && pending + spooled > 0,
            ..FlushOutcome::default()
        }
    }

    fn stats(&self) -> Stats {
        let oldest = Duration::from_millis(self.held.oldest.load(Ordering::Relaxed));
        let counted = self.counters.stats();
        Stats {
            pending: self.pending(),
            pending_bytes: self.pending_bytes(),
            spooled: self.spooled(),
            oldest_age: (!oldest.is_zero()).then(|| sequence::now().saturating_sub(oldest)),
            last_error: lock(&self.last_error).clone(),
            ..counted
        }
    }
}

impl Leaving for Shared {
    fn patience(&self, end: End) -> Option<Duration> {
        let timeout = self.settings.limits.exit_timeout;
        // A guard that was dropped has waited.
        let is_new = self.counters.accepted.get() > self.left_at.load(Ordering::Relaxed);
        let waits = match end {
            End::Exit => is_new && !timeout.is_zero(),
            End::Signal => self.settings.delivers_on_signals,
        };
        (waits && self.counters.outstanding() > 0).then_some(timeout)
    }

    fn leave(self: Arc<Self>, timeout: Duration) {
        block_on_for(self.flush(timeout, After::Leave), timeout + exit::SLACK);
        let pending = self.pending();
        if pending > 0 {
            warn(format_args!(
                "{pending} reports were not delivered before the program ended"
            ));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
