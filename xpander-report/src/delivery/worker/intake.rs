//! How reports come in: from disk and from callers, in the order in which they were accepted.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::{BATCH, Worker};
use crate::delivery::outbox::Outbox;
use crate::delivery::outbox::pending::{Pending, Ticket};
use crate::delivery::settings::Overflow;
use crate::delivery::shared::{Queued, Shared};
use crate::envelope::sequence::Sequence;
use crate::report::task_id::TaskId;
use crate::sink::delivery_outcome::{DeliveryOutcome, DropReason};
use crate::sink::stats::Ending;
use crate::spool::place::{Place, Replayed};
use crate::spool::reader::Replay;
#[cfg(feature = "tower")]
use crate::support::sync::lock;

impl Worker {
    /// Takes reports from disk while there is room for them in memory.
    pub(super) fn read_spool(&mut self) {
        let Some(replay) = &mut self.replay else {
            return;
        };
        replay.scan(Instant::now());
        replay.pass_held();
        for _ in 0..BATCH {
            if !can_take_in(&self.outbox, &self.shared) {
                break;
            }
            let Some(replayed) = self.replay.as_mut().and_then(Replay::next) else {
                break;
            };
            self.is_busy = true;
            self.take_in_before(replayed.outgoing.sequence());
            self.push_replayed(replayed);
        }
        self.take_back();
        #[cfg(feature = "_relay")]
        self.forget_purged();
        self.update_gauges();
    }

    /// Whether there is a place again for reports that were left on disk.
    fn can_take_back(&self) -> bool {
        let most_bytes = self.shared.settings.limits.queue_bytes / 8;
        !self.left_places.is_empty()
            && self.outbox.held().parked_bytes <= most_bytes
            && can_take_in(&self.outbox, &self.shared)
    }

    /// Takes reports from disk for which there was no place before.
    fn take_back(&mut self) {
        for _ in 0..BATCH {
            if !self.can_take_back() {
                return;
            }
            let Some((ticket, place)) = self.left_places.pop_front() else {
                return;
            };
            self.is_busy = true;
            let (read, _) = self.read_places(&[place]);
            for replayed in read {
                self.left_behind -= 1;
                self.push_as(ticket, replayed);
            }
        }
    }

    /// Whether more is to be read of what other processes left, and there is room for it.
    pub(super) fn is_taking_over(&self) -> bool {
        let replay = self.replay.as_ref();
        replay.is_some_and(Replay::has_unread_of_others) && can_take_in(&self.outbox, &self.shared)
    }

    fn push_replayed(&mut self, replayed: Replayed) {
        let ticket = if replayed.place.is_own() {
            replayed.outgoing.sequence().count
        } else {
            self.shared.counters.adopted.add(1);
            self.adopted += 1;
            self.adopted
        };
        self.push_as(ticket, replayed);
    }

    fn push_as(&mut self, ticket: Ticket, replayed: Replayed) {
        let Replayed {
            place,
            outgoing,
            is_expired,
        } = replayed;
        let most_bytes = self.shared.settings.limits.queue_bytes / 4;
        if self
            .outbox
            .must_stay_on_disk(outgoing.agent_id(), most_bytes)
        {
            // It is read again when there is a place, here or by another process when this one has ended.
            self.left_behind += 1;
            self.left_places.push_back((ticket, place));
            return;
        }
        let pending = Pending::new(ticket, Some(place), Box::new(outgoing));
        #[cfg(feature = "_relay")]
        if self.drop_if_purged(&pending) {
            self.update_spooled();
            return;
        }
        if is_expired {
            self.expire(&pending);
        } else {
            self.push(pending);
        }
        self.update_spooled();
    }

    fn expire(&mut self, pending: &Pending) {
        self.end(pending, Ending::Expired, || {
            DeliveryOutcome::Dropped(DropReason::Expired)
        });
    }

    /// Takes from disk what waited there for so long that only its place was kept.
    pub(super) fn read_back(&mut self, id: TaskId, places: &[Place]) {
        let (read, lost) = self.read_places(places);
        self.left_behind += self.outbox.leave(&id, &lost) as u64;
        self.learn(&id);
        let is_expired = read.iter().all(|replayed| replayed.is_expired);
        if is_expired && self.outbox.is_parked(&id) {
            if let Some(pending) = self.outbox.remove(&id) {
                self.expire(&pending);
            }
            return;
        }
        let read = read.into_iter().map(|replayed| replayed.outgoing);
        if let Some(superseded) = self.outbox.load(id, read.collect()) {
            self.supersede(&superseded);
        }
    }

    /// Reads reports again. Returns them, and the places that cannot be read: a process that adopts their files may be
    /// able to read them.
    pub(super) fn read_places(&self, places: &[Place]) -> (Vec<Replayed>, Vec<Place>) {
        let (mut read, mut lost) = (Vec::new(), Vec::new());
        for place in places {
            let replay = self.replay.as_ref();
            match replay.and_then(|replay| replay.read_again(*place)) {
                Some(replayed) => read.push(replayed),
                None => lost.push(*place),
            }
        }
        (read, lost)
    }

