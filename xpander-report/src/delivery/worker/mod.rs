//! The thread that delivers, with a runtime of its own.
//!
//! Each round it takes reports from disk and from the queue, hands over to the outbox, sends what may go, and answers
//! those who wait. While it waits itself, a request that ends, a caller, or the time of a retry wakes it.

mod flushes;
mod fsync;
mod intake;
#[cfg(feature = "_relay")]
mod kept;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "_relay")]
mod orders;
mod outcomes;
mod requests;
mod sender;
mod warnings;

#[cfg(feature = "_relay")]
use std::collections::HashSet;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};
use std::{io, thread};

use fsync::Fsync;
#[cfg(feature = "metrics")]
use metrics::Metrics;
use requests::Requests;
use tokio::sync::oneshot;
use warnings::Warnings;

use super::flush::Flush;
use super::lifecycle::Stage;
use super::outbox::{GivenUp, Next, Outbox};
use crate::delivery::outbox::pending::{ADOPTED, Pending, Storage, Ticket};
use crate::delivery::shared::{Queued, Shared};
use crate::report::dead_letter::DeadLetter;
use crate::sink::delivery_outcome::{DeliveryOutcome, DropReason};
use crate::sink::event::Event;
use crate::sink::stats::{Dropped, Ending};
use crate::spool::format::entry::DeliveredTask;
use crate::spool::place::Place;
use crate::spool::reader::Replay;
use crate::support::diagnostics::warn;
use crate::support::runtime;
use crate::support::suppress::suppressed;
use crate::support::sync::lock;

/// While reports keep coming, the worker looks for them this often and callers need not wake it: a
/// wake-up costs a caller more than all the rest.
const PULSE: Duration = Duration::from_millis(2);

/// How many reports are taken in before others are sent.
const BATCH: usize = 64;

/// Starts the thread that empties the queue, with a runtime of its own.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<()> {
    thread::Builder::new()
        .name("xpander-reporter".to_owned())
        .spawn(move || {
            let _ended = Ended(Arc::clone(&shared));
            suppressed(|| live(shared));
        })
        .map(drop)
}

/// A thread that ended otherwise than it should makes place for another.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lifecycle.died();
        }
    }
}

/// The body of the thread. After a panic, which would be a bug, it continues, so that no report and no waiting caller
/// is lost.
fn live(shared: Arc<Shared>) {
    let mut worker = Worker::new(shared);
    loop {
        let lived = runtime::runtime().map(|runtime| {
            catch_unwind(AssertUnwindSafe(|| {
                runtime::block_on(&runtime, worker.run());
            }))
        });
        match lived {
            Ok(Ok(())) => return,
            Ok(Err(_)) => warn(format_args!("delivery panicked and was restarted")),
            Err(error) => warn(format_args!(
                "delivery waits because no runtime could be started: {error}"
            )),
        }
        worker.recover();
        thread::sleep(Duration::from_secs(1));
    }
}

struct Worker {
    shared: Arc<Shared>,
    /// Whether reports came since the last pulse.
    is_busy: bool,
    outbox: Outbox,
    replay: Option<Replay>,
    /// The oldest report of the queue, which came after what is read from disk.
    put_back: Option<(usize, Queued)>,
    /// Reports that other processes accepted.
    adopted: Ticket,
    /// Reports on disk that are another process's now.
    left_behind: u64,
    fsync: Option<Fsync>,
    /// The sync in progress, which makes the reports on disk survive a loss of power.
    syncing: Option<oneshot::Receiver<io::Result<()>>>,
    requests: Requests,
    flushes: Vec<Flush>,
    warnings: Warnings,
    /// Some agents are named as failing.
    has_failing: bool,
    /// The places of reports on disk that had no room in memory. They are read again when there is room.
    left_places: VecDeque<(Ticket, Place)>,
    #[cfg(feature = "_relay")]
    purged: Vec<orders::PurgedTask>,
    /// The agents whose reports wait at their keeper.
    #[cfg(feature = "_relay")]
    given_up: HashSet<String>,
    /// The drops that the listener has been notified of.
    notified_dropped: Dropped,
    #[cfg(feature = "metrics")]
    metrics: Metrics,
}

