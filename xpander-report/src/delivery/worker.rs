mod flushes;
mod intake;

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::flush::Flush;
#[cfg(feature = "metrics")]
use super::meter::Meter;
use super::outbox::{Failure, Outbox};
use super::parcel::{ADOPTED, Parcel, Ticket};
use super::requests::{Outcome, Requests};
use super::syncer::Syncer;
use super::trouble::Trouble;
use super::{Shared, lock};
use crate::diagnostics::warn;
use crate::envelope::Envelope;
use crate::luck::luck;
use crate::own_thread::quietly;
use crate::sequence::Sequence;
use crate::spool::{Replay, Settled};
use crate::task_id::TaskId;
use crate::{Dropped, Event, untraced};

/// While reports keep coming, the worker looks for them this often and callers need not wake it: a
/// wake-up costs a caller more than all the rest.
const PULSE: Duration = Duration::from_millis(2);

/// So many reports are taken in before others go out.
const BATCH: usize = 256;

/// Starts the thread that empties the queue, with a runtime of its own.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<()> {
    thread::Builder::new()
        .name("xpander-reporter".to_owned())
        .spawn(move || {
            let _ended = Ended(Arc::clone(&shared));
            quietly(|| live(shared));
        })
        .map(drop)
}

/// A thread that ended otherwise than it should makes place for another.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        if thread::panicking() {
            *lock(&self.0.is_running) = false;
            self.0.asleep.not_ended();
        }
    }
}

