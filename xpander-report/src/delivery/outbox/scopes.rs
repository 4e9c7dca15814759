//! The breakers of the platform and of its agents, and the reports that wait for an agent.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::breaker::Breaker;
use crate::platform::error::Refusal;
use crate::report::task_id::TaskId;

/// Tries in a row that failed before the platform is taken to be away.
const OUTAGE: u32 = 3;

/// Why a report did not arrive, and will be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) refusal: Option<Refusal>,
    /// The wait that the platform asks for.
    pub(crate) asked: Option<Duration>,
}

/// Where a report waits that did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// For its agent.
    Agent,
    /// For the platform, before the others.
    Platform,
    Until(Instant),
}

/// The breakers that a report passes on its way. While one is open, one report at a time goes ahead to see whether the
/// trouble is over.
#[derive(Debug)]
pub(crate) struct Scopes {
    platform: Breaker,
    /// Whether the platform's breaker is open because the key is refused.
    is_key_refused: bool,
    /// The agents whose reports are refused.
    agents: HashMap<String, Agent>,
    /// Tries that failed since one was answered.
    failures: u32,
    /// How many reports may be in flight at once. An outage makes it 1; it doubles with each report that arrives.
    window: usize,
    backoff: Backoff,
}

/// An agent whose reports are refused.
#[derive(Debug, Default)]
struct Agent {
    breaker: Breaker,
    /// The tasks whose reports go next, because they were read for that.
    next: VecDeque<TaskId>,
    /// The tasks whose reports wait on disk only, oldest first. They are older than the others.
    parked: VecDeque<TaskId>,
    /// The tasks whose reports wait in memory, oldest first.
    held: VecDeque<TaskId>,
}

impl Default for Scopes {
    fn default() -> Self {
        Self {
            platform: Breaker::default(),
            is_key_refused: false,
            agents: HashMap::new(),
            failures: 0,
            window: usize::MAX,
            backoff: Backoff::default(),
        }
    }
}

impl Scopes {
    /// How many reports may be in flight at once, of those that could be.
    pub(crate) fn window(&self, connections: usize) -> usize {
        connections.min(self.window)
    }

    pub(crate) fn is_platform_admitting(&self, now: Instant) -> bool {
        self.platform.admits(now)
    }

    /// Whether a report of this agent may go now. If not, its task waits here.
    pub(crate) fn admit(&mut self, agent: &str, id: &TaskId, now: Instant) -> bool {
        match self.agents.get_mut(agent) {
            Some(agent) if !agent.breaker.admits(now) => {
                agent.held.push_back(id.clone());
                false
            }
            _ => true,
        }
    }

    /// The task of the next probe: the oldest of an agent whose breaker is due.
    pub(crate) fn next_probe(&mut self, now: Instant) -> Option<TaskId> {
        let mut agents = self.agents.values_mut();
        agents.find_map(|agent| {
            let is_due = agent.breaker.probe_at().is_some_and(|at| at <= now);
            is_due.then(|| agent.pop_oldest()).flatten()
        })
    }

