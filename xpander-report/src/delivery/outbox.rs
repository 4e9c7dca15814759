use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::gate::Gate;
use super::retry::{Backoff, Refusal};
use crate::envelope::Envelope;
use crate::spool::{Place, Settled};
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
    /// What waits on disk only, of each task together, so that it comes back in order.
    aside: HashMap<TaskId, Aside>,
    /// How many parcels that were.
    aside_parcels: usize,
    /// Those of it that may go again.
    returning: VecDeque<TaskId>,
    backoff: Backoff,
}

/// The count of reports when this one came. Those that came to another process have no part in it: theirs
/// are beyond [`ADOPTED`].
pub(super) type Ticket = u64;

/// What keeping account of one costs in bytes, about.
pub(super) const TICKET: usize = 128;

/// What a parcel that was set aside costs in bytes, about.
const ASIDE: usize = 2 * TICKET;

/// The first ticket of reports that another process accepted.
pub(super) const ADOPTED: Ticket = 1 << 63;

/// The agent that a report names; none: the configuration's.
type Agent = Option<String>;

#[derive(Debug, Default)]
struct Lane {
    waiting: Option<Parcel>,
    on_the_way: Option<Parcel>,
}

/// Reports of one task that go as one.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) envelope: Box<Envelope>,
    pub(super) tickets: Vec<Ticket>,
    /// Where they lie on disk, those that do.
    pub(super) places: Vec<Place>,
    bytes: usize,
    failures: u32,
    /// Its content was cut, because the platform found it too large.
    is_cut: bool,
    /// What it is made of, if some of it came late.
    layers: Option<Box<Layers>>,
}

/// Reports of one task that came late, and those that came in their turn and lie over them. What comes late next
/// lies between the two.
#[derive(Debug)]
struct Layers {
    late: Option<Envelope>,
    in_turn: Envelope,
}

/// What parcels weigh together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Load {
    bytes: usize,
    parcels: usize,
    /// Those of them that lie on disk whole.
    spooled: usize,
}

/// What waits because its agent's reports are refused.
#[derive(Debug, Default)]
struct Refused {
    gate: Gate,
    held: VecDeque<TaskId>,
    aside: VecDeque<TaskId>,
}

/// Reports of one task that wait on disk only.
#[derive(Debug, Default)]
pub(super) struct Aside {
    pub(super) tickets: Vec<Ticket>,
    pub(super) places: Vec<Place>,
    /// How many parcels they were.
    pub(super) parcels: u64,
    agent: Agent,
    /// When they came.
    at: Duration,
}

/// Why a report did not arrive, and will be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) refusal: Option<Refusal>,
    /// The wait that the platform asks for.
    pub(super) asked: Option<Duration>,
}

impl Parcel {
    pub(super) fn new(ticket: Ticket, place: Option<Place>, envelope: Box<Envelope>) -> Self {
        Self {
            bytes: envelope.bytes() + TICKET,
            envelope,
            tickets: vec![ticket],
            places: Vec::from_iter(place),
            failures: 0,
            is_cut: false,
            layers: None,
        }
    }

    /// Makes one of two: the newer is laid over the older.
    pub(super) fn join(mut self, other: Self) -> Self {
        if other.envelope.sequence < self.envelope.sequence {
            return other.join(self);
        }
        let max_bytes = [self.envelope.max_bytes, other.envelope.max_bytes];
        match (&mut self.layers, other.layers) {
            (_, Some(mut layers)) => {
                layers.slip_under(*self.envelope);
                *self.envelope = layers.together();
                self.layers = Some(layers);
            }
            (Some(layers), None) => {
                layers.in_turn.update(*other.envelope);
                *self.envelope = layers.together();
            }
            (None, None) => self.envelope.update(*other.envelope),
        }
        self.envelope.max_bytes = max_bytes.into_iter().flatten().min();
        self.tickets.extend(other.tickets);
        self.places.extend(other.places);
        self.weigh();
        self.failures = self.failures.max(other.failures);
        self.is_cut |= other.is_cut;
        self
    }

    /// Prepares for a report that is older than this one, and may be followed by more that are.
    fn expect_late(&mut self) {
        if self.layers.is_none() {
            self.layers = Some(Box::new(Layers {
                late: None,
                in_turn: (*self.envelope).clone(),
            }));
        }
    }

    fn weigh(&mut self) {
        let layers = self.layers.as_ref().map_or(0, |layers| layers.bytes());
        self.bytes = self.envelope.bytes() + layers + self.tickets.len() * TICKET;
    }