impl Worker {
    fn new(shared: Arc<Shared>) -> Self {
        let spool = shared.spool.clone();
        Self {
            // By the worker before this one, if there was one.
            left_behind: shared.gauges.spooled.load(Ordering::Acquire),
            shared,
            is_busy: false,
            outbox: Outbox::default(),
            replay: spool.map(|spool| Replay::new(spool, Instant::now())),
            put_back: None,
            adopted: ADOPTED,
            fsync: None,
            syncing: None,
            requests: Requests::new(),
            flushes: Vec::new(),
            warnings: Warnings::default(),
            has_failing: false,
            left_places: VecDeque::new(),
            #[cfg(feature = "_relay")]
            purged: Vec::new(),
            #[cfg(feature = "_relay")]
            given_up: HashSet::new(),
            notified_dropped: Dropped::default(),
            #[cfg(feature = "metrics")]
            metrics: Metrics::default(),
        }
    }

    async fn run(&mut self) {
        // If it fails, that is told when there is something to send.
        self.requests.connect(&self.shared.settings.config);
        loop {
            #[cfg(feature = "tower")]
            self.report_overdue();
            self.read_spool();
            self.take_in(BATCH);
            self.make_room();
            #[cfg(feature = "_relay")]
            self.follow_orders();
            self.begin_flushes();
            self.send();
            self.abort_hanging_requests();
            self.relieve();
            self.sync();
            // Before anybody is answered, who may look at it next.
            self.update_gauges();
            // A dropped sender tells its caller that the report is pending.
            let expired = lock(&self.shared.deliveries).take_until(Instant::now());
            drop(expired);
            let stop = self.end_flushes();
            if stop {
                self.stop();
            }
            if (stop || self.is_idle()) && self.end_if_unneeded() {
                self.notify();
                #[cfg(feature = "metrics")]
                self.metrics.record_rest(self.shared.stats());
                return;
            }
            self.notify();
            self.wait().await;
        }
    }

    /// Lets go of everything unless something came in meanwhile. Says whether the worker ends.
    fn end_if_unneeded(&mut self) -> bool {
        let shared = Arc::clone(&self.shared);
        // The next worker begins with what this one leaves, so it must not start before.
        let may_end = shared.may_end(|| self.let_go());
        if may_end {
            self.answer_deliveries();
        }
        may_end
    }

    /// Whether nobody can give it anything more, and nothing is left.
    fn is_idle(&self) -> bool {
        self.shared.lifecycle.is_at(Stage::Abandoned)
            && self.outbox.is_empty()
            && self.put_back.is_none()
            && self.replay.as_ref().is_none_or(Replay::is_empty)
    }

    /// After a panic: what was on the way is sent again, by a new client.
    fn recover(&mut self) {
        self.requests = Requests::new();
        self.syncing = None;
        let now = Instant::now();
        self.outbox.recover(now);
        self.flushes.append(&mut lock(&self.shared.flushes));
        let flushes = std::mem::take(&mut self.flushes);
        // A flush that stops the worker continues to wait until the worker has stopped.
        let (stops, flushes): (Vec<_>, Vec<_>) = flushes.into_iter().partition(Flush::stops);
        self.flushes = stops;
        let left = self.leave(&flushes);
        for (flush, left) in flushes.into_iter().zip(left) {
            flush.end(left, false, now);
        }
    }

    /// Tells callers what is here.
    fn update_gauges(&self) {
        self.update_held();
        self.update_merged();
    }

    fn update_held(&self) {
        let gauges = &self.shared.gauges;
        gauges
            .bytes
            .store(self.outbox.held().bytes, Ordering::Relaxed);
        self.update_spooled();
        let oldest = self.outbox.oldest().unwrap_or_default().as_millis();
        let oldest = u64::try_from(oldest).unwrap_or(u64::MAX);
        gauges.oldest.store(oldest, Ordering::Relaxed);
        debug_assert!(
            self.reports() <= self.shared.counters.outstanding(),
            "a report that has ended is still here"
        );
    }

