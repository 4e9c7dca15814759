use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::aside::{Aside, SetAside};
use super::gate::Gate;
use super::lane::{Lane, Load};
use super::parcel::{ADOPTED, Agent, Parcel, Ticket};
use super::retry::{Backoff, Refusal};
use crate::envelope::Envelope;
use crate::task_id::TaskId;

/// What is left of each field of content once the platform has found a report too large.
const CUT: usize = 16 << 10;

/// Tries in a row that failed before the platform is taken to be away.
const OUTAGE: u32 = 3;

/// The reports that wait, in the order in which they may go. Knows no clock and does no I/O.
///
/// One task has one lane: at most one of its reports is on the way, and those that wait behind it
/// are laid over each other, so that an older one can never arrive after a newer one.
///
/// While the platform is away, or refuses the key or an agent, nothing but one report at a time goes
/// ahead to see whether that is over; after it as many go as were answered, until all may.
#[derive(Debug)]
pub(super) struct Outbox {
    lanes: HashMap<TaskId, Lane>,
    ready: VecDeque<TaskId>,
    delayed: BTreeSet<(Instant, TaskId)>,
    /// The gate that all reports pass.
    platform: Gate,
    /// Whether it is shut because the key is refused.
    is_key_refused: bool,
    /// Agents whose reports are refused.
    agents: HashMap<Agent, Refused>,
    /// Tries that failed since one was answered.
    failures: u32,
    /// How many may be on the way at once, after an outage.
    window: usize,
    /// All reports that are here, and their tasks.
    open: BTreeMap<Ticket, TaskId>,
    load: Load,
    /// How many were given up whose ids may still stand in line.
    gone: usize,
    /// What waits on disk only.
    aside: SetAside,
    backoff: Backoff,
}

/// What waits because its agent's reports are refused.
#[derive(Debug, Default)]
struct Refused {
    gate: Gate,
    held: VecDeque<TaskId>,
    aside: VecDeque<TaskId>,
}

/// Why a report did not arrive, and will be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) refusal: Option<Refusal>,
    /// The wait that the platform asks for.
    pub(super) asked: Option<Duration>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            delayed: BTreeSet::new(),
            platform: Gate::default(),
            is_key_refused: false,
            agents: HashMap::new(),
            failures: 0,
            window: usize::MAX,
            open: BTreeMap::new(),
            load: Load::default(),
            gone: 0,
            aside: SetAside::default(),
            backoff: Backoff::default(),
        }
    }
}

impl Outbox {
    /// Takes a report. Says whether it was merged with one that waits.
    pub(super) fn push(&mut self, id: TaskId, parcel: Parcel) -> bool {
        let tickets = parcel.tickets.iter();
        self.open
            .extend(tickets.map(|ticket| (*ticket, id.clone())));
        let is_in_lane = self.lanes.contains_key(&id);
        if !is_in_lane && parcel.is_spooled() && self.aside.has(&id, &parcel.envelope.agent_id) {
            self.set_aside(id, parcel);
            return false;
        }
        self.lanes.entry(id.clone()).or_default();
        let merged = self.edit(&id, |lane| {
            if let Some(waiting) = &mut lane.waiting
                && waiting.envelope.sequence > parcel.envelope.sequence
            {
                waiting.expect_late();
            }
            (lane.add(parcel), lane.on_the_way.is_none())
        });
        if let Some((false, true)) = merged {
            self.ready.push_back(id);
        }
        merged.is_some_and(|(merged, _)| merged)
    }

    /// Changes a lane, and what it weighs.
    fn edit<T>(&mut self, id: &TaskId, edit: impl FnOnce(&mut Lane) -> T) -> Option<T> {
        let lane = self.lanes.get_mut(id)?;
        let before = lane.load();
        let done = edit(lane);
        self.load = self.load.take(before).add(lane.load());
        Some(done)
    }

    /// How many reports may be on the way at once, of those that could be.
    pub(super) fn window(&self, connections: usize) -> usize {
        connections.min(self.window)
    }

