//! The waiting reports, in the order in which they may be sent. The outbox knows no clock and does no I/O.
//!
//! Each task has one lane. At most one of its reports is in flight, and the reports behind it are merged, so an older
//! report never arrives after a newer one. A waiting report is ready, delayed until a time, or held until its agent is
//! accepted. If a report waits for long and is on disk, only its place stays in memory.

mod agent;
mod backoff;
mod breaker;
mod delivered;
pub(crate) mod health;
mod lane;
pub(crate) mod pending;
mod ready;
pub(crate) mod scopes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use delivered::DeliveredTasks;
use lane::{Lane, Load};
use pending::{ADOPTED, Pending, Ticket};
use ready::Ready;
use scopes::{Failure, Scopes, Wait};

use crate::envelope::outgoing::{Delivered, Outgoing};
use crate::report::task_id::TaskId;
use crate::spool::place::Place;

/// What is left of each field of content once the platform has found a report too large.
pub(crate) const MAX_CUT_BYTES: usize = 16 << 10;

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    lanes: HashMap<TaskId, Lane>,
    ready: Ready,
    delayed: BTreeSet<(Instant, TaskId)>,
    scopes: Scopes,
    /// All reports that are here, and their tasks.
    open: BTreeMap<Ticket, TaskId>,
    load: Load,
    /// The first ready report may show whether the platform is available again.
    first_is_probe: bool,
    /// The number of removed reports whose ids may still be in the lines.
    stale_ids: usize,
    delivered: DeliveredTasks,
}

/// What to do next.
#[derive(Debug)]
pub(crate) enum Next<'a> {
    /// Send this, of which so many tries failed. It is in flight until [`delivered`](Outbox::delivered), [`refused`](Outbox::refused), [`cut`](Outbox::cut)
    /// or [`failed`](Outbox::failed) says otherwise.
    Send(TaskId, u32, &'a Outgoing),
    /// Read these reports of a task, and [`load`](Outbox::load) them.
    Read(TaskId, Vec<Place>),
}

/// A report that the platform took.
#[derive(Debug)]
pub(crate) struct DeliveredReport {
    pub(crate) pending: Pending,
    /// What waited behind it and is superseded by it.
    pub(crate) superseded: Option<Pending>,
}

/// A report that waited for its agent, and has to make room.
#[derive(Debug)]
pub(crate) struct GivenUp {
    pub(crate) pending: Pending,
    /// The platform refuses reports of its agent.
    pub(crate) is_refused: bool,
}

impl Outbox {
    /// Takes a report. It is returned if the platform has all of it.
    pub(crate) fn push(&mut self, id: TaskId, pending: Pending) -> Option<Pending> {
        let pending = match self.beneath(&id, pending) {
            Ok(pending) => pending,
            Err(superseded) => return Some(superseded),
        };
        let tickets = pending.tickets().map(|ticket| (ticket, id.clone()));
        self.open.extend(tickets);
        let goes_first = self.scopes.should_go_first(pending.agent());
        let lane = self.lanes.entry(id.clone()).or_default();
        let before = lane.load();
        let was_empty = lane.is_empty();
        lane.add(pending);
        self.load = self.load.take(before).add(lane.load());
        if was_empty && goes_first {
            self.first_is_probe = true;
            self.make_next(id);
        } else if was_empty {
            self.make_ready(id);
        }
        None
    }

    /// The report that waits of this task may be sent when it is its agent's turn.
    fn make_ready(&mut self, id: TaskId) {
        if let Some(pending) = self.lanes.get(&id).and_then(Lane::next) {
            self.ready.push_back(pending.agent(), id);
        }
    }

    fn make_all_ready(&mut self, ids: Vec<TaskId>) {
        for id in ids {
            self.make_ready(id);
        }
    }

    /// The report that waits of this task is the next one.
    fn make_next(&mut self, id: TaskId) {
        if let Some(pending) = self.lanes.get(&id).and_then(Lane::next) {
            self.ready.push_front(pending.agent(), id);
        }
    }

    /// Reduces the report to the fields that the platform does not have yet. Returns the report as an error if there
    /// are none.
    fn beneath(&self, id: &TaskId, pending: Pending) -> Result<Pending, Pending> {
        // A task whose id nobody gave is in no other report.
        let is_named = pending.outgoing().is_none_or(|outgoing| outgoing.is_named);
        match is_named.then(|| self.delivered.get(id)).flatten() {
            Some(delivered) => pending.beneath(delivered),
            None => Ok(pending),
        }
    }