    /// The reports that have not ended, but for those in the queue and in the hands of callers.
    fn reports(&self) -> u64 {
        let appended = self
            .shared
            .spool
            .as_ref()
            .map_or(0, |spool| spool.appended());
        let replay = self.replay.as_ref();
        let on_disk = replay.map_or(0, |replay| replay.skipped() + replay.unread(appended));
        self.outbox.reports() as u64 + self.left_behind + on_disk
    }

    fn update_spooled(&self) {
        let gauges = &self.shared.gauges;
        // In this order, so that no report seems to be safe before it is.
        if let Some(replay) = &self.replay {
            let in_memory = replay.read() + replay.held();
            gauges.read.store(in_memory, Ordering::Release);
        }
        let skipped = self.replay.as_ref().map_or(0, Replay::skipped);
        let spooled = self.outbox.held().spooled as u64 + self.left_behind + skipped;
        gauges.spooled.store(spooled, Ordering::Release);
    }

    fn update_merged(&self) {
        let merged = self.outbox.held().merged as u64;
        self.shared.gauges.merged.store(merged, Ordering::Release);
    }

    /// Has what was written to disk survive a loss of power, if that is wanted.
    fn sync(&mut self) {
        let spool = self.shared.spool.as_ref();
        let Some(spool) = spool.filter(|_| self.shared.settings.is_synced()) else {
            return;
        };
        if self.syncing.is_some() || !spool.is_dirty() {
            return;
        }
        let fsync = match self.fsync.take() {
            Some(fsync) => Ok(fsync),
            None => Fsync::start(Arc::clone(spool)),
        };
        match fsync {
            Ok(fsync) => {
                self.syncing = Some(fsync.sync());
                self.fsync = Some(fsync);
            }
            Err(_) => {
                let synced = spool.sync();
                self.synced(synced);
            }
        }
    }

    /// Whether requests may start.
    #[cfg(not(feature = "_relay"))]
    fn may_send(&self) -> bool {
        true
    }

    fn has_room(&self) -> bool {
        self.requests.len() < self.outbox.window(self.shared.settings.limits.connections)
    }

    /// Starts as many requests as may be under way at once.
    fn send(&mut self) {
        // Another process may have delivered more than its files record. Until the newest report of a task is read, an
        // older one could overwrite a delivered report.
        if self.is_taking_over() {
            return;
        }
        while self.has_room() && self.may_send() {
            let (id, places) = match self.outbox.next(Instant::now()) {
                Some(Next::Send(id, failures, outgoing)) => {
                    let config = &self.shared.settings.config;
                    self.requests.start(id, failures, outgoing, config);
                    continue;
                }
                Some(Next::Read(id, places)) => (id, places),
                None => return,
            };
            self.read_back(id, &places);
        }
    }

