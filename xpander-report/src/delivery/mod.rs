//! Delivery over HTTP: the queue that callers put reports into, and the thread that empties it.

#[cfg(any(unix, windows))]
mod exit;
mod flush;
mod gate;
mod outbox;
mod requests;
mod retry;
mod trouble;
mod worker;

use std::future::ready;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_queue::SegQueue;
use tokio::sync::{Notify, oneshot};

use crate::builder::Limits;
use crate::diagnostics::warn;
use crate::envelope::Envelope;
use crate::own_thread::is_quiet;
use crate::sink::{Flushing, Sink};
use crate::stats::{Counter, Counters};
use crate::targets::Targets;
use crate::{Config, Dropped, FlushOutcome, Redaction, Stats};
use flush::FlushRequest;
use outbox::Ticket;

pub(crate) use retry::Refusal;

/// The sink behind an application's reporter. When it is dropped, the worker empties the queue and
/// ends.
pub(crate) struct Delivery {
    shared: Arc<Shared>,
}

/// What callers and the worker share.
struct Shared {
    config: Arc<Config>,
    limits: Limits,
    redaction: Redaction,
    targets: Targets,
    counters: Counters,
    queue: SegQueue<(Ticket, usize, Box<Envelope>)>,
    /// How many bytes the queue holds.
    queued_bytes: AtomicUsize,
    /// How many bytes the worker holds.
    held_bytes: AtomicUsize,
    flushes: Mutex<Vec<FlushRequest>>,
    /// No more reports are taken.
    closed: AtomicBool,
    /// All handles are gone.
    abandoned: AtomicBool,
    /// The worker is about to wait, and must be woken.
    asleep: AtomicBool,
    wake: Notify,
    /// Whether there is a worker.
    is_running: Mutex<bool>,
    is_full: AtomicBool,
    /// How many had been accepted when somebody waited for the end of the program.
    left_at: AtomicU64,
    warned_no_agent: AtomicBool,
    warned_no_thread: AtomicBool,
}

impl Delivery {
    pub(crate) fn new(
        config: Config,
        limits: Limits,
        redaction: Redaction,
        targets: Targets,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                config: Arc::new(config),
                limits,
                redaction,
                targets,
                counters: Counters::default(),
                queue: SegQueue::new(),
                queued_bytes: AtomicUsize::new(0),
                held_bytes: AtomicUsize::new(0),
                flushes: Mutex::default(),
                closed: AtomicBool::new(false),
                abandoned: AtomicBool::new(false),
                asleep: AtomicBool::new(true),
                wake: Notify::new(),
                is_running: Mutex::new(false),
                is_full: AtomicBool::new(false),
                left_at: AtomicU64::new(0),
                warned_no_agent: AtomicBool::new(false),
                warned_no_thread: AtomicBool::new(false),
            }),
        }
    }
}

impl Sink for Delivery {
    fn wants(&self, module: &str, function: &str) -> bool {
        self.shared.targets.contain(module, function)
    }

    fn captures_content(&self) -> bool {
        self.shared.redaction.captures_content()
    }

    fn accept(&self, envelope: Box<Envelope>) {
        self.shared.accept(envelope);
    }

    fn count_unread(&self) {
        self.shared.counters.unread.add(1);
    }

