use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::retry::Backoff;
use crate::envelope::Envelope;
use crate::task_id::TaskId;

/// The reports that wait, in the order in which they may go. Knows no clock and does no I/O.
///
/// One task has one lane: at most one of its reports is on the way, and those that wait behind it
/// are laid over each other, so that an older one can never arrive after a newer one.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    lanes: HashMap<TaskId, Lane>,
    ready: VecDeque<TaskId>,
    delayed: BTreeSet<(Instant, TaskId)>,
    paused_until: Option<Instant>,
    /// The tickets of all reports that are here.
    open: BTreeSet<Ticket>,
    backoff: Backoff,
}

/// The count of reports when this one came.
pub(super) type Ticket = u64;

#[derive(Debug, Default)]
struct Lane {
    waiting: Option<Parcel>,
    on_the_way: Option<Parcel>,
}

/// Reports of one task that go as one.
#[derive(Debug)]
struct Parcel {
    envelope: Box<Envelope>,
    tickets: Vec<Ticket>,
    failures: u32,
}

impl Parcel {
    /// Lays a newer parcel over this one.
    fn update(&mut self, newer: Self) {
        self.envelope.update(*newer.envelope);
        self.tickets.extend(newer.tickets);
    }
}

impl Outbox {
    /// Takes a report with an id. Says whether it was merged with one that waits.
    pub(super) fn push(&mut self, id: TaskId, ticket: Ticket, envelope: Box<Envelope>) -> bool {
        self.open.insert(ticket);
        let parcel = Parcel {
            envelope,
            tickets: vec![ticket],
            failures: 0,
        };
        let lane = self.lanes.entry(id.clone()).or_default();
        if let Some(waiting) = &mut lane.waiting {
            waiting.update(parcel);
            return true;
        }
        lane.waiting = Some(parcel);
        if lane.on_the_way.is_none() {
            self.ready.push_back(id);
        }
        false
    }

    /// The next report that may go now. It is on the way until [`settled`](Self::settled)
    /// or [`failed`](Self::failed) says otherwise.
    pub(super) fn next(&mut self, now: Instant) -> Option<(TaskId, &Envelope)> {
        if self.paused_until.is_some_and(|until| now < until) {
            return None;
        }
        self.paused_until = None;
        while let Some((at, _)) = self.delayed.first()
            && *at <= now
            && let Some((_, id)) = self.delayed.pop_first()
        {
            self.ready.push_back(id);
        }
        let id = self.ready.pop_front()?;
        let lane = self.lanes.get_mut(&id)?;
        lane.on_the_way = lane.waiting.take();
        let parcel = lane.on_the_way.as_ref()?;
        Some((id, &parcel.envelope))
    }

    /// When [`next`](Self::next) may have something that it does not have now.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        let delayed = self.delayed.first().map(|(at, _)| *at);
        match self.paused_until {
            Some(until) if !self.ready.is_empty() => Some(until),
            Some(until) => delayed.map(|at| at.max(until)),
            None => delayed,
        }
    }

    /// The report on the way arrived, or will never. Returns the tickets of what went as one.
    pub(super) fn settled(&mut self, id: &TaskId) -> Vec<Ticket> {
        let Some(lane) = self.lanes.get_mut(id) else {
            return Vec::new();
        };
        let tickets = lane.on_the_way.take().map_or_else(Vec::new, |p| p.tickets);
        if lane.waiting.is_some() {
            self.ready.push_back(id.clone());
        } else {
            self.lanes.remove(id);
        }
        for ticket in &tickets {
            self.open.remove(ticket);
        }
        tickets
    }

    /// The report on the way did not arrive and will be tried again. What came for the same task in
    /// the meantime is laid over it; returns whether there was such.
    pub(super) fn failed(
        &mut self,
        id: TaskId,
        now: Instant,
        asked: Option<Duration>,
        luck: f64,
    ) -> bool {
        let Some(lane) = self.lanes.get_mut(&id) else {
            return false;
        };
        let Some(mut parcel) = lane.on_the_way.take() else {
            return false;
        };
        parcel.failures += 1;
        let newer = lane.waiting.take();
        let merged = newer.is_some();
        if let Some(newer) = newer {
            parcel.update(newer);
        }
        let at = now + self.backoff.wait(parcel.failures, asked, luck);
        lane.waiting = Some(parcel);
        self.delayed.insert((at, id));
        if asked.is_some() {
            self.paused_until = self.paused_until.max(Some(at));
        }
        merged
    }

    /// Makes everything ready that waits for its next try, but for what the platform asked to wait.
    pub(super) fn hurry(&mut self) {
        for (_, id) in std::mem::take(&mut self.delayed) {
            self.ready.push_back(id);
        }
    }

    /// Makes what was on the way wait again.
    pub(super) fn recover(&mut self) {
        for (id, lane) in &mut self.lanes {
            if let Some(mut parcel) = lane.on_the_way.take() {
                if let Some(newer) = lane.waiting.take() {
                    parcel.update(newer);
                }
                lane.waiting = Some(parcel);
                self.ready.push_back(id.clone());
            }
        }
    }

    /// How many reports are here that came no later than `ticket`.
    pub(super) fn open_until(&self, ticket: Ticket) -> usize {
        self.open.range(..=ticket).count()
    }

    /// Whether one is here that came no later than `ticket`.
    pub(super) fn has_open_until(&self, ticket: Ticket) -> bool {
        self.open.first().is_some_and(|first| *first <= ticket)
    }

    /// How many reports would travel if nothing more came.
    pub(super) fn parcels(&self) -> usize {
        self.lanes
            .values()
            .map(|lane| lane.waiting.iter().len() + lane.on_the_way.iter().len())
            .sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}