    /// A report goes.
    pub(crate) fn pass(&mut self, agent: &str) {
        self.platform.pass();
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.breaker.pass();
        }
    }

    /// The platform answered a report of this agent, and takes more. Returns the tasks that waited for that.
    pub(crate) fn answered(&mut self, agent: &str) -> impl Iterator<Item = TaskId> + use<> {
        self.close_platform();
        let mut agent = self.agents.remove(agent).unwrap_or_default();
        std::iter::from_fn(move || agent.pop_oldest())
    }

    /// The platform took a report.
    pub(crate) fn delivered(&mut self) {
        if self.window < usize::MAX / 2 {
            self.window *= 2;
        }
    }

    fn close_platform(&mut self) {
        self.failures = 0;
        self.is_key_refused = false;
        self.platform.close();
    }

    /// A report of this agent did not arrive; `failures` counts how often. Says where it waits.
    pub(crate) fn failed(
        &mut self,
        agent: &str,
        failures: u32,
        failure: Failure,
        now: Instant,
        jitter: f64,
    ) -> Wait {
        match failure.refusal {
            Some(Refusal::Agent) => {
                // The platform is there all the same.
                self.close_platform();
                let agent = self.agents.entry(agent.to_owned()).or_default();
                agent.refuse(failure.asked, now, jitter);
                Wait::Agent
            }
            Some(Refusal::Key) => {
                self.not_answered(agent, now, jitter);
                let failures = self.platform.failures_now();
                let wait = Backoff::REFUSAL.delay(failures, failure.asked, jitter);
                self.platform.open(now, wait, false);
                self.is_key_refused = true;
                Wait::Platform
            }
            None => {
                self.not_answered(agent, now, jitter);
                self.is_key_refused = false;
                let wait = self.backoff.delay(failures, failure.asked, jitter);
                self.outage(now, failure.asked, wait, jitter);
                Wait::Until(now + wait)
            }
        }
    }

    /// If this was the probe of a refused agent, it did not learn whether the agent is still refused.
    fn not_answered(&mut self, agent: &str, now: Instant, jitter: f64) {
        let agent = self.agents.get_mut(agent);
        if let Some(agent) = agent.filter(|agent| agent.breaker.is_half_open()) {
            agent.refuse(None, now, jitter);
        }
    }

    /// A try failed for a reason that may concern the whole platform.
    fn outage(&mut self, now: Instant, asked: Option<Duration>, wait: Duration, jitter: f64) {
        self.failures = self.failures.saturating_add(1);
        if asked.is_some() {
            self.platform.open(now, wait, true);
        } else if self.failures >= OUTAGE || self.platform.is_half_open() {
            let wait = self
                .backoff
                .delay(self.platform.failures_now(), None, jitter);
            self.platform.open(now, wait, false);
        }
        if self.failures >= OUTAGE || asked.is_some() {
            self.window = 1;
        }
    }

    /// This task's report waits for its agent before the others.
    pub(crate) fn put_back(&mut self, agent: &str, id: TaskId, is_parked: bool) {
        let agent = self.agents.entry(agent.to_owned()).or_default();
        let line = match is_parked {
            true => &mut agent.parked,
            false => &mut agent.held,
        };
        line.push_front(id);
    }

    /// This task's report was read, and is the next to go for its agent. False: nothing keeps it from going.
    pub(crate) fn go_next(&mut self, agent: &str, id: &TaskId) -> bool {
        let agent = self.agents.get_mut(agent);
        let next = agent.map(|agent| agent.next.push_back(id.clone()));
        next.is_some()
    }

    /// Whether reports of this agent wait on disk only.
    pub(crate) fn has_parked(&self, agent: &str) -> bool {
        let agent = self.agents.get(agent);
        agent.is_some_and(|agent| !agent.parked.is_empty())
    }

    /// The tasks whose reports wait in memory for their agents.
    pub(crate) fn held(&self) -> impl Iterator<Item = &TaskId> {
        let agents = self.agents.values();
        agents.flat_map(|agent| &agent.held)
    }

    /// How many those are.
    pub(crate) fn held_count(&self) -> usize {
        self.agents.values().map(|agent| agent.held.len()).sum()
    }

    /// The agent for which most of them wait, and the oldest of its tasks.
    pub(crate) fn most_crowded(&self) -> Option<(String, TaskId)> {
        let agents = self.agents.iter();
        let (name, agent) = agents.max_by_key(|(_, agent)| agent.held.len())?;
        let oldest = agent.held.front()?;
        Some((name.clone(), oldest.clone()))
    }

    /// Whether the platform refuses reports of this agent.
    pub(crate) fn is_refused(&self, agent: &str) -> bool {
        self.agents.contains_key(agent)
    }

    /// The oldest report that waits in memory for this agent is on disk only from now on.
    pub(crate) fn parked(&mut self, agent: &str) {
        if let Some(agent) = self.agents.get_mut(agent) {
            let oldest = agent.held.pop_front();
            agent.parked.extend(oldest);
        }
    }

    /// The oldest report that waits in memory for this agent does so no more.
    pub(crate) fn remove_oldest(&mut self, agent: &str) {
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.held.pop_front();
        }
    }

    /// Lets the next report go ahead at once, unless the platform asked to wait.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.breakers().for_each(|breaker| breaker.hurry(now));
    }

    /// Nobody knows what became of what was in flight.
    pub(crate) fn recover(&mut self, now: Instant) {
        self.breakers().for_each(|breaker| breaker.recover(now));
    }

    fn breakers(&mut self) -> impl Iterator<Item = &mut Breaker> {
        let agents = self.agents.values_mut().map(|agent| &mut agent.breaker);
        std::iter::once(&mut self.platform).chain(agents)
    }

    /// Whether nothing will go for long, because the key is refused and nothing is in flight to ask again.
    pub(crate) fn is_key_refused(&self) -> bool {
        self.is_key_refused && self.platform.probe_at().is_some()
    }

    /// When something may go that may not go now. `ready` says whether a report waits for the platform alone; `delayed` is
    /// when the first delayed report is due.
    pub(crate) fn wake_at(&self, ready: bool, delayed: Option<Instant>) -> Option<Instant> {
        if self.platform.is_half_open() {
            return None;
        }
        let waiting = self.agents.values().filter(|agent| agent.has_some());
        let agents = waiting.filter_map(|agent| agent.breaker.probe_at());
        let next = delayed.into_iter().chain(agents).min();
        match self.platform.probe_at() {
            Some(opens) if ready => Some(opens),
            Some(opens) => next.map(|at| at.max(opens)),
            None => next,
        }
    }

    /// Forgets the tasks that are not there any more.
    pub(crate) fn retain(&mut self, is_there: impl Fn(&TaskId) -> bool) {
        for agent in self.agents.values_mut() {
            agent.next.retain(&is_there);
            agent.parked.retain(&is_there);
            agent.held.retain(&is_there);
        }
    }

    #[cfg(test)]
    pub(crate) fn in_line(&self) -> usize {
        let agents = self.agents.values();
        agents
            .map(|agent| agent.parked.len() + agent.held.len())
            .sum()
    }
}

impl Agent {
    fn refuse(&mut self, asked: Option<Duration>, now: Instant, jitter: f64) {
        let wait = Backoff::REFUSAL.delay(self.breaker.failures_now(), asked, jitter);
        self.breaker.open(now, wait, false);
    }

    fn pop_oldest(&mut self) -> Option<TaskId> {
        let oldest = self.next.pop_front().or_else(|| self.parked.pop_front());
        oldest.or_else(|| self.held.pop_front())
    }

    fn has_some(&self) -> bool {
        !self.next.is_empty() || !self.parked.is_empty() || !self.held.is_empty()
    }
}