    /// The platform has this of a task, as another process knows.
    pub(crate) fn learn(&mut self, id: &TaskId, delivered: &Delivered) {
        self.delivered.add(id, delivered);
    }

    /// Changes a lane, and what it holds.
    fn edit<T>(&mut self, id: &TaskId, edit: impl FnOnce(&mut Lane) -> T) -> Option<T> {
        let lane = self.lanes.get_mut(id)?;
        let before = lane.load();
        let done = edit(lane);
        self.load = self.load.take(before).add(lane.load());
        Some(done)
    }

    /// How many reports may be in flight at once, of those that could be.
    pub(crate) fn window(&self, connections: usize) -> usize {
        self.scopes.window(connections)
    }

    /// The next report that may go now, or what has to be read before it can.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Next<'_>> {
        if std::mem::take(&mut self.first_is_probe) {
            self.scopes.hurry_platform(now);
        }
        if !self.scopes.admits(now) {
            return None;
        }
        self.wake(now);
        let id = loop {
            let probe = self.scopes.next_probe(now);
            let id = probe.or_else(|| self.ready.pop(|agent| self.scopes.in_flight(agent)))?;
            let lane = self.lanes.get(&id).filter(|lane| lane.in_flight.is_none());
            let Some(waiting) = lane.and_then(|lane| lane.waiting.as_ref()) else {
                continue;
            };
            let agent = waiting.agent();
            if !self.scopes.admit(agent, &id, now) {
                continue;
            }
            if waiting.has_unread() {
                let places = waiting.unread().to_vec();
                return Some(Next::Read(id, places));
            }
            self.scopes.pass(agent);
            break id;
        };
        let lane = self.lanes.get_mut(&id)?;
        lane.in_flight = lane.waiting.take();
        let pending = lane.in_flight.as_ref()?;
        Some(Next::Send(id, pending.failures, pending.outgoing()?))
    }

    /// Adds what was read of a task's reports. They are returned if the platform has all of them.
    pub(crate) fn load(&mut self, id: TaskId, read: Vec<Outgoing>) -> Option<Pending> {
        let waiting = self.edit(&id, |lane| {
            let mut waiting = lane.take_waiting()?;
            waiting.load(read);
            Some(waiting)
        })??;
        match self.beneath(&id, waiting) {
            Ok(waiting) => {
                let is_next = !self.scopes.go_next(waiting.agent(), &id);
                self.edit(&id, |lane| lane.add(waiting));
                if is_next {
                    self.make_next(id);
                }
                None
            }
            Err(superseded) => {
                self.remove_tickets(&id, &superseded);
                Some(superseded)
            }
        }
    }

    /// Removes the reports of a task that lie there and cannot be read. Returns how many.
    pub(crate) fn leave(&mut self, id: &TaskId, places: &[Place]) -> usize {
        let left = self.edit(id, |lane| {
            let waiting = lane.waiting.as_mut();
            let left = waiting.map_or_else(Vec::new, |waiting| waiting.leave(places));
            lane.waiting.take_if(|waiting| waiting.members().is_empty());
            left
        });
        let left = left.unwrap_or_default();
        for ticket in &left {
            self.open.remove(ticket);
        }
        self.remove_if_empty(id);
        left.len()
    }

    /// Takes out what waits of a task.
    pub(crate) fn remove(&mut self, id: &TaskId) -> Option<Pending> {
        let waiting = self.edit(id, Lane::take_waiting)??;
        self.remove_tickets(id, &waiting);
        self.stale_ids += 1;
        if self.stale_ids > self.lanes.len() {
            self.shorten_lines();
        }
        Some(waiting)
    }

    /// Makes ready what has waited long enough.
    fn wake(&mut self, now: Instant) {
        while let Some((at, _)) = self.delayed.first()
            && *at <= now
            && let Some((_, id)) = self.delayed.pop_first()
        {
            self.make_ready(id);
        }
    }

    /// When [`next`](Self::next) may have something that it does not have now.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        let delayed = self.delayed.first().map(|(at, _)| *at);
        self.scopes.wake_at(!self.ready.is_empty(), delayed)
    }

    /// The platform took the report in flight.
    pub(crate) fn delivered(&mut self, id: &TaskId, now: Instant) -> Option<DeliveredReport> {
        self.scopes.delivered();
        let (pending, waiting) = self.edit(id, |lane| {
            let pending = lane.take_in_flight()?;
            Some((pending, lane.take_waiting()))
        })??;
        let released = self.scopes.answered(pending.agent(), now);
        self.make_all_ready(released);
        if let Some(outgoing) = pending.outgoing().filter(|outgoing| outgoing.is_named) {
            self.delivered.add(id, &outgoing.delivered());
        }
        let superseded = match waiting.map(|waiting| self.beneath(id, waiting)) {
            Some(Ok(waiting)) => {
                self.edit(id, |lane| lane.add(waiting));
                self.make_ready(id.clone());
                None
            }
            Some(Err(superseded)) => {
                self.lanes.remove(id);
                Some(superseded)
            }
            None => {
                self.lanes.remove(id);
                None
            }
        };
        let ended = superseded.iter().chain([&pending]);
        for ticket in ended.flat_map(Pending::tickets) {
            self.open.remove(&ticket);
        }
        Some(DeliveredReport {
            pending,
            superseded,
        })
    }

    /// The platform will never take the report in flight, which is returned.
    pub(crate) fn refused(&mut self, id: &TaskId, now: Instant) -> Option<Pending> {
        self.answered(id, now);
        let pending = self.edit(id, Lane::take_in_flight)??;
        self.remove_tickets(id, &pending);
        Some(pending)
    }

    /// The platform finds the report in flight too large: cut, it may go once more. Says whether it will.
    pub(crate) fn cut(&mut self, id: &TaskId, now: Instant) -> bool {
        self.answered(id, now);
        let is_cut = self.edit(id, |lane| {
            let is_cut = lane.in_flight.as_mut().is_some_and(|pending| pending.cut());
            is_cut && lane.put_back()
        });
        if is_cut == Some(true) {
            self.make_next(id.clone());
        }
        is_cut == Some(true)
    }

    /// The platform is there, and takes reports of this task's agent.
    fn answered(&mut self, id: &TaskId, now: Instant) {
        let lane = self.lanes.get(id);
        let in_flight = lane.and_then(|lane| lane.in_flight.as_ref());
        if let Some(pending) = in_flight {
            let released = self.scopes.answered(pending.agent(), now);
            self.make_all_ready(released);
        }
    }

    /// The report is not here any more.
    fn remove_tickets(&mut self, id: &TaskId, pending: &Pending) {
        for ticket in pending.tickets() {
            self.open.remove(&ticket);
        }
        match self.lanes.get(id) {
            Some(lane) if lane.in_flight.is_none() && lane.waiting.is_some() => {
                self.make_ready(id.clone());
            }
            _ => self.remove_if_empty(id),
        }
    }

    fn remove_if_empty(&mut self, id: &TaskId) {
        let lane = self.lanes.get(id);
        if lane.is_some_and(Lane::is_empty) {
            self.lanes.remove(id);
        }
    }

    /// Gives up the oldest report that waits in memory only.
    pub(crate) fn evict(&mut self) -> Option<Pending> {
        let is_in_memory = |id: &&TaskId| {
            let lane = self.lanes.get(*id);
            let lane = lane.filter(|lane| lane.in_flight.is_none());
            let waiting = lane.and_then(|lane| lane.waiting.as_ref());
            waiting.is_some_and(|waiting| waiting.is_in_memory())
        };
        let id = self.open.values().find(is_in_memory)?.clone();
        self.remove(&id)
    }

    /// Makes room for other reports: at most `most` reports that wait for their agents may be in memory, and at most
    /// `most_bytes` of them. Beyond that, the oldest are parked if they are on disk. If they are not, they are removed
    /// and returned one by one.
    pub(crate) fn relieve(&mut self, most: usize, most_bytes: usize) -> Option<GivenUp> {
        if self.scopes.held_count() <= most && self.loaded_bytes() <= most_bytes {
            return None;
        }
        // If no agent's reports arrive, no other report needs the room.
        let only_refused = !self.scopes.has_good();
        let held_bytes = match self.loaded_bytes() > most_bytes {
            true => self.held_bytes(only_refused),
            false => 0,
        };
        let loaded_bytes = self.loaded_bytes();
        loop {
            let relieved = loaded_bytes.saturating_sub(self.loaded_bytes());
            let left_bytes = held_bytes.saturating_sub(relieved);
            let held = self.scopes.held(only_refused).count();
            if held <= most && left_bytes <= most_bytes {
                return None;
            }
            let (agent, id) = self.scopes.most_crowded(only_refused)?;
            let lane = self.lanes.get(&id).filter(|lane| lane.in_flight.is_none());
            match lane.and_then(|lane| lane.waiting.as_ref()) {
                None => self.scopes.remove_oldest(&agent),
                Some(waiting) if waiting.is_spooled() => {
                    self.edit(&id, |lane| {
                        if let Some(waiting) = &mut lane.waiting {
                            waiting.park();
                        }
                    });
                    self.scopes.park_oldest(&agent);
                }
                Some(_) => {
                    self.scopes.remove_oldest(&agent);
                    return Some(GivenUp {
                        pending: self.remove(&id)?,
                        is_refused: self.scopes.is_refused(&agent),
                    });
                }
            }
        }
    }

    /// Removes and returns the oldest report of the agent with the most waiting reports, if more than `most` reports
    /// wait for agents that fail while other agents do not.
    #[cfg(feature = "_relay")]
    pub(crate) fn relieve_reports(&mut self, most: usize) -> Option<Pending> {
        loop {
            let only_refused = !self.scopes.has_good();
            let held = self.scopes.held(only_refused);
            let held = held.filter_map(|id| self.waiting(id));
            if held.map(|waiting| waiting.members().len()).sum::<usize>() <= most {
                return None;
            }
            let (agent, id) = self.scopes.most_crowded(only_refused)?;
            self.scopes.remove_oldest(&agent);
            let lane = self.lanes.get(&id);
            if lane.is_some_and(|lane| lane.in_flight.is_none() && lane.waiting.is_some()) {
                return self.remove(&id);
            }
        }
    }

    fn held_bytes(&self, only_refused: bool) -> usize {
        let held = self.scopes.held(only_refused);
        let lanes = held.filter_map(|id| self.lanes.get(id));
        lanes.map(|lane| lane.load().bytes).sum()
    }

    /// Whether a report of this agent must stay on disk, because the positions of parked reports already take more than
    /// `most_bytes`.
    pub(crate) fn must_stay_on_disk(&self, agent: &str, most_bytes: usize) -> bool {
        self.load.parked_bytes > most_bytes && self.scopes.is_failing(agent)
    }

    /// Removes the ids of removed reports from the lines. While nothing is sent, nothing else removes them.
    fn shorten_lines(&mut self) {
        self.stale_ids = 0;
        let is_here = |id: &TaskId| self.lanes.contains_key(id);
        self.ready.retain(is_here);
        self.delayed.retain(|(_, id)| is_here(id));
        self.scopes.retain(is_here);
    }

    /// The tasks whose waiting reports are not completely on disk.
    pub(crate) fn unspooled(&self) -> Vec<TaskId> {
        let is_unspooled = |lane: &Lane| {
            let waiting = lane.waiting.as_ref();
            waiting.is_some_and(|waiting| !waiting.is_spooled())
        };
        let lanes = self.lanes.iter();
        let unspooled = lanes.filter(|(_, lane)| is_unspooled(lane));
        unspooled.map(|(id, _)| id.clone()).collect()
    }

    /// Writes the waiting reports of a task to disk and keeps them in memory. `write` returns the place, or `None`
    /// after an error.
    pub(crate) fn save(&mut self, id: &TaskId, write: impl FnOnce(&Outgoing) -> Option<Place>) {
        self.edit(id, |lane| {
            let waiting = lane.waiting.as_mut();
            if let Some(waiting) = waiting
                && let Some(place) = waiting.outgoing().and_then(write)
            {
                waiting.saved(place);
            }
        });
    }

    /// The report in flight did not arrive and will be tried again, merged with what came in the meantime.
    pub(crate) fn failed(&mut self, id: TaskId, now: Instant, failure: Failure, jitter: f64) {
        let in_flight = self.edit(&id, |lane| {
            let pending = lane.in_flight.as_mut()?;
            pending.failures += u32::from(failure.refusal.is_none());
            let (agent, failures) = (pending.agent().to_owned(), pending.failures);
            lane.put_back();
            Some((agent, failures))
        });
        let Some((agent, failures)) = in_flight.flatten() else {
            return;
        };
        match self.scopes.failed(&agent, failures, failure, now, jitter) {
            Wait::Agent => {
                let must_park = self.scopes.has_parked(&agent);
                let is_parked = self.edit(&id, |lane| {
                    let waiting = lane.waiting.as_mut();
                    let waiting = waiting.filter(|waiting| must_park && waiting.is_spooled());
                    waiting.map(|waiting| waiting.park())
                });
                let is_parked = is_parked.flatten().is_some();
                self.scopes.put_back(&agent, id, is_parked);
            }
            Wait::Platform => self.make_next(id),
            Wait::Until(at) => drop(self.delayed.insert((at, id))),
        }
    }

    /// Whether most reports of some agent arrive.
    pub(crate) fn has_good(&self) -> bool {
        self.scopes.has_good()
    }

    /// Whether there are reports of several agents, so that one may be in the way of another.
    pub(crate) fn has_several(&self) -> bool {
        self.scopes.has_several()
    }

    /// Whether reports wait for a connection that may be of other agents than those in flight.
    pub(crate) fn has_others(&self) -> bool {
        !self.ready.is_empty() && self.scopes.has_several()
    }

    /// The agent of the report in flight, or of what waits.
    pub(crate) fn agent(&self, id: &TaskId) -> Option<&str> {
        let lane = self.lanes.get(id)?;
        lane.pending().next().map(Pending::agent)
    }

    /// Whether next to none of this agent's reports arrive.
    pub(crate) fn is_failing(&self, agent: &str) -> bool {
        self.scopes.is_failing(agent)
    }

    /// Makes everything ready that waits for its next try, but for what the platform asked to wait.
    pub(crate) fn hurry(&mut self, now: Instant) {
        for (_, id) in std::mem::take(&mut self.delayed) {
            self.make_ready(id);
        }
        self.scopes.hurry(now);
    }

    /// Makes what was in flight wait again.
    pub(crate) fn recover(&mut self, now: Instant) {
        self.scopes.recover(now);
        let ids: Vec<_> = self.lanes.keys().cloned().collect();
        for id in ids {
            if self.edit(&id, Lane::put_back) == Some(true) {
                self.make_ready(id);
            }
        }
    }

    /// Whether nothing will go for long, because the key is refused and nothing is in flight to ask again.
    pub(crate) fn is_refused(&self) -> bool {
        self.scopes.is_key_refused()
    }

    /// Whether reports may go, as far as the platform is concerned.
    #[cfg(feature = "_relay")]
    pub(crate) fn admits(&self, now: Instant) -> bool {
        self.scopes.admits(now)
    }

    /// Whether the platform refused the key when it was asked last.
    #[cfg(feature = "_relay")]
    pub(crate) fn has_refused_key(&self) -> bool {
        self.scopes.has_refused_key()
    }

    /// All that is here.
    #[cfg(feature = "_relay")]
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Pending> {
        self.lanes.values().flat_map(Lane::pending)
    }

    /// What waits of a task.
    #[cfg(feature = "_relay")]
    pub(crate) fn waiting(&self, id: &TaskId) -> Option<&Pending> {
        self.lanes.get(id)?.waiting.as_deref()
    }

    /// How many reports are here that came no later than `ticket`: those that lie on disk, and the others.
    pub(crate) fn open_until(&self, ticket: Ticket) -> (u64, u64) {
        let (mut spooled, mut others) = (0, 0);
        for id in self.open.range(..=ticket).map(|(_, id)| id) {
            let lane = self.lanes.get(id);
            let mut pending = lane.into_iter().flat_map(Lane::pending);
            if pending.all(Pending::is_spooled) {
                spooled += 1;
            } else {
                others += 1;
            }
        }
        (spooled, others)
    }

    /// Whether one is here that came no later than `ticket`.
    pub(crate) fn has_open_until(&self, ticket: Ticket) -> bool {
        let first = self.open.first_key_value();
        first.is_some_and(|(first, _)| *first <= ticket)
    }

    /// How many tasks have reports in memory, about.
    pub(crate) fn loaded_tasks(&self) -> usize {
        self.lanes.len().saturating_sub(self.load.parked)
    }

    /// When the oldest report came; of those that came to other processes, the one that was read first counts.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        let own = self.open.first_key_value();
        let adopted = self.open.range(ADOPTED..).next();
        let ids = own.into_iter().chain(adopted).map(|(_, id)| id);
        let lanes = ids.filter_map(|id| self.lanes.get(id));
        let pending = lanes.flat_map(Lane::pending);
        pending.map(|pending| pending.since).min()
    }

    /// Whether what waits of a task is on disk only.
    pub(crate) fn is_parked(&self, id: &TaskId) -> bool {
        let lane = self.lanes.get(id);
        let waiting = lane.and_then(|lane| lane.waiting.as_ref());
        waiting.is_some_and(|waiting| waiting.is_parked())
    }

    /// What all of them hold.
    pub(crate) fn held(&self) -> Load {
        self.load
    }

    /// How many bytes of reports are in memory.
    pub(crate) fn loaded_bytes(&self) -> usize {
        self.load.bytes - self.load.parked_bytes
    }

    /// How many reports are here.
    pub(crate) fn reports(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// How many ids stand in line.
    #[cfg(test)]
    pub(crate) fn in_line(&self) -> usize {
        self.ready.len() + self.delayed.len() + self.scopes.in_line()
    }
}

#[cfg(test)]
mod tests;