/// The thread's life. A panic, which would be a bug, costs neither the reports nor those who wait.
fn live(shared: Arc<Shared>) {
    let mut worker = Worker::new(shared);
    loop {
        let lived = untraced::runtime().map(|runtime| {
            catch_unwind(AssertUnwindSafe(|| {
                untraced::block_on(&runtime, worker.run());
            }))
        });
        match lived {
            Ok(Ok(())) => return,
            Ok(Err(_)) => warn(format_args!(
                "delivery was interrupted by a panic; it goes on"
            )),
            Err(error) => warn(format_args!("delivery waits for a runtime: {error}")),
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
    /// What was taken out of the queue, and has to wait for what is on disk.
    held: VecDeque<(usize, Box<Envelope>)>,
    /// The newest that came from the queue.
    newest: Option<Sequence>,
    /// Reports that other processes accepted.
    adopted: Ticket,
    /// Reports on disk that are another process's now.
    left_behind: u64,
    syncer: Option<Syncer>,
    /// It makes what is on disk survive a loss of power.
    syncing: Option<oneshot::Receiver<io::Result<()>>>,
    requests: Requests,
    flushes: Vec<Flush>,
    trouble: Trouble,
    /// What who listens knows to be dropped.
    told_dropped: Dropped,
    #[cfg(feature = "metrics")]
    meter: Meter,
}

impl Worker {
    fn new(shared: Arc<Shared>) -> Self {
        let spool = shared.spool.clone();
        Self {
            // By the worker before this one, if there was one.
            left_behind: shared.held.spooled.load(Ordering::Acquire),
            shared,
            is_busy: false,
            outbox: Outbox::default(),
            replay: spool.map(|spool| Replay::new(spool, Instant::now())),
            held: VecDeque::new(),
            newest: None,
            adopted: ADOPTED,
            syncer: None,
            syncing: None,
            requests: Requests::new(),
            flushes: Vec::new(),
            trouble: Trouble::default(),
            told_dropped: Dropped::default(),
            #[cfg(feature = "metrics")]
            meter: Meter::default(),
        }
    }

    async fn run(&mut self) {
        // If it fails, that is told when there is something to send.
        self.requests.connect(&self.shared);
        loop {
            self.read_spool();
            self.take_in(BATCH);
            self.make_room();
            self.begin_flushes();
            self.send();
            self.give_up();
            self.sync();
            // Before anybody is answered, who may look at it next.
            self.weigh();
            let stop = self.end_flushes();
            if stop {
                self.stop();
            }
            if (stop || self.is_idle()) && self.shared.may_end() {
                self.let_go();
                self.publish();
                #[cfg(feature = "metrics")]
                self.meter.tell_rest(self.shared.stats());
                return;
            }
            self.publish();
            self.wait().await;
        }
    }

    /// Whether nobody can give it anything more, and nothing is left.
    fn is_idle(&self) -> bool {
        self.shared.abandoned.load(Ordering::SeqCst)
            && self.outbox.is_empty()
            && self.held.is_empty()
            && self.replay.as_ref().is_none_or(Replay::is_empty)
    }

    /// After a panic: what was on the way is sent again, by a new client.
    fn recover(&mut self) {
        self.requests = Requests::new();
        self.syncing = None;
        let merged = self.outbox.recover(Instant::now());
        self.shared.settle(&self.shared.counters.merged, merged);
        let now = Instant::now();
        let requests = std::mem::take(&mut *lock(&self.shared.flushes));
        let begun = requests.into_iter().map(Flush::begin);
        self.flushes.extend(begun);
        let flushes = std::mem::take(&mut self.flushes);
        // Who stops the worker waits until it has.
        let (stops, flushes): (Vec<_>, Vec<_>) = flushes.into_iter().partition(Flush::stops);
        self.flushes = stops;
        let left = self.leave(&flushes);
        for (flush, left) in flushes.into_iter().zip(left) {
            flush.end(left, false, now);
        }
    }

    /// Tells callers what is here.
    fn weigh(&self) {
        self.weigh_bytes();
        self.weigh_spooled();
        let oldest = self.outbox.oldest().unwrap_or_default().as_millis();
        let oldest = u64::try_from(oldest).unwrap_or(u64::MAX);
        self.shared.held.oldest.store(oldest, Ordering::Relaxed);
    }

    fn weigh_bytes(&self) {
        let bytes = self.outbox.bytes();
        self.shared.held.bytes.store(bytes, Ordering::Relaxed);
    }

    fn weigh_spooled(&self) {
        let shared = &self.shared;
        // In this order, so that nothing seems to be safe that is not.
        if let Some(replay) = &self.replay {
            shared.held.read.store(replay.read(), Ordering::Release);
        }
        let skipped = self.replay.as_ref().map_or(0, Replay::skipped);
        let spooled = self.outbox.spooled() as u64 + self.left_behind + skipped;
        shared.held.spooled.store(spooled, Ordering::Release);
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
        let syncer = match self.syncer.take() {
            Some(syncer) => Ok(syncer),
            None => Syncer::start(Arc::clone(spool)),
        };
        match syncer {
            Ok(syncer) => {
                self.syncing = Some(syncer.sync());
                self.syncer = Some(syncer);
            }
            Err(_) => {
                let synced = spool.sync();
                self.synced(synced);
            }
        }
    }

    fn has_room(&self) -> bool {
        self.requests.len() < self.outbox.window(self.shared.settings.limits.connections)
    }

    /// Starts as many requests as may be under way at once.
    fn send(&mut self) {
        while self.has_room()
            && let Some((id, envelope)) = self.outbox.next(Instant::now())
        {
            self.requests.start(id, envelope.clone(), &self.shared);
        }
    }

    /// Waits until there is something to do.
    async fn wait(&mut self) {
        if self.has_work() {
            // The requests go on between two batches.
            tokio::task::yield_now().await;
            while let Some(outcome) = self.requests.try_next() {
                self.note(outcome);
            }
            return;
        }
        let pulse = self.is_busy.then(|| Instant::now() + PULSE);
        self.is_busy = false;
        if pulse.is_none() && !self.shared.asleep.begin(|| self.has_work()) {
            return;
        }
        // Without room, the next thing to happen is that a request ends.
        let retry = self.outbox.wake_at().filter(|_| self.has_room());
        let deadlines = self.flushes.iter().map(|flush| flush.deadline);
        let scan = self.replay.as_ref().map(Replay::scan_at);
        let wake_at = deadlines.chain(retry).chain(pulse).chain(scan);
        #[cfg(feature = "metrics")]
        let wake_at = wake_at.chain(self.meter.due());
        let wake_at = wake_at.min();
        tokio::select! {
            () = self.shared.wake.notified() => {}
            outcome = self.requests.next() => self.note(outcome),
            synced = told(&mut self.syncing) => match synced {
                Some(synced) => self.synced(synced),
                // Its thread died: another one tries again.
                None => (self.syncer, self.syncing) = (None, None),
            },
            () = until(wake_at) => {}
        }
        let woken_by_report = pulse.is_none() && !self.shared.asleep.end();
        if woken_by_report {
            // The first of many, perhaps: they are not disturbed while they come.
            tokio::select! {
                () = self.shared.wake.notified() => {}
                () = tokio::time::sleep(PULSE) => {}
            }
        }
        while let Some(outcome) = self.requests.try_next() {
            self.note(outcome);
        }
    }

    fn synced(&mut self, synced: io::Result<()>) {
        self.syncing = None;
        if let Err(error) = synced {
            let told = "the spool cannot make sure that reports survive a loss of power";
            *lock(&self.shared.last_error) = Some(format!("{told}: {error}"));
            warn(format_args!("{told}: {error}"));
        }
    }

    fn note(&mut self, Outcome { id, result }: Outcome) {
        let shared = Arc::clone(&self.shared);
        let counters = &shared.counters;
        let listener = &shared.settings.listener;
        let task_id = listener.is_there().then(|| id.to_string());
        let task_id = task_id.as_deref().unwrap_or_default();
        let error = match result {
            Ok(()) => {
                self.trouble.over();
                if let Some(parcel) = self.outbox.arrived(&id) {
                    for flush in &mut self.flushes {
                        flush.delivered(&parcel.tickets);
                    }
                    self.forget(id, &parcel);
                }
                shared.settle(&counters.delivered, 1);
                listener.tell(&Event::Delivered { task_id });
                return;
            }
            Err(error) => error,
        };
        *lock(&shared.last_error) = Some(error.with_sources());
        if error.is_retryable() || error.refusal().is_some() {
            self.trouble.put_off(&id, &error);
            listener.tell(&Event::PutOff {
                task_id,
                error: &error,
            });
            counters.retried.add(1);
            let failure = Failure {
                refusal: error.refusal(),
                asked: error.retry_after(),
            };
            if self.outbox.failed(id, Instant::now(), failure, luck()) {
                shared.settle(&counters.merged, 1);
            }
            return;
        }
        if error.is_too_large()
            && let Some(merged) = self.outbox.cut(&id)
        {
            counters.retried.add(1);
            shared.settle(&counters.merged, merged.into());
            return;
        }
        self.trouble.refused(&id, &error);
        listener.tell(&Event::Refused {
            task_id,
            error: &error,
        });
        if let Some(parcel) = self.outbox.refused(&id) {
            self.bury(id, parcel, error.with_sources());
        }
    }

    /// Keeps a report that will not arrive where people find it.
    fn bury(&mut self, id: TaskId, mut parcel: Parcel, reason: String) {
        for flush in &mut self.flushes {
            flush.dropped(&parcel.tickets);
        }
        let shared = Arc::clone(&self.shared);
        let envelope = std::mem::take(&mut *parcel.envelope);
        let report = shared.settings.redaction.finish(envelope);
        if !shared.dead.keep(report, &shared.settings, reason) {
            // It does not survive the process.
            shared.drops.add(1, Instant::now());
        }
        self.release(id, &parcel);
        shared.settle(&shared.counters.dead, 1);
    }

    /// Of reports whose agents are refused, a quarter of the queue may wait in memory. Beyond it those on disk wait
    /// there, and the others are taken for refused.
    fn give_up(&mut self) {
        let limits = &self.shared.settings.limits;
        let most = usize::try_from(limits.queue_capacity / 4).unwrap_or(usize::MAX);
        let most_bytes = limits.queue_bytes / 4;
        while let Some((id, parcel)) = self.outbox.give_up(most, most_bytes) {
            let reason = "the platform refuses reports of this agent, and too many of them wait";
            self.bury(id, parcel, reason.to_owned());
        }
        // Another process takes them up when this one has ended.
        self.left_behind += self.outbox.leave_aside(most_bytes) as u64;
    }

    /// Tells who listens what was dropped, and how things stand.
    fn publish(&mut self) {
        let dropped = self.shared.counters.dropped();
        let reports = dropped.since(&self.told_dropped);
        self.told_dropped = dropped;
        if reports.total() > 0 {
            let listener = &self.shared.settings.listener;
            listener.tell(&Event::Dropped { reports });
        }
        #[cfg(feature = "metrics")]
        self.meter.publish(self.shared.stats());
    }

    /// A report arrived. It need not be on disk any more, nor need older ones of its task.
    fn forget(&mut self, id: TaskId, parcel: &Parcel) {
        let settled = parcel.settled(id);
        if let Some(replay) = &mut self.replay {
            replay.settle(&parcel.places, &settled);
            replay.note(settled);
        }
        self.weigh();
    }

    /// A report need not be where it is on disk any more, though it did not arrive.
    fn release(&mut self, id: TaskId, parcel: &Parcel) {
        let settled = Settled {
            is_named: false,
            ..parcel.settled(id)
        };
        if let Some(replay) = &mut self.replay {
            replay.settle(&parcel.places, &settled);
        }
        self.weigh();
    }

    /// After a shutdown: what is not on disk is lost.
    fn stop(&mut self) {
        self.take_in(self.queued());
        let flushes = std::mem::take(&mut self.flushes);
        let left = self.leave(&flushes);
        for (bytes, envelope) in std::mem::take(&mut self.held) {
            self.push_queued(bytes, envelope);
        }
        self.requests.abort();
        let merged = self.outbox.recover(Instant::now());
        self.shared.settle(&self.shared.counters.merged, merged);
        let lost = self.outbox.unspooled() as u64;
        self.shared.drops.add(lost, Instant::now());
        // Counted before anybody is answered, who may look at the counters next.
        self.shared.settle(&self.shared.counters.shut_down, lost);
        self.let_go();
        self.shared.stopped.store(true, Ordering::SeqCst);
        for (flush, left) in flushes.into_iter().zip(left) {
            flush.end_dropped(left);
        }
    }

    /// What is on disk is another process's from now on.
    fn let_go(&mut self) {
        self.outbox.take_unspooled();
        self.left_behind += self.outbox.spooled() as u64;
        self.outbox = Outbox::default();
        if let Some(mut replay) = self.replay.take() {
            let shared = Arc::clone(&self.shared);
            let spool = shared.spool.as_ref().filter(|spool| spool.is_dirty());
            if let Some(spool) = spool.filter(|_| shared.settings.is_synced()) {
                self.synced(spool.sync());
            }
            replay.close();
            self.left_behind += replay.skipped();
            shared.held.read.store(replay.read(), Ordering::Release);
        }
        self.weigh();
    }
}

/// Waits for a thread's word; forever if there is none.
async fn told<T>(word: &mut Option<oneshot::Receiver<T>>) -> Option<T> {
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