    /// Waits until there is something to do.
    async fn wait(&mut self) {
        if self.has_work() {
            // The requests go on between two batches.
            tokio::task::yield_now().await;
            while let Some(outcome) = self.requests.try_next() {
                self.on_outcome(outcome);
            }
            return;
        }
        let pulse = self.is_busy.then(|| Instant::now() + PULSE);
        self.is_busy = false;
        if pulse.is_none() && !self.shared.lifecycle.may_sleep(|| self.has_work()) {
            return;
        }
        // Without a free connection, a retry waits until a request ends.
        let retry = self.outbox.wake_at();
        let retry = retry.filter(|_| self.has_room() && self.may_send());
        let deadlines = self.flushes.iter().map(|flush| flush.deadline);
        let scan = self.replay.as_ref().map(Replay::scan_at);
        let delivery = lock(&self.shared.deliveries).next_deadline();
        let times = retry.into_iter().chain(pulse).chain(scan).chain(delivery);
        #[cfg(feature = "tower")]
        let times = times.chain(lock(&self.shared.deadlines).next());
        let crowded = !self.has_room() && self.outbox.has_others();
        let hanging = crowded.then(|| self.requests.next_hanging()).flatten();
        let wake_at = deadlines.chain(times).chain(hanging);
        #[cfg(feature = "metrics")]
        let wake_at = wake_at.chain(self.metrics.due());
        let wake_at = wake_at.min();
        tokio::select! {
            () = self.shared.lifecycle.notified() => {}
            outcome = self.requests.next() => self.on_outcome(outcome),
            synced = received(&mut self.syncing) => match synced {
                Some(synced) => self.synced(synced),
                // Its thread died: another one tries again.
                None => (self.fsync, self.syncing) = (None, None),
            },
            () = until(wake_at) => {}
        }
        let woken_by_report = pulse.is_none() && !self.shared.lifecycle.must_wake();
        if woken_by_report {
            // More reports may follow the first one. The worker waits for them, so that their callers need not wake it.
            tokio::select! {
                () = self.shared.lifecycle.notified() => {}
                () = tokio::time::sleep(PULSE) => {}
            }
        }
        while let Some(outcome) = self.requests.try_next() {
            self.on_outcome(outcome);
        }
    }

    fn synced(&mut self, synced: io::Result<()>) {
        self.syncing = None;
        if let Err(error) = synced {
            let told = "the spool cannot be synced, so reports may not survive a power loss";
            *lock(&self.shared.last_error) = Some(format!("{told}: {error}"));
            warn(format_args!("{told}: {error}"));
        }
    }

    /// Ends a report that was here, and those that were merged into it.
    fn end(&mut self, pending: &Pending, ending: Ending, outcome: impl Fn() -> DeliveryOutcome) {
        if let Some(replay) = &mut self.replay {
            let delivered = pending
                .outgoing()
                .filter(|outgoing| ending == Ending::Delivered && outgoing.is_named);
            let task = delivered.map(|outgoing| DeliveredTask {
                id: outgoing.id.to_string(),
                delivered: outgoing.delivered(),
            });
            replay.acknowledge(&pending.places(), task.as_ref());
        }
        for flush in &mut self.flushes {
            flush.ended(pending.tickets(), ending);
        }
        // The reports on disk are counted again before this report counts as ended. Merged reports keep their place
        // until then.
        self.update_held();
        #[cfg(feature = "_relay")]
        self.tell_end(pending, ending);
        self.shared.end(pending.tickets(), ending, outcome);
        self.update_merged();
    }

    /// The platform has all of it already.
    fn supersede(&mut self, pending: &Pending) {
        self.end(pending, Ending::Superseded, || DeliveryOutcome::Superseded);
    }

    fn discard(&mut self, pending: &Pending, reason: DropReason) {
        let outcome = || DeliveryOutcome::Dropped(reason);
        self.end(pending, Ending::Dropped(reason), outcome);
    }

    /// Turns a report that will never be delivered into a dead letter.
    fn refuse(&mut self, mut pending: Pending, reason: String) {
        let (read, lost) = self.read_places(pending.unread());
        self.left_behind += pending.leave(&lost).len() as u64;
        pending.load(read.into_iter().map(|replayed| replayed.outgoing).collect());
        #[cfg(feature = "_relay")]
        if self.tell_refused(&pending, &reason) {
            self.end(&pending, Ending::Refused, || DeliveryOutcome::Pending);
            return;
        }
        let settings = &self.shared.settings;
        let report = pending.outgoing().map(|outgoing| outgoing.report.clone());
        let report = report.unwrap_or_default();
        let letter = DeadLetter {
            reason,
            refused_at: SystemTime::now(),
            platform: settings.config.base_url().to_owned(),
            agent_id: report.agent_id.clone().unwrap_or_default(),
            report,
        };
        let kept = self.shared.dead.keep(&letter, settings.is_synced());
        let counters = &self.shared.counters;
        counters.dead_letters_dropped.add(kept.dropped);
        if !kept.is_on_disk {
            // It does not survive the process.
            self.shared.drops.add(1, Instant::now());
        }
        let outcome = || DeliveryOutcome::Refused(Box::new(letter.clone()));
        self.end(&pending, Ending::Refused, outcome);
    }