    /// Whether all of it lies on disk.
    pub(super) fn is_spooled(&self) -> bool {
        self.places.len() == self.tickets.len()
    }

    fn load(&self) -> Load {
        Load {
            bytes: self.bytes,
            parcels: 1,
            spooled: self.is_spooled().into(),
        }
    }

    pub(super) fn settled(&self, id: TaskId) -> Settled {
        Settled {
            id,
            is_named: self.envelope.is_named,
            sequence: self.envelope.sequence,
        }
    }
}

impl Layers {
    fn slip_under(&mut self, late: Envelope) {
        self.late = Some(match self.late.take() {
            Some(mut other) if other.sequence < late.sequence => {
                other.update(late);
                other
            }
            Some(other) => {
                let mut late = late;
                late.update(other);
                late
            }
            None => late,
        });
    }

    fn together(&self) -> Envelope {
        let Some(late) = &self.late else {
            return self.in_turn.clone();
        };
        let mut together = late.clone();
        together.update(self.in_turn.clone());
        together
    }

    fn bytes(&self) -> usize {
        self.late.as_ref().map_or(0, Envelope::bytes) + self.in_turn.bytes()
    }
}

impl Lane {
    fn parcels(&self) -> impl Iterator<Item = &Parcel> {
        self.on_the_way.iter().chain(&self.waiting)
    }

    fn load(&self) -> Load {
        self.parcels()
            .map(Parcel::load)
            .fold(Load::default(), Load::add)
    }

    /// Adds what waits. Says whether something waited.
    fn add(&mut self, mut parcel: Parcel) -> bool {
        let waiting = self.waiting.take();
        let merged = waiting.is_some();
        if let Some(waiting) = waiting {
            parcel = waiting.join(parcel);
        } else if let Some(newer) = &self.on_the_way
            && newer.envelope.sequence > parcel.envelope.sequence
        {
            // It comes late, and can only go later still: then with what it must not undo.
            let layers = Box::new(Layers {
                late: Some(*parcel.envelope),
                in_turn: (*newer.envelope).clone(),
            });
            parcel.envelope = Box::new(layers.together());
            parcel.layers = Some(layers);
            parcel.weigh();
        }
        self.waiting = Some(parcel);
        merged
    }
}

impl Load {
    fn add(self, other: Self) -> Self {
        Self {
            bytes: self.bytes + other.bytes,
            parcels: self.parcels + other.parcels,
            spooled: self.spooled + other.spooled,
        }
    }

