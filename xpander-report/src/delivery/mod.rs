//! Delivery over HTTP: the queue that callers put reports into, and the thread that empties it.

mod aside;
mod asleep;
mod dead;
#[cfg(any(unix, windows))]
mod exit;
mod flush;
mod gate;
mod lane;
mod lately;
#[cfg(feature = "metrics")]
mod meter;
mod outbox;
mod parcel;
mod requests;
mod retry;
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
use tokio::sync::{Notify, oneshot};

use crate::builder::{Overflow, Settings};
use crate::capture::guarded;
use crate::diagnostics::warn;
use crate::envelope::Envelope;
use crate::own_thread::is_quiet;
use crate::recognition::recognise;
use crate::sequence::{self, Sequence};
use crate::sink::{After, Chosen, Flushing, Persisting, Sink};
use crate::spool::{Entry, Spool};
use crate::stats::{Counter, Counters};
use crate::{DeadLetter, FlushOutcome, NotPersisted, Stats, process};
use asleep::Asleep;
use dead::DeadLetters;
use flush::{Ask, FlushRequest, Mark};
use lately::Lately;
use parcel::{Ticket, ticket_bytes};

pub(crate) use retry::Refusal;

/// The sink behind an application's reporter. When it is dropped, the worker empties the queue and
/// ends.
pub(crate) struct Delivery {
    shared: Arc<Shared>,
    /// The process in which it was made.
    generation: u32,
    /// Its worker was started.
    is_prepared: AtomicBool,
    /// What a forked child uses instead: it has the queue of `shared`, but not the thread that empties it.
    in_child: OnceCell<Box<Self>>,
}

/// What callers and the worker share.
struct Shared {
    settings: Settings,
    spool: Option<Arc<Spool>>,
    dead: DeadLetters,
    counters: Counters,
    queue: SegQueue<(usize, Box<Envelope>)>,
    /// How many were put into the queue, if there is a spool.
    queued: AtomicU64,
    /// How many bytes the queue holds.
    queued_bytes: CachePadded<AtomicUsize>,
    held: CachePadded<Held>,
    last_error: Mutex<Option<String>>,
    drops: Lately,
    flushes: Mutex<Vec<FlushRequest>>,
    /// No more reports are taken.
    closed: AtomicBool,
    /// A worker has stopped after a shutdown.
    stopped: AtomicBool,
    /// All handles are gone.
    abandoned: AtomicBool,
    asleep: Asleep,
    wake: Notify,
    /// Whether there is a worker.
    is_running: Mutex<bool>,
    is_full: AtomicBool,
    /// The spool does not take reports.
    is_spool_broken: AtomicBool,
    /// How many had been accepted when somebody waited for the end of the program.
    left_at: AtomicU64,
    warned_no_agent: AtomicBool,
    warned_no_thread: AtomicBool,
}

