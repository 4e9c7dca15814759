use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::flush::{Ask, Flush, Left, Mark};
#[cfg(feature = "metrics")]
use super::meter::Meter;
use super::outbox::{ADOPTED, Failure, Outbox, Parcel, Ticket};
use super::requests::{Outcome, Requests};
use super::trouble::Trouble;
use super::{Shared, lock};
use crate::builder::Overflow;
use crate::diagnostics::warn;
use crate::envelope::Envelope;
use crate::luck::luck;
use crate::own_thread::quietly;
use crate::sequence::Sequence;
use crate::spool::{Replay, Settled, Spool, Then};
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
    /// Reports that other processes accepted.
    adopted: Ticket,
    /// Reports on disk that are another process's now.
    left_behind: u64,
    /// Makes what is on disk survive a loss of power.
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
            left_behind: shared.held_spooled.load(Ordering::Acquire),
            shared,
            is_busy: false,
            outbox: Outbox::default(),
            replay: spool.map(|spool| Replay::new(spool, Instant::now())),
            adopted: ADOPTED,
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
        let left = self.leave(&flushes);
        for (flush, left) in flushes.into_iter().zip(left) {
            flush.end(left, false, now);
        }
    }

    /// Takes reports from disk while there is room for them in memory.
    fn read_spool(&mut self) {
        let Some(replay) = &mut self.replay else {
            return;
        };
        replay.scan(Instant::now());
        self.read_again();
        let Some(replay) = &mut self.replay else {
            return;
        };
        for _ in 0..BATCH {
            if !can_take_in(&self.outbox, &self.shared) {
                break;
            }
            let Some(replayed) = replay.next() else {
                break;
            };
            self.is_busy = true;
            let is_own = replayed.place.is_own();
            if !is_own {
                self.shared.counters.adopted.add(1);
            }
            let counters = &self.shared.counters;
            let settled = match replayed.then {
                Then::Deliver => None,
                Then::Outdated => Some(&counters.merged),
                Then::Expired => Some(&counters.expired),
            };
            let (place, id, envelope) = replayed.into_envelope();
            if let Some(reason) = settled {
                let settled = Settled {
                    id,
                    is_named: false,
                    sequence: None,
                };
                replay.settle(&[place], &settled);
                self.shared
                    .spool_read
                    .store(replay.read(), Ordering::Release);
                self.shared.settle(reason, 1);
                continue;
            }
            let ticket = match envelope.sequence {
                Some(sequence) if is_own => sequence.count,
                _ => {
                    self.adopted += 1;
                    self.adopted
                }
            };
            let merged = self
                .outbox
                .push(id, Parcel::new(ticket, Some(place), envelope));
            // In this order, so that nothing seems to be safe that is not.
            self.shared
                .spool_read
                .store(replay.read(), Ordering::Release);
            let spooled = self.outbox.spooled() as u64 + self.left_behind + replay.skipped();
            self.shared.held_spooled.store(spooled, Ordering::Release);
            if merged {
                self.shared.settle(&self.shared.counters.merged, 1);
            }
        }
        self.weigh();
    }

    /// Takes from disk what had been set aside.
    fn read_again(&mut self) {
        let Some(replay) = &mut self.replay else {
            return;
        };
        while can_take_back(&self.outbox, &self.shared)
            && let Some((id, aside)) = self.outbox.take_returning()
        {
            let places = aside.tickets.into_iter().zip(aside.places);
            let parcels = places.filter_map(|(ticket, place)| {
                let envelope = replay.read_again(place)?;
                Some(Parcel::new(ticket, Some(place), envelope))
            });
            let Some(parcel) = parcels.reduce(Parcel::join) else {
                // Perhaps who adopts it can read it.
                self.left_behind += aside.parcels;
                continue;
            };
            let settled = parcel.settled(id.clone());
            let is_outdated = settled
                .sequence
                .is_some_and(|sequence| replay.is_outdated(&id, sequence));
            let is_merged = if is_outdated {
                replay.settle(&parcel.places, &settled);
                true
            } else {
                self.outbox.push(id, parcel)
            };
            let merged = aside.parcels - 1 + u64::from(is_merged);
            self.shared.settle(&self.shared.counters.merged, merged);
        }
    }

    /// Whether all is read that was written to disk before what is in memory.
    fn has_read_spool(&self) -> bool {
        let Some((spool, replay)) = self.shared.spool.as_ref().zip(self.replay.as_ref()) else {
            return true;
        };
        replay.read() >= spool.appended()
    }

    /// Takes what callers put into the queue, so many at most. What is on disk came before.
    fn take_in(&mut self, most: usize) {
        for _ in 0..most {
            if !self.has_read_spool() {
                return;
            }
            let Some((bytes, mut envelope)) = self.shared.queue.pop() else {
                return;
            };
            self.shared.taken.fetch_add(1, Ordering::Release);
            self.is_busy = true;
            if envelope.is_redacted || !self.shared.recognise(&mut envelope) {
                self.push(envelope);
                self.weigh();
            }
            self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    fn push(&mut self, mut envelope: Box<Envelope>) {
        let sequence = *envelope.sequence.get_or_insert_with(Sequence::next);
        let id = envelope.id.get_or_insert_with(|| sequence.id()).clone();
        // What was kept in memory because the disk was full may be older than what was written to it.
        let replay = self.replay.as_ref();
        if replay.is_some_and(|replay| replay.is_outdated(&id, sequence)) {
            self.shared.settle(&self.shared.counters.merged, 1);
            return;
        }
        let parcel = Parcel::new(sequence.count, None, envelope);
        if self.outbox.push(id, parcel) {
            self.shared.settle(&self.shared.counters.merged, 1);
        }
    }

    /// Drops the oldest if that is wanted and more is in memory than may be.
    fn make_room(&mut self) {
        if self.shared.settings.limits.overflow != Overflow::DropOldest {
            return;
        }
        while self.shared.is_over_limit()
            && let Some(parcel) = self.outbox.evict()
        {
            for flush in &mut self.flushes {
                flush.dropped(&parcel.tickets);
            }
            self.shared.drop_when_full();
            self.weigh();
        }
    }

    /// Tells callers what is here.
    fn weigh(&self) {
        let shared = &self.shared;
        shared
            .held_bytes
            .store(self.outbox.bytes(), Ordering::Relaxed);
        let skipped = self.replay.as_ref().map_or(0, Replay::skipped);
        let spooled = self.outbox.spooled() as u64 + self.left_behind + skipped;
        shared.held_spooled.store(spooled, Ordering::Release);
        if let Some(replay) = &self.replay {
            shared.spool_read.store(replay.read(), Ordering::Release);
        }
        let oldest = self.outbox.oldest().unwrap_or_default().as_millis();
        let oldest = u64::try_from(oldest).unwrap_or(u64::MAX);
        shared.oldest.store(oldest, Ordering::Relaxed);
    }

    fn begin_flushes(&mut self) {
        let requests = std::mem::take(&mut *lock(&self.shared.flushes));
        if requests.is_empty() {
            return;
        }
        // What was accepted before the flush is in the queue by now.
        self.read_spool();
        self.take_in(self.shared.queue.len());
        let now = Instant::now();
        self.outbox.hurry(now);
        for request in requests {
            if let (Ask::Drain, Some(replay)) = (request.ask, &mut self.replay) {
                replay.scan_soon(now);
                replay.scan(now);
            }
            self.flushes.push(Flush::begin(request));
        }
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
        let (tell, synced) = oneshot::channel();
        let on_thread = Arc::clone(spool);
        let started = thread::Builder::new()
            .name("xpander-sync".to_owned())
            .spawn(move || drop(tell.send(on_thread.sync())));
        match started {
            Ok(_) => self.syncing = Some(synced),
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
        let wake_at = deadlines.chain(retry).chain(pulse).chain(scan).min();
        tokio::select! {
            () = self.shared.wake.notified() => {}
            outcome = self.requests.next() => self.note(outcome),
            synced = told(&mut self.syncing) => self.synced(synced.unwrap_or(Ok(()))),
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

    /// Whether there is something to take in.
    fn has_work(&self) -> bool {
        let returns = self.outbox.has_returning() && can_take_back(&self.outbox, &self.shared);
        let comes = match self.has_read_spool() {
            true => !self.shared.queue.is_empty(),
            false => can_take_in(&self.outbox, &self.shared),
        };
        returns || comes
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
        self.forget(id, &parcel);
        shared.settle(&shared.counters.dead, 1);
    }

    /// Of an agent whose reports are refused, so many may wait in memory. Beyond it those on disk wait there, and
    /// the others are taken for refused.
    fn give_up(&mut self) {
        let most = self.shared.settings.limits.queue_capacity / 4;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        while let Some((id, parcel)) = self.outbox.give_up(most) {
            let reason = "the platform refuses reports of this agent, and too many of them wait";
            self.bury(id, parcel, reason.to_owned());
        }
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

    /// What is settled need not be on disk any more.
    fn forget(&mut self, id: TaskId, parcel: &Parcel) {
        let Some(replay) = &mut self.replay else {
            return;
        };
        let settled = parcel.settled(id);
        replay.settle(&parcel.places, &settled);
        replay.note(settled);
        self.weigh();
    }

    /// What is left of what was accepted until then.
    fn left(&self, until: Mark) -> Left {
        let (mut spooled, mut pending) = self.outbox.open_until(until.ticket);
        spooled += self.left_behind;
        if let Some(replay) = &self.replay {
            spooled += until.appended.saturating_sub(replay.read());
            let taken = self.shared.taken.load(Ordering::Acquire);
            pending += until.queued.saturating_sub(taken);
        }
        Left { pending, spooled }
    }

    fn is_done(&self, flush: &Flush) -> bool {
        let replay = self.replay.as_ref();
        let is_read = || {
            let taken = self.shared.taken.load(Ordering::Acquire);
            replay.is_none_or(|replay| {
                flush.until.appended <= replay.read() && flush.until.queued <= taken
            })
        };
        let is_delivered = || is_read() && !self.outbox.has_open_until(flush.until.ticket);
        match flush.ask {
            Ask::Flush(_) => is_delivered(),
            Ask::Drain => is_delivered() && replay.is_none_or(Replay::is_drained),
            Ask::Persisted => is_delivered() || self.is_safe(flush.until),
        }
    }

    /// Whether everything accepted until then is on disk.
    fn is_safe(&self, until: Mark) -> bool {
        self.left(until).pending == 0 && self.is_synced(until)
    }

    /// Whether what was written to disk until then is as safe there as is wanted.
    fn is_synced(&self, until: Mark) -> bool {
        let is_synced = |spool: &Arc<Spool>| spool.is_synced(until.appended);
        let spool = self.shared.spool.as_ref();
        !self.shared.settings.is_synced() || spool.is_some_and(is_synced)
    }

    /// Ends the flushes that are over. Returns whether the worker shall end.
    fn end_flushes(&mut self) -> bool {
        let now = Instant::now();
        let is_over = |flush: &Flush| self.is_done(flush) || flush.gives_up(&self.outbox, now);
        let over: Vec<bool> = self.flushes.iter().map(is_over).collect();
        let mut over = over.into_iter();
        let (over, under_way): (Vec<_>, Vec<_>) = std::mem::take(&mut self.flushes)
            .into_iter()
            .partition(|_| over.next().unwrap_or(false));
        self.flushes = under_way;
        if over.iter().any(Flush::stops) {
            self.flushes.extend(over);
            return true;
        }
        let is_done: Vec<bool> = over.iter().map(|flush| self.is_done(flush)).collect();
        let left = self.leave(&over);
        for ((flush, left), is_done) in over.into_iter().zip(left).zip(is_done) {
            flush.end(left, is_done, now);
        }
        false
    }

    /// What is left of what these waited for. If one of them leaves, that is on disk afterwards.
    fn leave(&mut self, over: &[Flush]) -> Vec<Left> {
        let before: Vec<_> = over.iter().map(|flush| self.left(flush.until)).collect();
        if over.iter().any(Flush::leaves) {
            self.save();
        }
        let left = over.iter().zip(before).map(|(flush, before)| {
            let mut left = self.left(flush.until);
            left.spooled += before.pending.saturating_sub(left.pending);
            if flush.ask == Ask::Persisted {
                self.unsafe_of(flush, left)
            } else {
                left
            }
        });
        left.collect()
    }

    /// What is not safe yet of what is left.
    fn unsafe_of(&self, flush: &Flush, left: Left) -> Left {
        if self.is_done(flush) {
            return Left::default();
        }
        let is_synced = self.is_synced(flush.until);
        Left {
            pending: left.pending + if is_synced { 0 } else { left.spooled },
            spooled: 0,
        }
    }

    /// Writes to disk what is in memory only: perhaps nobody comes back to it.
    fn save(&mut self) {
        let shared = Arc::clone(&self.shared);
        let Some(spool) = shared.spool.as_ref().filter(|_| self.replay.is_some()) else {
            return;
        };
        if self.outbox.unspooled() > 0 {
            self.requests.abort();
            let merged = self.outbox.recover(Instant::now());
            shared.settle(&shared.counters.merged, merged);
        }
        for (id, mut parcel) in self.outbox.take_unspooled() {
            match shared.append(spool, &mut parcel.envelope) {
                Ok(()) => self.forget(id, &parcel),
                Err(error) => {
                    *lock(&shared.last_error) = Some(format!("the spool: {error}"));
                    self.outbox.push(id, parcel);
                }
            }
        }
        while let Some((bytes, mut envelope)) = shared.queue.pop() {
            shared.taken.fetch_add(1, Ordering::Release);
            shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            if !envelope.is_redacted && shared.recognise(&mut envelope) {
                continue;
            }
            if shared.append(spool, &mut envelope).is_err() {
                self.push(envelope);
            }
        }
        self.weigh();
    }

    /// After a shutdown: what is not on disk is lost.
    fn stop(&mut self) {
        self.take_in(self.shared.queue.len());
        let flushes = std::mem::take(&mut self.flushes);
        let left = self.leave(&flushes);
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
            shared.spool_read.store(replay.read(), Ordering::Release);
        }
        self.weigh();
    }
}

/// Whether more may be read from disk: half of the places are for what has no other.
fn can_take_in(outbox: &Outbox, shared: &Shared) -> bool {
    let limits = &shared.settings.limits;
    can_take_back(outbox, shared) && outbox.bytes() <= limits.queue_bytes / 2
}

/// Whether more may be read of what had been set aside.
fn can_take_back(outbox: &Outbox, shared: &Shared) -> bool {
    let limits = &shared.settings.limits;
    outbox.bytes_here() <= limits.queue_bytes / 2
        && outbox.tasks() as u64 <= limits.queue_capacity / 2
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
mod tests {
    use super::*;
    use crate::delivery::Delivery;
    use crate::{Config, Reporter, TaskReport};

    /// For so many seconds as `OUTAGE` says: an hour takes half a minute.
    #[test]
    fn an_outage_with_a_thousand_reports_a_second_stays_within_the_limits() {
        const CAPACITY: u64 = 2_000;
        const BYTES: usize = 1 << 20;
        let seconds = std::env::var("OUTAGE").map_or(300, |seconds| seconds.parse().unwrap());
        for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
            let config = Config::builder().variables([("", "")]);
            let settings = Reporter::builder()
                .config(
                    config
                        .base_url("http://127.0.0.1:9")
                        .api_key("k")
                        .agent_id("a"),
                )
                .queue_capacity(CAPACITY as usize)
                .queue_bytes(BYTES)
                .overflow(overflow)
                .settings();
            let delivery = Delivery::new(settings.unwrap());
            let shared = Arc::clone(delivery.shared());
            // This test is the worker.
            shared.asleep.end();
            let mut worker = Worker::new(Arc::clone(&shared));
            let start = Instant::now();
            for tick in 0..seconds * 10 {
                let now = start + tick * Duration::from_millis(100);
                for _ in 0..100 {
                    let mut envelope = Envelope::from(TaskReport::new().input("x".repeat(256)));
                    envelope.accept();
                    shared.accept(Box::new(envelope));
                }
                worker.take_in(BATCH);
                worker.make_room();
                worker.weigh();
                while let Some((id, _)) = worker.outbox.next(now) {
                    let away = Failure {
                        refusal: None,
                        asked: None,
                    };
                    worker.outbox.failed(id, now, away, 0.5);
                }
                let stats = shared.stats();
                assert!(stats.pending <= CAPACITY, "{stats:?}");
                assert!(stats.pending_bytes <= BYTES as u64, "{stats:?}");
                assert!(
                    worker.outbox.in_line() <= 2 * CAPACITY as usize,
                    "{stats:?}"
                );
            }
            let stats = shared.stats();
            assert_eq!(stats.accepted, u64::from(seconds) * 1_000);
            assert_eq!(stats.dropped.queue_full + stats.pending, stats.accepted);
            assert!(stats.pending > CAPACITY / 2, "{stats:?}");
        }
    }
}