    fn take(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            parcels: self.parcels.saturating_sub(other.parcels),
            spooled: self.spooled.saturating_sub(other.spooled),
        }
    }
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
            aside: HashMap::new(),
            aside_parcels: 0,
            returning: VecDeque::new(),
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
        let agent = &parcel.envelope.agent_id;
        if parcel.is_spooled() && self.aside.get(&id).is_some_and(|it| it.agent == *agent) {
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
                    None => self.returning.extend(refused.aside.pop_front()),
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
        let refused = self
            .agents
            .values()
            .filter(|refused| !refused.held.is_empty() || !refused.aside.is_empty());
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
            self.returning.extend(refused.aside);
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

    /// Of an agent whose reports are refused, so many may wait here: they must not take the place of all others.
    /// The oldest of the rest are set aside if they lie on disk, and given up one by one if they do not.
    pub(super) fn give_up(&mut self, most: usize) -> Option<(TaskId, Parcel)> {
        loop {
            let mut refused = self.agents.values_mut();
            let crowded = refused.find(|refused| refused.held.len() > most)?;
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

    fn set_aside(&mut self, id: TaskId, parcel: Parcel) {
        self.aside_parcels += 1;
        let aside = self.aside.entry(id.clone()).or_default();
        aside.tickets.extend(parcel.tickets);
        aside.places.extend(parcel.places);
        aside.parcels += 1;
        if aside.parcels == 1 {
            let sequence = parcel.envelope.sequence;
            aside.at = sequence.map_or(Duration::ZERO, |sequence| sequence.at);
            aside.agent.clone_from(&parcel.envelope.agent_id);
            let refused = self.agents.entry(aside.agent.clone()).or_default();
            refused.aside.push_back(id);
        }
    }

    /// The next of those set aside that may go again. It has to be read from disk, and [`push`](Self::push)ed.
    pub(super) fn take_returning(&mut self) -> Option<(TaskId, Aside)> {
        let id = self.returning.pop_front()?;
        let aside = self.aside.remove(&id)?;
        self.aside_parcels = self.aside_parcels.saturating_sub(aside.parcels as usize);
        for ticket in &aside.tickets {
            self.open.remove(ticket);
        }
        Some((id, aside))
    }

    /// Whether one that was set aside may go again.
    pub(super) fn has_returning(&self) -> bool {
        !self.returning.is_empty()
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

    /// When the oldest report came.
    pub(super) fn oldest(&self) -> Option<Duration> {
        let (_, id) = self.open.first_key_value()?;
        let parcels = self.lanes.get(id).into_iter().flat_map(Lane::parcels);
        let sequences = parcels.filter_map(|parcel| parcel.envelope.sequence);
        let aside = self.aside.get(id).map(|aside| aside.at);
        sequences.map(|sequence| sequence.at).chain(aside).min()
    }

    /// How many bytes all of them hold.
    pub(super) fn bytes(&self) -> usize {
        self.bytes_here() + self.aside_parcels * ASIDE
    }

    /// How many bytes those hold that were not set aside.
    pub(super) fn bytes_here(&self) -> usize {
        self.load.bytes
    }

    /// How many that would travel lie on disk whole.
    pub(super) fn spooled(&self) -> usize {
        self.load.spooled + self.aside_parcels
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
mod tests {
    use super::*;
    use crate::TaskReport;

    const SECOND: Duration = Duration::from_secs(1);
    const LUCK: f64 = 0.5;
    const AWAY: Failure = Failure {
        refusal: None,
        asked: None,
    };

    /// An outbox and its clock.
    struct Simulation {
        outbox: Outbox,
        now: Instant,
        tickets: Ticket,
    }

    impl Simulation {
        fn new() -> Self {
            Self {
                outbox: Outbox::default(),
                now: Instant::now(),
                tickets: 0,
            }
        }

        fn report(&mut self, id: &str, agent: &str) {
            self.tickets += 1;
            let envelope = Envelope {
                agent_id: Some(agent.to_owned()),
                ..Envelope::default()
            };
            let id = TaskId::from(id.to_owned());
            let parcel = Parcel::new(self.tickets, None, Box::new(envelope));
            self.outbox.push(id, parcel);
        }

        /// All that may go now.
        fn go(&mut self) -> Vec<TaskId> {
            std::iter::from_fn(|| self.outbox.next(self.now).map(|(id, _)| id)).collect()
        }

        fn names(&mut self) -> Vec<String> {
            self.go().iter().map(ToString::to_string).collect()
        }

        fn fail(&mut self, id: &TaskId, failure: Failure) {
            self.outbox.failed(id.clone(), self.now, failure, LUCK);
        }

        fn sleep(&mut self) -> Duration {
            let at = self.outbox.wake_at().expect("something to wait for");
            let slept = at.saturating_duration_since(self.now);
            self.now = self.now.max(at);
            slept
        }
    }

    #[test]
    fn an_outage_of_an_hour_costs_few_tries_and_ends_without_a_herd() {
        let mut simulation = Simulation::new();
        let end = simulation.now + 3_600 * SECOND;
        for report in 0..1_000 {
            simulation.report(&report.to_string(), "a");
        }
        let mut tries = 0;
        while simulation.now < end {
            let connections = simulation.outbox.window(4);
            let going: Vec<_> =
                std::iter::from_fn(|| simulation.outbox.next(simulation.now).map(|(id, _)| id))
                    .take(connections)
                    .collect();
            tries += going.len();
            for id in &going {
                simulation.fail(id, AWAY);
            }
            if going.is_empty() {
                simulation.sleep();
            }
        }
        assert!((60..300).contains(&tries), "{tries}");

        let mut rounds = Vec::new();
        while simulation.outbox.parcels() > 0 {
            let connections = simulation.outbox.window(4);
            let going: Vec<_> =
                std::iter::from_fn(|| simulation.outbox.next(simulation.now).map(|(id, _)| id))
                    .take(connections)
                    .collect();
            if going.is_empty() {
                simulation.sleep();
                continue;
            }
            rounds.push(going.len());
            for id in &going {
                simulation.outbox.arrived(id);
            }
        }
        assert_eq!(rounds[..3], [1, 2, 4]);
        assert_eq!(rounds.iter().sum::<usize>(), 1_000);
    }

    #[test]
    fn many_programs_that_lost_the_platform_together_come_back_one_by_one() {
        const PROGRAMS: u32 = 1_000;
        let mut draws = 0_u32;
        let mut luck = || {
            // Spread evenly, in an order without a pattern.
            draws = draws.wrapping_add(1);
            f64::from(draws.wrapping_mul(0x9E37_79B9)) / f64::from(u32::MAX)
        };
        let start = Instant::now();
        let back = start + 3_600 * SECOND;
        let mut per_second = vec![0; 70];
        for _ in 0..PROGRAMS {
            let mut simulation = Simulation::new();
            simulation.now = start;
            for report in 0..100 {
                simulation.report(&report.to_string(), "a");
            }
            while simulation.now < back {
                let going = simulation.go();
                for id in going {
                    let now = simulation.now;
                    simulation.outbox.failed(id, now, AWAY, luck());
                }
                simulation.sleep();
            }
            // The first of its reports that finds the platform back.
            let second = (simulation.now - back).as_secs() as usize;
            assert_eq!(simulation.go().len(), 1);
            per_second[second] += 1;
        }
        // Evenly over the longest wait would be 17 in each second.
        assert!(
            per_second.iter().all(|programs| *programs < 100),
            "{per_second:?}"
        );
        assert_eq!(per_second.iter().sum::<u32>(), PROGRAMS);
    }

    #[test]
    fn one_report_that_fails_holds_nobody_back() {
        let mut simulation = Simulation::new();
        simulation.report("bad", "a");
        simulation.report("good", "a");
        let going = simulation.go();
        simulation.fail(&going[0], AWAY);
        simulation.outbox.arrived(&going[1]);
        simulation.report("better", "a");
        assert_eq!(simulation.names(), ["better"]);
        assert_eq!(simulation.sleep(), SECOND / 4);
        assert_eq!(simulation.names(), ["bad"]);
    }

    #[test]
    fn a_refused_key_keeps_everything_and_one_report_asks_again() {
        let mut simulation = Simulation::new();
        simulation.report("1", "a");
        simulation.report("2", "b");
        let refused = Failure {
            refusal: Some(Refusal::Key),
            asked: None,
        };
        for id in simulation.go() {
            simulation.fail(&id, refused);
        }
        simulation.report("3", "c");
        assert_eq!(simulation.names(), [""; 0]);
        assert!(simulation.outbox.is_refused());
        assert_eq!(simulation.sleep(), 15 * SECOND);
        let probe = simulation.go();
        assert_eq!(probe.len(), 1);
        assert!(!simulation.outbox.is_refused());
        simulation.outbox.arrived(&probe[0]);
        assert_eq!(simulation.names().len(), 2);
    }

    #[test]
    fn a_refused_agent_holds_back_its_own_reports_only() {
        let mut simulation = Simulation::new();
        simulation.report("1", "refused");
        let refused = Failure {
            refusal: Some(Refusal::Agent),
            asked: None,
        };
        let going = simulation.go();
        simulation.fail(&going[0], refused);
        simulation.report("2", "refused");
        simulation.report("3", "other");
        assert_eq!(simulation.names(), ["3"]);
        assert_eq!(simulation.sleep(), 15 * SECOND);
        let probe = simulation.go();
        assert_eq!(probe[0].to_string(), "1");
        assert_eq!(probe.len(), 1);
        simulation.fail(&probe[0], refused);
        assert_eq!(simulation.sleep(), 30 * SECOND);
        let probe = simulation.go();
        simulation.outbox.arrived(&probe[0]);
        assert_eq!(simulation.names(), ["2"]);
    }

    #[test]
    fn a_refused_agent_does_not_take_the_place_of_all_others() {
        let mut simulation = Simulation::new();
        let refused = Failure {
            refusal: Some(Refusal::Agent),
            asked: None,
        };
        simulation.report("0", "refused");
        for id in simulation.go() {
            simulation.fail(&id, refused);
        }
        for report in 1..10 {
            simulation.report(&report.to_string(), "refused");
        }
        simulation.report("other", "other");
        assert_eq!(simulation.names(), ["other"]);
        let given_up: Vec<_> = std::iter::from_fn(|| simulation.outbox.give_up(3)).collect();
        let ids = given_up.iter().map(|(id, _)| id.to_string());
        assert_eq!(ids.collect::<String>(), "0123456");
        simulation.sleep();
        let probe = simulation.go().remove(0);
        simulation.outbox.arrived(&probe);
        assert_eq!(simulation.names(), ["8", "9"]);
    }

    #[test]
    fn whatever_goes_wrong_in_whatever_order_all_arrives_in_the_end() {
        let failure = |kind: usize| match kind {
            0 => AWAY,
            1 => Failure {
                refusal: None,
                asked: Some(SECOND),
            },
            2 => Failure {
                refusal: Some(Refusal::Key),
                asked: None,
            },
            _ => Failure {
                refusal: Some(Refusal::Agent),
                asked: None,
            },
        };
        for sequence in 0..4_usize.pow(5) {
            let mut simulation = Simulation::new();
            for report in ["1", "2", "3"] {
                simulation.report(report, "a");
            }
            let mut failures = (0..5).map(|at| failure(sequence / 4_usize.pow(at) % 4));
            let mut rounds = 0;
            while simulation.outbox.parcels() > 0 {
                rounds += 1;
                assert!(rounds < 100, "{sequence}");
                let going = simulation.go();
                if going.is_empty() {
                    simulation.sleep();
                }
                for id in going {
                    match failures.next() {
                        Some(failure) => simulation.fail(&id, failure),
                        None => drop(simulation.outbox.arrived(&id)),
                    }
                }
            }
            assert_eq!(simulation.outbox.bytes(), 0);
        }
    }

    #[test]
    fn its_bytes_are_those_of_what_it_holds() {
        let mut simulation = Simulation::new();
        simulation.report("1", "a");
        let one = simulation.outbox.bytes();
        assert!(one > 0);
        simulation.report("1", "a");
        assert_eq!(simulation.outbox.bytes(), one + TICKET);
        let id = simulation.go().remove(0);
        simulation.report("1", "a");
        assert_eq!(simulation.outbox.bytes(), 2 * one + TICKET);
        simulation.fail(&id, AWAY);
        assert_eq!(simulation.outbox.bytes(), one + 2 * TICKET);
        simulation.sleep();
        let id = simulation.go().remove(0);
        simulation.report("1", "a");
        simulation.outbox.recover(simulation.now);
        assert_eq!(simulation.outbox.bytes(), one + 3 * TICKET);
        assert_eq!(simulation.go(), std::slice::from_ref(&id));
        simulation.outbox.arrived(&id);
        assert_eq!(simulation.outbox.bytes(), 0);
    }

    #[test]
    fn what_comes_late_is_laid_under_what_waits_in_the_order_in_which_it_was_reported() {
        let reports = [
            ("in", "one"),
            ("in", "two"),
            ("result", "three"),
            ("result", "four"),
        ];
        let envelopes = reports.map(|(field, text)| {
            let report = match field {
                "in" => TaskReport::new().input(text),
                _ => TaskReport::new().result(text),
            };
            let mut envelope = Envelope::from(report);
            envelope.accept();
            envelope
        });
        // The first two came to another process, and are read from disk after the third.
        let id = TaskId::from("1".to_owned());
        for order in [[0, 1, 2, 3], [2, 0, 1, 3], [2, 0, 3, 1], [2, 3, 0, 1]] {
            // What came first may be on its way when the others come, and fails.
            for is_on_the_way in [false, true] {
                let mut simulation = Simulation::new();
                for (count, at) in order.into_iter().enumerate() {
                    let parcel = Parcel::new(at as Ticket, None, Box::new(envelopes[at].clone()));
                    simulation.outbox.push(id.clone(), parcel);
                    if count == 0 && is_on_the_way {
                        simulation.go();
                    }
                }
                if is_on_the_way {
                    simulation.fail(&id, AWAY);
                    simulation.sleep();
                }
                let (_, envelope) = simulation.outbox.next(simulation.now).expect("the report");
                let report = envelope.clone().finish();
                let both = (report.input.as_deref(), report.result.as_deref());
                assert_eq!(
                    both,
                    (Some("two"), Some("four")),
                    "{order:?} {is_on_the_way}"
                );
                simulation.outbox.arrived(&id);
                assert_eq!(simulation.outbox.bytes(), 0);
            }
        }
    }

    #[test]
    fn what_is_too_large_goes_once_more_cut() {
        let mut simulation = Simulation::new();
        simulation.report("large", "a");
        let id = simulation.go().remove(0);
        assert_eq!(simulation.outbox.cut(&id), Some(false));
        let (_, envelope) = simulation.outbox.next(simulation.now).expect("the report");
        assert_eq!(envelope.max_bytes, Some(CUT));
        assert_eq!(simulation.outbox.cut(&id), None);
        let refused = simulation.outbox.refused(&id).expect("the report");
        assert_eq!(refused.tickets, [1]);
        assert!(simulation.outbox.is_empty());
    }
}