    /// The next report that may go now. It is on the way until [`arrived`](Self::arrived),
    /// [`refused`](Self::refused) or [`failed`](Self::failed) says otherwise.
    pub(super) fn next(&mut self, now: Instant) -> Option<(TaskId, &Envelope)> {
        if !self.platform.is_open(now) {
            return None;
        }
        self.wake(now);
        let id = loop {
            let id = self.ready.pop_front()?;
            let lane = self.lanes.get(&id);
            let waiting = lane
                .filter(|lane| lane.on_the_way.is_none())
                .and_then(|lane| lane.waiting.as_ref());
            let Some(waiting) = waiting else {
                continue;
            };
            match self.agents.get_mut(&waiting.envelope.agent_id) {
                Some(refused) if !refused.gate.is_open(now) => refused.held.push_back(id),
                Some(refused) => {
                    refused.gate.pass();
                    break id;
                }
                None => break id,
            }
        };
        self.platform.pass();
        let lane = self.lanes.get_mut(&id)?;
        lane.on_the_way = lane.waiting.take();
        let parcel = lane.on_the_way.as_ref()?;
        Some((id, &parcel.envelope))
    }

    /// Makes ready what has waited long enough.
    fn wake(&mut self, now: Instant) {
        while let Some((at, _)) = self.delayed.first()
            && *at <= now
            && let Some((_, id)) = self.delayed.pop_first()
        {
            self.ready.push_back(id);
        }
        for refused in self.agents.values_mut() {
            if refused.gate.is_open(now) {
                match refused.held.pop_front() {
                    Some(id) => self.ready.push_back(id),
                    None if self.aside.has_returning() => {}
                    None => self.aside.let_return(refused.aside.pop_front()),
                }
            }
        }
    }