/// What the worker tells of what it holds. On a cache line of its own: callers must not wait for what it writes.
#[derive(Default)]
struct Held {
    /// How many were taken out of the queue.
    taken: AtomicU64,
    bytes: AtomicUsize,
    /// How many reports lie on disk.
    spooled: AtomicU64,
    /// How many it has read from disk so far.
    read: AtomicU64,
    /// When the oldest came, in milliseconds since the epoch; 0: there is none.
    oldest: AtomicU64,
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
            is_prepared: AtomicBool::new(false),
            in_child: OnceCell::new(),
        }
    }

    /// Makes ready while the first run takes its time: the HTTP client, its certificates.
    #[cold]
    fn prepare(&self) {
        self.is_prepared.store(true, Ordering::Relaxed);
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
        if wants && !self.is_prepared.load(Ordering::Relaxed) {
            self.prepare();
        }
        wants
    }

    fn exit_timeout(&self) -> Duration {
        self.shared.settings.limits.exit_timeout
    }

    fn captures_content(&self) -> bool {
        self.shared.settings.redaction.captures_content()
    }

    fn accept(&self, envelope: Box<Envelope>) {
        let _ = self.shared().accept(envelope);
    }

    fn count_unread(&self) {
        self.shared().counters.unread.add(1);
    }

    fn flush(&self, timeout: Duration, after: After) -> Flushing<'_> {
        let shared = self.shared();
        if after == After::Stop {
            shared.closed.store(true, Ordering::SeqCst);
        }
        shared.flush(timeout, after)
    }

    fn drain(&self, timeout: Duration) -> Flushing<'_> {
        self.shared().drain(timeout)
    }

    fn persisted(&self, timeout: Duration) -> Persisting<'_> {
        self.shared().persisted(timeout)
    }

    fn stats(&self) -> Stats {
        self.shared().stats()
    }

    fn dead_letters(&self) -> Vec<DeadLetter> {
        self.shared().dead.all()
    }

    fn retry_dead_letters(&self, chosen: Chosen<'_>) -> usize {
        let shared = self.shared();
        shared.dead.take(chosen, |letter| {
            let mut envelope = Envelope::from(letter.report.clone().agent_id(&letter.agent_id));
            envelope.is_redacted = true;
            envelope.accept();
            shared.accept(Box::new(envelope))
        })
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
        self.shared.abandoned.store(true, Ordering::SeqCst);
        self.shared.wake.notify_one();
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
            closed: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            asleep: Asleep::new(),
            wake: Notify::new(),
            is_running: Mutex::new(false),
            is_full: AtomicBool::new(false),
            is_spool_broken: AtomicBool::new(false),
            left_at: AtomicU64::new(0),
            warned_no_agent: AtomicBool::new(false),
            warned_no_thread: AtomicBool::new(false),
        }
    }

    /// Says whether the report is kept, or need not be.
    fn accept(self: &Arc<Self>, envelope: Box<Envelope>) -> bool {
        let counters = &self.counters;
        // Counted before the report is in the queue, so that a flush sees rather too many than too few.
        let count = counters.accepted.add(1);
        if self.closed.load(Ordering::SeqCst) {
            self.drop_one(&counters.shut_down);
            return false;
        }
        if envelope.agent_id.is_none() && self.settings.config.agent_id.is_none() {
            self.drop_without_agent();
            return false;
        }
        let Some(envelope) = self.write(envelope) else {
            self.wake();
            return true;
        };
        // By its own count, so that of several at the limit only those beyond it are dropped.
        let count = count.saturating_add(counters.adopted.get());
        let reports = count.saturating_sub(counters.settled.get() + self.spooled());
        let bytes = envelope.bytes() + ticket_bytes(&envelope);
        let limits = &self.settings.limits;
        let queued = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let held = self.held.bytes.load(Ordering::Relaxed);
        let is_full = reports > limits.queue_capacity
            || queued.saturating_add(held).saturating_add(bytes) > limits.queue_bytes;
        if is_full && limits.overflow == Overflow::DropNewest {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.drop_when_full();
            return false;
        }
        if self.spool.is_some() {
            // Counted before, so that a flush waits rather for too many than for too few.
            self.queued.fetch_add(1, Ordering::Release);
        }
        self.queue.push((bytes, envelope));
        if is_full {
            self.shorten_queue();
        }
        self.wake();
        true
    }

    /// Writes the report to the spool, if each goes there. Returns it if it has to be kept in memory.
    fn write(&self, mut envelope: Box<Envelope>) -> Option<Box<Envelope>> {
        let Some(spool) = self.spool.as_ref().filter(|_| self.settings.is_durable()) else {
            return Some(envelope);
        };
        if !envelope.is_redacted && self.recognise(&mut envelope) {
            return None;
        }
        // It gets its place when it is written: what came before may have taken long.
        envelope.sequence = None;
        if let Err(error) = self.append(spool, &mut envelope) {
            self.counters.not_spooled.add(1);
            if !self.is_spool_broken.swap(true, Ordering::Relaxed) {
                warn(format_args!(
                    "reports are kept in memory because the spool in {} does not take them: {error}",
                    spool.directory().path().display()
                ));
            }
            return Some(envelope);
        }
        self.is_spool_broken.store(false, Ordering::Relaxed);
        None
    }

    /// Reads the report's responses. Says whether it is left out.
    fn recognise(&self, envelope: &mut Envelope) -> bool {
        if guarded(|| recognise(envelope)).is_none() {
            warn(format_args!("a response was not read because of a panic"));
        }
        let is_left_out = envelope.is_left_out();
        if is_left_out {
            self.settle(&self.counters.left_out, 1);
        }
        is_left_out
    }

    /// Writes a report to the spool as it will be sent. What may not leave is gone from it afterwards.
    fn append(&self, spool: &Spool, envelope: &mut Box<Envelope>) -> std::io::Result<()> {
        let (placed, is_named) = (envelope.sequence, envelope.is_named);
        let taken = std::mem::take(&mut **envelope);
        let report = self.settings.redaction.finish(taken);
        let sequence = placed.unwrap_or_else(Sequence::next);
        let configured = self.settings.config.agent_id.as_deref();
        let agent_id = report.named_agent().or(configured).unwrap_or_default();
        let entry = Entry {
            agent_id: agent_id.to_owned(),
            sequence,
            is_named,
            report,
        };
        match spool.append(&entry) {
            Ok(written) => {
                spool.remember(written, entry);
                Ok(())
            }
            Err(error) => {
                **envelope = Envelope::redacted(entry.report, sequence, is_named);
                Err(error)
            }
        }
    }

    /// Of the reports that the worker did not take yet, the oldest are dropped when there are too many.
    #[cold]
    fn shorten_queue(self: &Arc<Self>) {
        let limits = &self.settings.limits;
        while self.queue.len() as u64 > limits.queue_capacity
            || self.queued_bytes.load(Ordering::Relaxed) > limits.queue_bytes
        {
            let Some((bytes, _)) = self.queue.pop() else {
                return;
            };
            self.held.taken.fetch_add(1, Ordering::Release);
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.drop_when_full();
        }
    }

    /// Whether more is in memory than may be.
    fn is_over_limit(&self) -> bool {
        let limits = &self.settings.limits;
        self.pending() > limits.queue_capacity || self.pending_bytes() > limits.queue_bytes as u64
    }

    /// Reports accepted and not settled.
    fn outstanding(&self) -> u64 {
        self.counters.outstanding()
    }

    /// Of those, the ones on disk.
    fn spooled(&self) -> u64 {
        let Some(spool) = &self.spool else {
            return 0;
        };
        // One that is read meanwhile is rather missed than counted twice.
        let held = self.held.spooled.load(Ordering::Acquire);
        let read = self.held.read.load(Ordering::Acquire);
        held + spool.appended().saturating_sub(read)
    }

    /// Of those, the ones in memory only.
    fn pending(&self) -> u64 {
        let settled = self.counters.settled.get();
        let spooled = self.spooled();
        // Accepted last: what comes meanwhile must not hide what is in memory only.
        let accepted = self.counters.accepted.get() + self.counters.adopted.get();
        accepted.saturating_sub(settled + spooled)
    }

    fn pending_bytes(&self) -> u64 {
        let queued = self.queued_bytes.load(Ordering::Relaxed);
        queued.saturating_add(self.held.bytes.load(Ordering::Relaxed)) as u64
    }

    #[cold]
    fn drop_without_agent(self: &Arc<Self>) {
        self.drop_one(&self.counters.no_agent);
        if !self.warned_no_agent.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "a report is dropped because it names no agent: set the environment variable \
                 XPANDER_AGENT_ID, or give `agent_id` in code"
            ));
        }
    }

    #[cold]
    fn drop_when_full(self: &Arc<Self>) {
        self.drop_one(&self.counters.queue_full);
        if !self.is_full.swap(true, Ordering::Relaxed) {
            let limits = &self.settings.limits;
            warn(format_args!(
                "reports are dropped: as many wait for the platform as may ({} reports, {} bytes)",
                limits.queue_capacity, limits.queue_bytes
            ));
        }
    }

    #[cold]
    fn drop_one(self: &Arc<Self>, reason: &Counter) {
        self.drops.add(1, Instant::now());
        self.count(reason, 1);
        self.tell_of_drop();
    }

    /// The worker tells who listens, not the caller.
    fn tell_of_drop(self: &Arc<Self>) {
        if self.settings.listener.is_there() || cfg!(feature = "metrics") {
            self.wake();
        }
    }

    /// Wakes the worker if it waits; starts it if there is none.
    fn wake(self: &Arc<Self>) {
        if self.asleep.end() {
            self.start();
            self.wake.notify_one();
        }
    }

    /// Starts a worker if there is none. Says whether there is one.
    fn start(self: &Arc<Self>) -> bool {
        let mut is_running = lock(&self.is_running);
        // After a shutdown only for what was accepted while that was under way.
        let is_over = self.stopped.load(Ordering::SeqCst) && self.queue.is_empty();
        if *is_running || is_over {
            return *is_running;
        }
        let started = worker::start(Arc::clone(self));
        *is_running = started.is_ok();
        drop(is_running);
        if let Err(error) = started {
            // The next report tries again.
            self.asleep.not_ended();
            if !self.warned_no_thread.swap(true, Ordering::Relaxed) {
                warn(format_args!("reports wait for a thread: {error}"));
            }
            return false;
        }
        #[cfg(any(unix, windows))]
        exit::register(self);
        true
    }

    /// The worker wants to end. Says whether it may: nothing came while it made up its mind.
    fn may_end(&self) -> bool {
        let mut is_running = lock(&self.is_running);
        let has_work = || !self.queue.is_empty() || !lock(&self.flushes).is_empty();
        let may_end = self.asleep.begin(has_work);
        *is_running = !may_end;
        may_end
    }

    fn flush(self: &Arc<Self>, timeout: Duration, after: After) -> Flushing<'_> {
        if after == After::Leave {
            let accepted = self.counters.accepted.get();
            self.left_at.store(accepted, Ordering::Relaxed);
        }
        // With a spool, a worker that stops must let go of it.
        let lets_go = after == After::Stop && self.spool.is_some();
        if self.outstanding() == 0 && !lets_go {
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
        let (done, outcome) = oneshot::channel();
        // The worker cannot wait for itself.
        if !is_quiet() {
            lock(&self.flushes).push(FlushRequest {
                ask,
                until,
                deadline: flush::deadline(timeout),
                done,
            });
            if self.start() {
                self.wake.notify_one();
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
        if self.outstanding() == 0 {
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

    /// Whether the end of the program shall wait for it.
    #[cfg(any(unix, windows))]
    fn waits_at_exit(&self) -> bool {
        let is_new = self.counters.accepted.get() > self.left_at.load(Ordering::Relaxed);
        is_new && self.outstanding() > 0 && !self.settings.limits.exit_timeout.is_zero()
    }

    /// How things stand, for who could not wait.
    fn not_asked(&self) -> FlushOutcome {
        let (pending, spooled) = (self.pending(), self.spooled());
        FlushOutcome {
            pending,
            spooled,
            timed_out: !self.stopped.load(Ordering::SeqCst) && pending + spooled > 0,
            ..FlushOutcome::default()
        }
    }

    fn stats(&self) -> Stats {
        let counters = &self.counters;
        let oldest = Duration::from_millis(self.held.oldest.load(Ordering::Relaxed));
        Stats {
            accepted: counters.accepted.get(),
            adopted: counters.adopted.get(),
            delivered: counters.delivered.get(),
            merged: counters.merged.get(),
            left_out: counters.left_out.get(),
            pending: self.pending(),
            pending_bytes: self.pending_bytes(),
            spooled: self.spooled(),
            not_spooled: counters.not_spooled.get(),
            retried: counters.retried.get(),
            dead: counters.dead.get(),
            unread: counters.unread.get(),
            dropped: counters.dropped(),
            oldest_age: (!oldest.is_zero()).then(|| sequence::now().saturating_sub(oldest)),
            last_error: lock(&self.last_error).clone(),
        }
    }

    /// Counts reports of the queue that need no more waiting for.
    fn settle(&self, reason: &Counter, count: u64) {
        self.count(reason, count);
        // Half empty, or a queue at its limit would be told with every report.
        if self.is_full.load(Ordering::Relaxed)
            && self.pending() <= self.settings.limits.queue_capacity / 2
        {
            self.is_full.store(false, Ordering::Relaxed);
        }
    }

    fn count(&self, reason: &Counter, count: u64) {
        reason.add(count);
        self.counters.settled.add(count);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
