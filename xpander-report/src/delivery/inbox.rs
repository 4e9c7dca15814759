//! The callers' side: reports come in, and somebody waits for them.

use std::future::{Future, ready};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::delivery::flush::{Flush, WaitFor, Watermark};
use crate::delivery::lifecycle::Stage;
use crate::delivery::outbox::pending::Ticket;
use crate::delivery::settings::Overflow;
use crate::delivery::shared::{Queued, Shared};
use crate::delivery::{flush, worker};
use crate::envelope::Envelope;
use crate::envelope::outgoing::Outgoing;
use crate::envelope::prepare::prepare;
use crate::envelope::sequence::Sequence;
use crate::envelope::stamps::{Fields, Stamps};
use crate::report::dead_letter::DeadLetter;
use crate::sink::delivery_outcome::{DeliveryOutcome, DropReason};
use crate::sink::stats::{Ending, FlushOutcome};
use crate::sink::{Delivering, Flushing, Persisting, Then};
use crate::support::block_on::block_on_for;
use crate::support::diagnostics::warn;
use crate::support::exit;
use crate::support::exit::{Leaving, ProcessEnd};
use crate::support::suppress::is_suppressed;
use crate::support::sync::lock;
use crate::support::text::counted;

impl Shared {
    /// Takes what a run collected, or the user's own report.
    pub(super) fn accept(self: &Arc<Self>, envelope: Box<Envelope>) {
        let ticket = envelope.sequence().count;
        // Counted before the report is in the queue. So a flush may count one report too many, but never one too few.
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
    pub(super) fn accept_again(self: &Arc<Self>, letter: &DeadLetter) -> bool {
        let sequence = Sequence::next();
        let count = self.counters.accepted.add(1);
        let report = letter.report.clone().agent_id(&letter.agent_id);
        let outgoing = Outgoing::stored(report, true, Stamps::new(sequence, Fields::default()));
        if !self.admits(sequence.count, true) {
            return false;
        }
        if self.is_durable() {
            // It lies on disk, and must not leave it for memory.
            let is_kept = self.keep_on_disk(outgoing);
            return is_kept.is_ok();
        }
        self.keep(count, outgoing)
    }

    /// Keeps a finished report that was counted as accepted on disk; if that fails it was not accepted.
    pub(super) fn keep_on_disk(self: &Arc<Self>, outgoing: Outgoing) -> io::Result<()> {
        let Some(spool) = &self.spool else {
            self.counters.accepted.take_back(1);
            return Err(io::Error::other("there is no spool"));
        };
        match spool.append(&outgoing) {
            Ok(written) => {
                spool.remember(written, outgoing);
                self.wake();
                Ok(())
            }
            Err(error) => {
                self.counters.accepted.take_back(1);
                Err(error)
            }
        }
    }

    /// Whether reports are accepted and this one has an agent.
    pub(super) fn admits(self: &Arc<Self>, ticket: Ticket, has_agent: bool) -> bool {
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
    pub(super) fn prepare(&self, mut envelope: Envelope) -> Option<Outgoing> {
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
    pub(super) fn keep(self: &Arc<Self>, count: u64, outgoing: Outgoing) -> bool {
        let spool = self.spool.as_ref().filter(|_| self.is_durable());
        let Some(spool) = spool else {
            let ticket = outgoing.sequence().count;
            return self.enqueue(ticket, count, Queued::Prepared(Box::new(outgoing)));
        };
        match spool.append(&outgoing) {
            Ok(written) => {
                spool.remember(written, outgoing);
                if self.is_spool_broken.load(Ordering::Relaxed) {
                    self.is_spool_broken.store(false, Ordering::Relaxed);
                    spool.forget_error();
                }
                self.wake();
                true
            }
            Err(error) => {
                self.counters.not_spooled.add(1);
                if !self.is_spool_broken.swap(true, Ordering::Relaxed) && spool.is_new_error(&error)
                {
                    warn(format_args!(
                        "reports are kept in memory because they cannot be written to the spool \
                         in {}: {error}",
                        spool.directory().path().display()
                    ));
                }
                let ticket = outgoing.sequence().count;
                self.enqueue(ticket, count, Queued::Prepared(Box::new(outgoing)))
            }
        }
    }

    /// Puts a report into the queue. Says whether there was room for it.
    pub(super) fn enqueue(self: &Arc<Self>, ticket: Ticket, count: u64, queued: Queued) -> bool {
        let counters = &self.counters;
        // Each report compares its own count, so that exactly those beyond the limit are dropped.
        let count = count.saturating_add(counters.adopted.get());
        let merged = self.gauges.merged.load(Ordering::Relaxed);
        let reports = count.saturating_sub(counters.ended() + self.spooled() + merged);
        let bytes = queued.bytes();
        let limits = &self.settings.limits;
        let queued_bytes = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let held = self.gauges.bytes.load(Ordering::Relaxed);
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

    /// Drops the oldest reports of the queue until the queue is within its limits.
    #[cold]
    pub(super) fn shorten_queue(self: &Arc<Self>) {
        let limits = &self.settings.limits;
        while self.queue.len() as u64 > limits.queue_capacity
            || self.queued_bytes.load(Ordering::Relaxed) > limits.queue_bytes
        {
            let Some((bytes, queued)) = self.queue.pop() else {
                return;
            };
            self.gauges.taken.fetch_add(1, Ordering::Release);
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.drop_when_full(queued.sequence().count);
        }
    }

    #[cold]
    pub(super) fn drop_without_agent(self: &Arc<Self>, ticket: Ticket) {
        self.drop_one(ticket, DropReason::NoAgent);
        if !self.warned_no_agent.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "dropping a report because it names no agent: set the environment variable \
                 XPANDER_AGENT_ID, or set `agent_id` in code"
            ));
        }
    }

    #[cold]
    pub(super) fn drop_when_full(self: &Arc<Self>, ticket: Ticket) {
        self.drop_one(ticket, DropReason::QueueFull);
        self.warn_full();
    }

    #[cold]
    pub(super) fn drop_one(self: &Arc<Self>, ticket: Ticket, reason: DropReason) {
        self.end([ticket], Ending::Dropped(reason), || {
            DeliveryOutcome::Dropped(reason)
        });
        // The worker notifies the listener; the caller does not.
        if self.settings.listener.is_set() || cfg!(feature = "metrics") {
            self.wake();
        }
    }

    /// Wakes the worker if it waits; starts it if there is none.
    pub(super) fn wake(self: &Arc<Self>) {
        if self.lifecycle.must_wake() {
            self.start();
            self.lifecycle.notify();
        }
    }

    /// Starts a worker if there is none. Says whether there is one.
    pub(super) fn start(self: &Arc<Self>) -> bool {
        // After a shutdown, a worker starts only for reports that were accepted during the shutdown.
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
                    warn(format_args!(
                        "reports wait because no thread could be started: {error}"
                    ));
                }
                false
            }
        }
    }

    pub(super) fn flush(self: &Arc<Self>, timeout: Duration, after: Then) -> Flushing<'_> {
        if after == Then::Exit {
            let accepted = self.counters.accepted.get();
            self.accepted_at_exit_flush
                .store(accepted, Ordering::Relaxed);
        }
        // With a spool, a worker that stops must let go of it.
        let lets_go = after == Then::Shutdown && self.spool.is_some();
        if self.counters.outstanding() == 0 && !lets_go {
            return Box::pin(ready(FlushOutcome::default()));
        }
        self.ask(WaitFor::Flush(after), self.mark(), timeout)
    }

    /// Delivers what other processes left behind, too.
    pub(super) fn drain(self: &Arc<Self>, timeout: Duration) -> Flushing<'_> {
        let until = Watermark {
            ticket: Ticket::MAX,
            ..self.mark()
        };
        self.ask(WaitFor::Drain, until, timeout)
    }

    pub(super) fn ask(
        self: &Arc<Self>,
        ask: WaitFor,
        until: Watermark,
        timeout: Duration,
    ) -> Flushing<'_> {
        let asked = self.ask_worker(ask, until, timeout);
        Box::pin(async move {
            asked
                .await
                .unwrap_or_else(|| self.outcome_without_waiting())
        })
    }

    /// None if there is no worker that could answer.
    pub(super) fn ask_worker(
        self: &Arc<Self>,
        ask: WaitFor,
        until: Watermark,
        timeout: Duration,
    ) -> impl Future<Output = Option<FlushOutcome>> + Send + use<> {
        let (flush, outcome) = Flush::new(ask, until, timeout);
        // The worker cannot wait for itself.
        if !is_suppressed() {
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
    pub(super) fn mark(&self) -> Watermark {
        Watermark {
            ticket: Sequence::last_count(),
            appended: self.spool.as_ref().map_or(0, |spool| spool.appended()),
            queued: self.queued.load(Ordering::Acquire),
        }
    }

    pub(super) fn persisted(self: &Arc<Self>, timeout: Duration) -> Persisting<'_> {
        if self.counters.outstanding() == 0 {
            return Box::pin(ready(self.as_persisted(0)));
        }
        let asked = self.ask_worker(WaitFor::Persisted, self.mark(), timeout);
        Box::pin(async move {
            let answered = asked.await;
            self.as_persisted(answered.map_or_else(|| self.pending(), |it| it.pending))
        })
    }

    /// Takes a report, and waits for its end.
    pub(super) fn deliver(
        self: &Arc<Self>,
        envelope: Box<Envelope>,
        timeout: Duration,
    ) -> Delivering<'_> {
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

    /// The outcome for a caller that could not wait.
    pub(super) fn outcome_without_waiting(&self) -> FlushOutcome {
        let (pending, spooled) = (self.pending(), self.spooled());
        FlushOutcome {
            pending,
            spooled,
            timed_out: !self.lifecycle.is_at(Stage::Closed) && pending + spooled > 0,
            ..FlushOutcome::default()
        }
    }
}

impl Leaving for Shared {
    fn patience(&self, end: ProcessEnd) -> Option<Duration> {
        let timeout = self.settings.limits.exit_timeout;
        // If no report was accepted after the guard's flush, the guard has already waited.
        let is_new =
            self.counters.accepted.get() > self.accepted_at_exit_flush.load(Ordering::Relaxed);
        let waits = match end {
            ProcessEnd::Exit => is_new && !timeout.is_zero(),
            ProcessEnd::Signal => self.settings.delivers_on_signals,
        };
        (waits && self.counters.outstanding() > 0).then_some(timeout)
    }

    fn leave(self: Arc<Self>, timeout: Duration) {
        block_on_for(self.flush(timeout, Then::Exit), timeout + exit::SLACK);
        let pending = self.pending();
        if pending > 0 {
            warn(format_args!(
                "{} not delivered before the program ended",
                counted(pending, "report was", "reports were")
            ));
        }
    }
}