    /// When [`next`](Self::next) may have something that it does not have now.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        if self.platform.is_probed() {
            return None;
        }
        let delayed = self.delayed.first().map(|(at, _)| *at);
        // One that comes back from disk is on its way already.
        let comes_back = self.aside.has_returning();
        let has_some = |refused: &&Refused| {
            !refused.held.is_empty() || !refused.aside.is_empty() && !comes_back
        };
        let refused = self.agents.values().filter(has_some);
        let refused = refused.filter_map(|refused| refused.gate.opens_at());
        let next = delayed.into_iter().chain(refused).min();
        match self.platform.opens_at() {
            Some(opens) if !self.ready.is_empty() => Some(opens),
            Some(opens) => next.map(|at| at.max(opens)),
            None => next,
        }
    }

    /// The platform took the report on the way, which is returned.
    pub(super) fn arrived(&mut self, id: &TaskId) -> Option<Parcel> {
        self.answered(id);
        if self.window < usize::MAX / 2 {
            self.window *= 2;
        }
        self.settled(id)
    }

    /// The platform will never take the report on the way, which is returned.
    pub(super) fn refused(&mut self, id: &TaskId) -> Option<Parcel> {
        self.answered(id);
        self.settled(id)
    }

    /// The platform finds the report on the way too large: cut, it may go once more. Says whether it will, and
    /// whether what came for the same task in the meantime is laid over it.
    pub(super) fn cut(&mut self, id: &TaskId) -> Option<bool> {
        self.answered(id);
        let merged = self.edit(id, |lane| {
            let mut parcel = lane.on_the_way.take_if(|parcel| !parcel.is_cut)?;
            parcel.is_cut = true;
            let max_bytes = &mut parcel.envelope.max_bytes;
            *max_bytes = Some(max_bytes.map_or(CUT, |bytes| bytes.min(CUT)));
            Some(lane.add(parcel))
        })??;
        self.ready.push_front(id.clone());
        Some(merged)
    }

    /// The platform is there, and takes reports of this task's agent.
    fn answered(&mut self, id: &TaskId) {
        self.failures = 0;
        self.is_key_refused = false;
        self.platform.open();
        let agent = self.agent_on_the_way(id);
        if let Some(refused) = agent.and_then(|agent| self.agents.remove(&agent)) {
            self.ready.extend(refused.held);
            self.aside.let_return(refused.aside);
        }
    }

    fn agent_on_the_way(&self, id: &TaskId) -> Option<Agent> {
        let parcel = self.lanes.get(id)?.on_the_way.as_ref()?;
        Some(parcel.envelope.agent_id.clone())
    }

    fn settled(&mut self, id: &TaskId) -> Option<Parcel> {
        let parcel = self.edit(id, |lane| lane.on_the_way.take())??;
        self.forget(id, &parcel);
        Some(parcel)
    }

    fn forget(&mut self, id: &TaskId, parcel: &Parcel) {
        for ticket in &parcel.tickets {
            self.open.remove(ticket);
        }
        match self.lanes.get(id) {
            Some(lane) if lane.on_the_way.is_some() => {}
            Some(lane) if lane.waiting.is_some() => self.ready.push_back(id.clone()),
            _ => drop(self.lanes.remove(id)),
        }
    }

    /// Gives up the oldest report that waits and does not lie on disk.
    pub(super) fn evict(&mut self) -> Option<Parcel> {
        let waiting = |id: &&TaskId| {
            let lane = self.lanes.get(*id);
            let waiting = lane.filter(|lane| lane.on_the_way.is_none());
            waiting
                .and_then(|lane| lane.waiting.as_ref())
                .is_some_and(|parcel| parcel.places.is_empty())
        };
        let id = self.open.values().find(waiting)?.clone();
        let parcel = self.edit(&id, |lane| lane.waiting.take())??;
        self.forget(&id, &parcel);
        self.gone += 1;
        if self.gone > self.lanes.len() {
            self.shorten_lines();
        }
        Some(parcel)
    }

    /// Of reports whose agents are refused, so many may wait here, and so many bytes of them: they must not take
    /// the place of all others. The oldest of the rest are set aside if they lie on disk, and given up one by one
    /// if they do not.
    pub(super) fn give_up(&mut self, most: usize, most_bytes: usize) -> Option<(TaskId, Parcel)> {
        loop {
            let held = self.agents.values().map(|refused| refused.held.len());
            let is_crowded = held.sum::<usize>() > most
                || self.load.bytes > most_bytes && self.held_bytes() > most_bytes;
            if !is_crowded {
                return None;
            }
            let refused = self.agents.values_mut();
            let crowded = refused.max_by_key(|refused| refused.held.len())?;
            let id = crowded.held.pop_front()?;
            let waiting = self.edit(&id, |lane| match lane.on_the_way {
                Some(_) => None,
                None => lane.waiting.take(),
            });
            let Some(Some(parcel)) = waiting else {
                continue;
            };
            if !parcel.is_spooled() {
                self.forget(&id, &parcel);
                return Some((id, parcel));
            }
            self.lanes.remove(&id);
            self.set_aside(id, parcel);
        }
    }

    fn held_bytes(&self) -> usize {
        let held = self.agents.values().flat_map(|refused| &refused.held);
        let lanes = held.filter_map(|id| self.lanes.get(id));
        lanes.map(|lane| lane.load().bytes).sum()
    }

    /// Keeps no account of what was set aside beyond so many bytes of it. Returns how many parcels those were.
    pub(super) fn leave_aside(&mut self, most_bytes: usize) -> usize {
        let mut left = 0;
        while self.aside.bytes() > most_bytes {
            let mut refused = self.agents.values_mut();
            let Some(id) = refused.find_map(|refused| refused.aside.pop_front()) else {
                break;
            };
            if let Some(aside) = self.aside.take(&id) {
                left += aside.parcels;
                for ticket in &aside.tickets {
                    self.open.remove(ticket);
                }
            }
        }
        left
    }

    fn set_aside(&mut self, id: TaskId, parcel: Parcel) {
        let agent = parcel.envelope.agent_id.clone();
        if self.aside.put(id.clone(), parcel) {
            let refused = self.agents.entry(agent).or_default();
            refused.aside.push_back(id);
        }
    }

    /// The next of those set aside that may go again. It has to be read from disk, and [`push`](Self::push)ed.
    pub(super) fn take_returning(&mut self) -> Option<(TaskId, Aside)> {
        let (id, aside) = self.aside.take_returning()?;
        for ticket in &aside.tickets {
            self.open.remove(ticket);
        }
        Some((id, aside))
    }

    /// Whether one that was set aside may go again.
    pub(super) fn has_returning(&self) -> bool {
        self.aside.has_returning()
    }

    /// Takes out of the lines what is not here any more: while nothing goes, nothing else does.
    fn shorten_lines(&mut self) {
        self.gone = 0;
        let lanes = &self.lanes;
        self.ready.retain(|id| lanes.contains_key(id));
        self.delayed.retain(|(_, id)| lanes.contains_key(id));
        for refused in self.agents.values_mut() {
            refused.held.retain(|id| lanes.contains_key(id));
        }
    }

    /// Takes out what does not lie on disk whole and is not on the way.
    pub(super) fn take_unspooled(&mut self) -> Vec<(TaskId, Parcel)> {
        let ids: Vec<_> = self.lanes.keys().cloned().collect();
        let mut taken = Vec::new();
        for id in ids {
            let waiting = self.edit(&id, |lane| {
                lane.waiting.take_if(|parcel| !parcel.is_spooled())
            });
            if let Some(Some(parcel)) = waiting {
                self.forget(&id, &parcel);
                taken.push((id, parcel));
            }
        }
        taken
    }

    /// The report on the way did not arrive and will be tried again. What came for the same task in
    /// the meantime is laid over it; returns whether there was such.
    pub(super) fn failed(&mut self, id: TaskId, now: Instant, failure: Failure, luck: f64) -> bool {
        let agent = self.agent_on_the_way(&id);
        let put_back = self.edit(&id, |lane| {
            let mut parcel = lane.on_the_way.take()?;
            if failure.refusal.is_none() {
                parcel.failures += 1;
            }
            Some((parcel.failures, lane.add(parcel)))
        });
        let Some(Some((failures, merged))) = put_back else {
            return false;
        };
        if failure.refusal != Some(Refusal::Agent) {
            self.not_answered(agent.as_ref(), now, luck);
        }
        match (failure.refusal, agent) {
            (Some(Refusal::Agent), Some(agent)) => {
                // The platform is there all the same.
                self.failures = 0;
                self.is_key_refused = false;
                self.platform.open();
                let refused = self.agents.entry(agent).or_default();
                let wait = Backoff::REFUSAL.wait(refused.gate.failures_now(), failure.asked, luck);
                refused.gate.shut(now, wait, false);
                refused.held.push_front(id);
            }
            (Some(_), _) => {
                let wait = Backoff::REFUSAL.wait(self.platform.failures_now(), failure.asked, luck);
                self.platform.shut(now, wait, false);
                self.is_key_refused = true;
                self.ready.push_front(id);
            }
            (None, _) => {
                let wait = self.backoff.wait(failures, failure.asked, luck);
                self.is_key_refused = false;
                self.delayed.insert((now + wait, id));
                self.outage(now, failure.asked, wait, luck);
            }
        }
        merged
    }

    /// What had gone ahead for an agent whose reports are refused did not learn whether they still are.
    fn not_answered(&mut self, agent: Option<&Agent>, now: Instant, luck: f64) {
        let refused = agent.and_then(|agent| self.agents.get_mut(agent));
        if let Some(refused) = refused.filter(|refused| refused.gate.is_probed()) {
            let wait = Backoff::REFUSAL.wait(refused.gate.failures_now(), None, luck);
            refused.gate.shut(now, wait, false);
        }
    }

    /// A try failed for a reason that may be everybody's.
    fn outage(&mut self, now: Instant, asked: Option<Duration>, wait: Duration, luck: f64) {
        self.failures = self.failures.saturating_add(1);
        if asked.is_some() {
            self.platform.shut(now, wait, true);
        } else if self.failures >= OUTAGE || self.platform.is_probed() {
            let wait = self.backoff.wait(self.platform.failures_now(), None, luck);
            self.platform.shut(now, wait, false);
        }
        if self.failures >= OUTAGE || asked.is_some() {
            self.window = 1;
        }
    }

    /// Makes everything ready that waits for its next try, but for what the platform asked to wait.
    pub(super) fn hurry(&mut self, now: Instant) {
        for (_, id) in std::mem::take(&mut self.delayed) {
            self.ready.push_back(id);
        }
        self.platform.hurry(now);
        for refused in self.agents.values_mut() {
            refused.gate.hurry(now);
        }
    }

    /// Makes what was on the way wait again. Returns how many were merged with what came in the meantime.
    pub(super) fn recover(&mut self, now: Instant) -> u64 {
        self.platform.recover(now);
        for refused in self.agents.values_mut() {
            refused.gate.recover(now);
        }
        let ids: Vec<_> = self.lanes.keys().cloned().collect();
        let mut merged = 0;
        for id in ids {
            let put_back = self.edit(&id, |lane| {
                let parcel = lane.on_the_way.take()?;
                Some(lane.add(parcel))
            });
            if let Some(Some(is_merged)) = put_back {
                merged += u64::from(is_merged);
                self.ready.push_back(id);
            }
        }
        merged
    }

    /// Whether nothing will go for long, because the key is refused and none is on the way to ask again.
    pub(super) fn is_refused(&self) -> bool {
        self.is_key_refused && self.platform.opens_at().is_some()
    }

    /// How many reports are here that came no later than `ticket`: those that lie on disk, and the others.
    pub(super) fn open_until(&self, ticket: Ticket) -> (u64, u64) {
        let (mut spooled, mut others) = (0, 0);
        for id in self.open.range(..=ticket).map(|(_, id)| id) {
            let lane = self.lanes.get(id);
            let mut parcels = lane.into_iter().flat_map(Lane::parcels);
            if parcels.all(Parcel::is_spooled) {
                spooled += 1;
            } else {
                others += 1;
            }
        }
        (spooled, others)
    }

    /// Whether one is here that came no later than `ticket`.
    pub(super) fn has_open_until(&self, ticket: Ticket) -> bool {
        self.open
            .first_key_value()
            .is_some_and(|(first, _)| *first <= ticket)
    }

    /// How many tasks have reports here.
    pub(super) fn tasks(&self) -> usize {
        self.lanes.len()
    }

    /// How many reports would travel if nothing more came.
    #[cfg(test)]
    fn parcels(&self) -> usize {
        self.load.parcels
    }

    /// How many ids stand in line.
    #[cfg(test)]
    pub(super) fn in_line(&self) -> usize {
        let held = self.agents.values().map(|refused| refused.held.len());
        self.ready.len() + self.delayed.len() + held.sum::<usize>()
    }

    /// When the oldest report came; of those that came to other processes, the one that was read first counts.
    pub(super) fn oldest(&self) -> Option<Duration> {
        let own = self.open.first_key_value();
        let adopted = self.open.range(ADOPTED..).next();
        let ids = own.into_iter().chain(adopted).map(|(_, id)| id);
        let times = ids.flat_map(|id| {
            let parcels = self.lanes.get(id).into_iter().flat_map(Lane::parcels);
            let since = parcels.filter_map(|parcel| parcel.since);
            since.chain(self.aside.since(id)).min()
        });
        times.min()
    }

    /// How many bytes all of them hold.
    pub(super) fn bytes(&self) -> usize {
        self.bytes_here() + self.aside.bytes()
    }

    /// How many bytes those hold that were not set aside.
    pub(super) fn bytes_here(&self) -> usize {
        self.load.bytes
    }

    /// How many that would travel lie on disk whole.
    pub(super) fn spooled(&self) -> usize {
        self.load.spooled + self.aside.parcels()
    }

    /// How many that would travel do not.
    pub(super) fn unspooled(&self) -> usize {
        self.load.parcels - self.load.spooled
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests;