    /// Reports of agents that fail while other agents do not may take a quarter of the queue in memory. Beyond that,
    /// reports on disk wait there. Of the others, those of refused agents become dead letters, and the rest are
    /// dropped.
    fn relieve(&mut self) {
        #[cfg(feature = "_relay")]
        if self.shared.settings.keeper.is_some() {
            self.relieve_kept();
            return;
        }
        let limits = &self.shared.settings.limits;
        let most = usize::try_from(limits.queue_capacity / 4).unwrap_or(usize::MAX);
        let most_bytes = limits.queue_bytes / 4;
        while let Some(given_up) = self.outbox.relieve(most, most_bytes) {
            let GivenUp {
                pending,
                is_refused,
            } = given_up;
            if is_refused {
                let reason =
                    "the platform refuses reports of this agent, and too many are already waiting";
                self.refuse(pending, reason.to_owned());
            } else {
                self.discard(&pending, DropReason::QueueFull);
                self.shared.warn_full();
            }
        }
    }

    /// Notifies the listener of new drops, and records the metrics.
    fn notify(&mut self) {
        let dropped = self.shared.counters.dropped();
        let reports = dropped.since(&self.notified_dropped);
        self.notified_dropped = dropped;
        if reports.total() > 0 {
            let listener = &self.shared.settings.listener;
            listener.notify(&Event::Dropped { reports });
        }
        #[cfg(feature = "metrics")]
        self.metrics.record(self.shared.stats());
    }

    /// After a shutdown: what is not on disk is lost.
    fn stop(&mut self) {
        self.take_in_all();
        let flushes = std::mem::take(&mut self.flushes);
        let left = self.leave(&flushes);
        self.requests.abort();
        self.outbox.recover(Instant::now());
        // Counted before callers are answered, because they may read the counters next.
        for id in self.outbox.unspooled() {
            if let Some(pending) = self.outbox.remove(&id) {
                self.lose(&pending);
            }
        }
        self.let_go();
        self.answer_deliveries();
        self.shared.lifecycle.advance(Stage::Closed);
        for (flush, left) in flushes.into_iter().zip(left) {
            flush.end_dropped(left);
        }
    }

    /// Drops the members that are in memory only. Another process delivers the others.
    fn lose(&mut self, pending: &Pending) {
        let reason = DropReason::ShutDown;
        for member in pending.members() {
            if member.storage == Storage::Memory {
                self.shared
                    .end([member.ticket], Ending::Dropped(reason), || {
                        DeliveryOutcome::Dropped(reason)
                    });
            } else {
                self.left_behind += 1;
            }
        }
    }

    /// Releases the reports on disk to other processes or to the next worker.
    fn let_go(&mut self) {
        self.left_behind += self.outbox.held().spooled as u64;
        self.outbox = Outbox::default();
        self.left_places.clear();
        if let Some(mut replay) = self.replay.take() {
            let shared = Arc::clone(&self.shared);
            let spool = shared.spool.as_ref().filter(|spool| spool.is_dirty());
            if let Some(spool) = spool.filter(|_| shared.settings.is_synced()) {
                self.synced(spool.sync());
            }
            replay.close();
            self.left_behind += replay.skipped();
            shared.gauges.read.store(replay.read(), Ordering::Release);
        }
        self.update_gauges();
    }

    /// Tells all callers that wait for a report that it is pending.
    fn answer_deliveries(&self) {
        let waiting = lock(&self.shared.deliveries).take_all();
        drop(waiting);
    }
}

/// Waits for a thread's answer, or forever if no thread works.
async fn received<T>(word: &mut Option<oneshot::Receiver<T>>) -> Option<T> {
    match word {
        Some(word) => word.await.ok(),
        None => std::future::pending().await,
    }
}

async fn until(wake_at: Option<Instant>) {
    match wake_at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