    /// Applies what other processes have delivered of a task.
    fn learn(&mut self, id: &TaskId) {
        let known = self.replay.as_ref().and_then(|replay| replay.known(id));
        if let Some(delivered) = known {
            self.outbox.learn(id, delivered);
        }
    }

    pub(super) fn push(&mut self, pending: Pending) {
        let Some(outgoing) = pending.outgoing() else {
            return;
        };
        let id = outgoing.id.clone();
        self.learn(&id);
        if let Some(superseded) = self.outbox.push(id, pending) {
            self.supersede(&superseded);
        }
    }

    /// Whether all is read that was written to disk before what is in memory.
    fn has_read_spool(&self) -> bool {
        let Some((spool, replay)) = self.shared.spool.as_ref().zip(self.replay.as_ref()) else {
            return true;
        };
        replay.unread(spool.appended()) == 0
    }

    /// Takes at most `most` reports from the queue, after all earlier reports on disk have been read. A report can be
    /// in the queue although the disk has later ones, if the disk had no room for it: see
    /// [`take_in_before`](Self::take_in_before).
    pub(super) fn take_in(&mut self, most: usize) {
        for _ in 0..most {
            if !self.has_read_spool() || !self.take_one() {
                return;
            }
        }
    }

    /// Takes what callers put into the queue before this report, which is on disk.
    fn take_in_before(&mut self, sequence: Sequence) {
        for _ in 0..self.queued() {
            let Some((bytes, queued)) = self.next_queued() else {
                return;
            };
            if queued.sequence() > sequence {
                self.put_back = Some((bytes, queued));
                return;
            }
            self.push_queued(bytes, queued);
        }
    }

    /// Takes what callers have put into the queue by now, whatever is on disk.
    pub(super) fn take_in_all(&mut self) {
        for _ in 0..self.queued() {
            self.take_one();
        }
    }

    fn take_one(&mut self) -> bool {
        let next = self.next_queued();
        let is_some = next.is_some();
        if let Some((bytes, queued)) = next {
            self.push_queued(bytes, queued);
        }
        is_some
    }

    fn next_queued(&mut self) -> Option<(usize, Queued)> {
        let put_back = self.put_back.take();
        put_back.or_else(|| self.shared.queue.pop())
    }

    fn push_queued(&mut self, bytes: usize, queued: Queued) {
        self.is_busy = true;
        let ticket = queued.sequence().count;
        let outgoing = match queued {
            #[cfg(feature = "_relay")]
            Queued::Kept(kept) => {
                self.push_kept(*kept);
                self.taken(bytes);
                return;
            }
            Queued::Prepared(outgoing) => Some(outgoing),
            Queued::Captured(envelope) => self.shared.prepare(*envelope).map(Box::new),
        };
        match outgoing {
            Some(outgoing) => self.push(Pending::new(ticket, None, outgoing)),
            None => self
                .shared
                .end([ticket], Ending::SampledOut, || DeliveryOutcome::Disabled),
        }
        self.taken(bytes);
    }

    /// A report has left the queue.
    fn taken(&self, bytes: usize) {
        // In this order, so that nothing is missed meanwhile.
        let gauges = &self.shared.gauges;
        gauges
            .bytes
            .store(self.outbox.held().bytes, Ordering::Relaxed);
        self.update_spooled();
        self.update_merged();
        gauges.taken.fetch_add(1, Ordering::Release);
        self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn queued(&self) -> usize {
        usize::from(self.put_back.is_some()) + self.shared.queue.len()
    }

    /// Takes in the reports of runs that are open at their deadline, and tries all that wait at once: the process may
    /// not live for another round.
    #[cfg(feature = "tower")]
    pub(super) fn report_overdue(&mut self) {
        let now = Instant::now();
        let due = lock(&self.shared.deadlines).take_until(now);
        let reports: Vec<_> = due.iter().filter_map(|run| run.report()).collect();
        if reports.is_empty() {
            return;
        }
        for report in reports {
            self.shared.accept(report);
        }
        self.read_spool();
        self.take_in(self.queued());
        self.outbox.hurry(now);
    }

    /// Drops the oldest if that is wanted and more is in memory than may be.
    pub(super) fn make_room(&mut self) {
        if self.shared.settings.limits.overflow != Overflow::DropOldest {
            return;
        }
        while self.shared.is_over_limit()
            && let Some(pending) = self.outbox.evict()
        {
            self.discard(&pending, DropReason::QueueFull);
            self.shared.warn_full();
        }
    }

    /// Whether there is something to take in.
    pub(super) fn has_work(&self) -> bool {
        if self.is_taking_over() {
            return true;
        }
        match self.has_read_spool() {
            true => self.queued() > 0 || self.can_take_back(),
            false => can_take_in(&self.outbox, &self.shared),
        }
    }
}

/// Whether more may be read from disk. Half of the places are reserved for reports that are in memory only.
fn can_take_in(outbox: &Outbox, shared: &Shared) -> bool {
    let limits = &shared.settings.limits;
    outbox.loaded_bytes() <= limits.queue_bytes / 2
        && outbox.loaded_tasks() as u64 <= limits.queue_capacity / 2
}