    fn flush(&self, timeout: Duration) -> Flushing<'_> {
        self.shared.flush(timeout, false)
    }

    fn shutdown(&self, timeout: Duration) -> Flushing<'_> {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.shared.flush(timeout, true)
    }

    fn stats(&self) -> Stats {
        self.shared.stats()
    }

    fn leave(&self) {
        let accepted = self.shared.counters.accepted.get();
        self.shared.left_at.store(accepted, Ordering::Relaxed);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.shared.abandoned.store(true, Ordering::SeqCst);
        self.shared.wake.notify_one();
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, envelope: Box<Envelope>) {
        let counters = &self.counters;
        // Counted before the report is in the queue, so that a flush sees rather too many than too few.
        let ticket = counters.accepted.add(1);
        if self.closed.load(Ordering::SeqCst) {
            self.count(&counters.shut_down, 1);
            return;
        }
        if envelope.agent_id.is_none() && self.config.agent_id.is_none() {
            self.drop_without_agent();
            return;
        }
        // By its own ticket, so that of several at the limit only those beyond it are dropped.
        let reports = ticket.saturating_sub(counters.settled.get());
        let bytes = envelope.bytes();
        let queued = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let held = self.held_bytes.load(Ordering::Relaxed);
        let is_full = reports > self.limits.queue_capacity
            || queued.saturating_add(held).saturating_add(bytes) > self.limits.queue_bytes;
        if is_full {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.drop_when_full();
            return;
        }
        self.queue.push((ticket, bytes, envelope));
        self.wake();
    }

    /// Reports in the queue and with the worker.
    fn pending(&self) -> u64 {
        let settled = self.counters.settled.get();
        self.counters.accepted.get().saturating_sub(settled)
    }

    fn pending_bytes(&self) -> u64 {
        let queued = self.queued_bytes.load(Ordering::Relaxed);
        queued.saturating_add(self.held_bytes.load(Ordering::Relaxed)) as u64
    }

    #[cold]
    fn drop_without_agent(&self) {
        self.count(&self.counters.no_agent, 1);
        if !self.warned_no_agent.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "a report is dropped because it names no agent: set the environment variable \
                 XPANDER_AGENT_ID, or give `agent_id` in code"
            ));
        }
    }

    #[cold]
    fn drop_when_full(&self) {
        self.count(&self.counters.queue_full, 1);
        if !self.is_full.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "reports are dropped: as many wait for the platform as may ({} reports, {} bytes)",
                self.limits.queue_capacity, self.limits.queue_bytes
            ));
        }
    }

    /// Wakes the worker if it waits; starts it if there is none.
    fn wake(self: &Arc<Self>) {
        if self.asleep.swap(false, Ordering::SeqCst) {
            self.start();
            self.wake.notify_one();
        }
    }

    /// Starts a worker if there is none. Says whether there is one.
    fn start(self: &Arc<Self>) -> bool {
        let mut is_running = lock(&self.is_running);
        if !*is_running {
            match worker::start(Arc::clone(self)) {
                Ok(()) => {
                    *is_running = true;
                    #[cfg(any(unix, windows))]
                    exit::register(self);
                }
                Err(error) => {
                    // The next report tries again.
                    self.asleep.store(true, Ordering::SeqCst);
                    if !self.warned_no_thread.swap(true, Ordering::Relaxed) {
                        warn(format_args!("reports wait for a thread: {error}"));
                    }
                }
            }
        }
        *is_running
    }

    /// The worker wants to end. Says whether it may: nothing came while it made up its mind.
    fn may_end(&self) -> bool {
        let mut is_running = lock(&self.is_running);
        self.asleep.store(true, Ordering::SeqCst);
        if !self.queue.is_empty() || !lock(&self.flushes).is_empty() {
            self.asleep.store(false, Ordering::SeqCst);
            return false;
        }
        *is_running = false;
        true
    }

    fn flush(self: &Arc<Self>, timeout: Duration, stop: bool) -> Flushing<'_> {
        if self.pending() == 0 {
            return Box::pin(ready(FlushOutcome::default()));
        }
        // The worker cannot wait for itself.
        if is_quiet() {
            return Box::pin(ready(self.timed_out()));
        }
        let (done, outcome) = oneshot::channel();
        lock(&self.flushes).push(FlushRequest {
            until: self.counters.accepted.get(),
            timeout,
            stop,
            done,
        });
        if self.start() {
            self.wake.notify_one();
        } else {
            lock(&self.flushes).clear();
        }
        Box::pin(async move { outcome.await.unwrap_or_else(|_| self.timed_out()) })
    }

    /// Whether the end of the program shall wait for it.
    #[cfg(any(unix, windows))]
    fn waits_at_exit(&self) -> bool {
        let is_new = self.counters.accepted.get() > self.left_at.load(Ordering::Relaxed);
        is_new && self.pending() > 0 && !self.limits.exit_timeout.is_zero()
    }

    fn timed_out(&self) -> FlushOutcome {
        FlushOutcome {
            pending: self.pending(),
            timed_out: true,
            ..FlushOutcome::default()
        }
    }

    fn stats(&self) -> Stats {
        let counters = &self.counters;
        Stats {
            accepted: counters.accepted.get(),
            delivered: counters.delivered.get(),
            merged: counters.merged.get(),
            left_out: counters.left_out.get(),
            pending: self.pending(),
            pending_bytes: self.pending_bytes(),
            retried: counters.retried.get(),
            dead: counters.dead.get(),
            unread: counters.unread.get(),
            dropped: Dropped {
                queue_full: counters.queue_full.get(),
                no_agent: counters.no_agent.get(),
                shut_down: counters.shut_down.get(),
            },
        }
    }

    /// Counts reports of the queue that need no more waiting for.
    fn settle(&self, reason: &Counter, count: u64) {
        self.count(reason, count);
        // Half empty, or a queue at its limit would be told with every report.
        if self.pending() <= self.limits.queue_capacity / 2 {
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
