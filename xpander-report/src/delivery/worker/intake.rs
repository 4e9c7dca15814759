//! How reports come in: from disk and from callers, in the order in which they were accepted.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::{BATCH, Worker};
use crate::builder::Overflow;
use crate::delivery::Shared;
use crate::delivery::outbox::Outbox;
use crate::delivery::parcel::Parcel;
use crate::envelope::Envelope;
use crate::sequence::Sequence;
use crate::spool::{Place, Replay, Replayed, Settled, Then};
use crate::task_id::TaskId;

impl Worker {
    /// Takes reports from disk while there is room for them in memory.
    pub(super) fn read_spool(&mut self) {
        let Some(replay) = &mut self.replay else {
            return;
        };
        replay.scan(Instant::now());
        self.read_again();
        for _ in 0..BATCH {
            if !can_take_in(&self.outbox, &self.shared) {
                break;
            }
            let Some(replayed) = self.replay.as_mut().and_then(Replay::next) else {
                break;
            };
            self.is_busy = true;
            self.take_in_before(replayed.sequence);
            self.push_replayed(replayed);
        }
        self.weigh();
    }

    fn push_replayed(&mut self, replayed: Replayed) {
        let shared = Arc::clone(&self.shared);
        let counters = &shared.counters;
        let is_own = replayed.place.is_own();
        if !is_own {
            counters.adopted.add(1);
        }
        let then = replayed.then;
        let (place, id, envelope) = replayed.into_envelope();
        let settled_as = match then {
            Then::Deliver => {
                let ticket = match envelope.sequence {
                    Some(sequence) if is_own => sequence.count,
                    _ => {
                        self.adopted += 1;
                        self.adopted
                    }
                };
                let parcel = Parcel::new(ticket, Some(place), envelope);
                self.outbox.push(id, parcel).then_some(&counters.merged)
            }
            Then::Outdated => {
                self.pass_over(place, id);
                Some(&counters.merged)
            }
            Then::Expired => {
                self.pass_over(place, id);
                Some(&counters.expired)
            }
        };
        self.weigh_spooled();
        if let Some(reason) = settled_as {
            shared.settle(reason, 1);
        }
    }

    /// Does not deliver a report that was read.
    fn pass_over(&mut self, place: Place, id: TaskId) {
        let settled = Settled {
            id,
            is_named: false,
            sequence: None,
        };
        if let Some(replay) = &mut self.replay {
            replay.settle(&[place], &settled);
        }
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
            let mut is_expired = true;
            let parcels = places.filter_map(|(ticket, place)| {
                let replayed = replay.read_again(place)?;
                is_expired &= replayed.then == Then::Expired;
                let (place, _, envelope) = replayed.into_envelope();
                Some(Parcel::new(ticket, Some(place), envelope))
            });
            let mut parcels: Vec<_> = parcels.collect();
            parcels.sort_by_key(|parcel| parcel.envelope.sequence);
            // Perhaps who adopts the others can read them.
            let unread = aside.parcels.saturating_sub(parcels.len());
            self.left_behind += unread as u64;
            let Some(parcel) = parcels.into_iter().reduce(Parcel::join) else {
                continue;
            };
            let settled = parcel.settled(id.clone());
            let is_outdated = settled
                .sequence
                .is_some_and(|sequence| replay.is_outdated(&id, sequence));
            let counters = &self.shared.counters;
            let read = (aside.parcels - unread) as u64;
            let (settled_as, count) = if is_expired || is_outdated {
                let settled = Settled {
                    is_named: false,
                    ..settled
                };
                replay.settle(&parcel.places, &settled);
                let reason = match is_expired {
                    true => &counters.expired,
                    false => &counters.merged,
                };
                (reason, read)
            } else {
                let is_merged = self.outbox.push(id, parcel);
                (&counters.merged, read - 1 + u64::from(is_merged))
            };
            self.shared.settle(settled_as, count);
        }
    }

    /// Whether all is read that was written to disk before what is in memory.
    fn has_read_spool(&self) -> bool {
        let Some((spool, replay)) = self.shared.spool.as_ref().zip(self.replay.as_ref()) else {
            return true;
        };
        replay.read() >= spool.appended()
    }

    /// Takes what callers put into the queue, so many at most. What is on disk came before, but for what the disk
    /// had no room for: see [`take_in_before`](Self::take_in_before).
    pub(super) fn take_in(&mut self, most: usize) {
        for _ in 0..most {
            if !self.has_read_spool() {
                return;
            }
            let Some((bytes, envelope)) = self.take_queued() else {
                return;
            };
            self.push_queued(bytes, envelope);
        }
    }

    /// Takes what callers put into the queue before this report, which is on disk.
    fn take_in_before(&mut self, sequence: Sequence) {
        for _ in 0..self.queued() {
            let Some((bytes, envelope)) = self.take_queued() else {
                return;
            };
            if envelope.sequence.is_some_and(|at| at > sequence) {
                self.held.push_front((bytes, envelope));
                return;
            }
            self.push_queued(bytes, envelope);
        }
    }

    /// The oldest report that callers put into the queue.
    pub(super) fn take_queued(&mut self) -> Option<(usize, Box<Envelope>)> {
        let held = self.held.pop_front();
        held.or_else(|| self.shared.queue.pop())
    }

    pub(super) fn queued(&self) -> usize {
        self.held.len() + self.shared.queue.len()
    }

    pub(super) fn push_queued(&mut self, bytes: usize, mut envelope: Box<Envelope>) {
        self.shared.held.taken.fetch_add(1, Ordering::Release);
        self.is_busy = true;
        if envelope.is_redacted || !self.shared.recognise(&mut envelope) {
            self.push(envelope);
            self.weigh_bytes();
        }
        self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn push(&mut self, mut envelope: Box<Envelope>) {
        let sequence = *envelope.sequence.get_or_insert_with(Sequence::next);
        let ticket = sequence.count;
        let id = envelope.id.get_or_insert_with(|| sequence.id()).clone();
        // Of threads that report at the same time, the one that came last is the newest.
        let sequence = sequence.max(self.newest.unwrap_or(sequence));
        self.newest = Some(sequence);
        envelope.sequence = Some(sequence);
        // As on disk.
        let configured = self.shared.settings.config.agent_id();
        if let (None, Some(agent)) = (&envelope.agent_id, configured) {
            envelope.agent_id = Some(agent.to_owned());
        }
        // What another process reported may be newer, and have arrived.
        let replay = self.replay.as_ref();
        let is_outdated = replay.is_some_and(|replay| replay.is_outdated(&id, sequence));
        if is_outdated || self.outbox.push(id, Parcel::new(ticket, None, envelope)) {
            self.shared.settle(&self.shared.counters.merged, 1);
        }
    }

    /// Drops the oldest if that is wanted and more is in memory than may be.
    pub(super) fn make_room(&mut self) {
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

    /// Whether there is something to take in.
    pub(super) fn has_work(&self) -> bool {
        let returns = self.outbox.has_returning() && can_take_back(&self.outbox, &self.shared);
        let comes = match self.has_read_spool() {
            true => self.queued() > 0,
            false => can_take_in(&self.outbox, &self.shared),
        };
        returns || comes
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
