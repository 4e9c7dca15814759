//! The circuit breakers of the platform and of its agents, and the reports that wait for an agent.
//!
//! A failure counts for the smallest scope that explains it. If a single report fails, only that report waits. An
//! agent's breaker opens when hardly any of its reports arrive. The platform's breaker opens when this is true of all
//! agents: a platform that answers some of them is available. While a breaker is open, one report at a time is sent as
//! a probe. All failing agents share one request, so that they take no connections from the others.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use super::agent::{Agent, Standing, Trust};
use super::backoff::Backoff;
use super::breaker::Breaker;
use super::health::{Health, MIN_FAILURES};
use crate::platform::error::Refusal;
use crate::report::task_id::TaskId;

/// The maximum number of agents that are remembered, not counting those that fail.
const MAX_AGENTS: usize = 1_000;

/// Why a report did not arrive, and will be tried again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) refusal: Option<Refusal>,
    /// The wait that the platform asks for.
    pub(crate) asked: Option<Duration>,
    /// If it got no answer in time: how long it took.
    pub(crate) hung: Option<Duration>,
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

/// The breakers that a report passes on its way.
#[derive(Debug)]
pub(crate) struct Scopes {
    platform: Breaker,
    health: Health,
    /// Whether the platform's breaker is open because the key is refused.
    is_key_refused: bool,
    agents: HashMap<String, Agent>,
    /// The agents for which reports wait, by when one may go.
    due: BTreeSet<(Instant, String)>,
    /// The sum over all agents, without `due`.
    standing: Standing,
    /// A request of an unknown agent hung. Unknown agents are treated as failing until one of them gets an answer.
    distrusts_unknown_agents: bool,
    /// After a probe that hung, no other probe starts before this time. So probes take at most half of one connection.
    rests_until: Option<Instant>,
    /// The agent for which the platform asked to wait last, and until when.
    paused: Option<(String, Instant)>,
    /// How many reports may be in flight at once. An outage makes it 1; it doubles with each report that arrives.
    window: usize,
    /// The failures since the platform last answered a report.
    unanswered: u32,
}

impl Default for Scopes {
    fn default() -> Self {
        Self {
            platform: Breaker::default(),
            health: Health::default(),
            is_key_refused: false,
            agents: HashMap::new(),
            due: BTreeSet::new(),
            standing: Standing::default(),
            distrusts_unknown_agents: false,
            rests_until: None,
            paused: None,
            window: usize::MAX,
            unanswered: 0,
        }
    }
}

impl Scopes {
    /// How many reports may be in flight at once, of those that could be.
    pub(crate) fn window(&self, connections: usize) -> usize {
        connections.min(self.window)
    }

    pub(crate) fn admits(&self, now: Instant) -> bool {
        self.platform.admits(now)
    }

    /// Whether an arriving report of this agent should be sent first. While the platform seems to be unavailable, an
    /// agent without failures shows whether it is.
    pub(crate) fn should_go_first(&self, agent: &str) -> bool {
        self.platform.probe_at().is_some()
            && !self.is_key_refused
            && self.agents.get(agent).is_none_or(Agent::is_untroubled)
    }

    /// Changes an agent, and what is kept account of.
    fn edit<T>(&mut self, name: &str, edit: impl FnOnce(&mut Agent) -> T) -> T {
        if self.agents.len() >= MAX_AGENTS {
            self.make_room(name);
        }
        let Self {
            agents,
            due,
            standing,
            ..
        } = self;
        let agent = match agents.get_mut(name) {
            Some(agent) => agent,
            None => agents.entry(name.to_owned()).or_default(),
        };
        let before = agent.standing();
        let done = edit(agent);
        let after = agent.standing();
        if before == after {
            return done;
        }
        standing.unknown = standing.unknown + after.unknown - before.unknown;
        standing.failing = standing.failing + after.failing - before.failing;
        standing.held = standing.held + after.held - before.held;
        if before.due != after.due {
            if let Some(at) = before.due {
                due.remove(&(at, name.to_owned()));
            }
            due.extend(after.due.map(|at| (at, name.to_owned())));
        }
        done
    }

    /// Forgets agents that nothing is wrong with, if this one is new.
    #[cold]
    fn make_room(&mut self, name: &str) {
        if !self.agents.contains_key(name) {
            self.agents.retain(|_, agent| !agent.is_idle());
        }
    }

    /// Whether a report of an agent that is not trusted may go, as far as the others like it are concerned.
    fn has_room_for_probe(&self, now: Instant) -> bool {
        !self.is_probing() && self.rests_until.is_none_or(|until| until <= now)
    }

    /// Whether a request of an agent that is not trusted is in flight.
    fn is_probing(&self) -> bool {
        let unknown = if self.distrusts_unknown_agents {
            self.standing.unknown
        } else {
            0
        };
        self.standing.failing + unknown > 0
    }

    /// Whether a report of this agent may go now. If not, its task waits here.
    pub(crate) fn admit(&mut self, agent: &str, id: &TaskId, now: Instant) -> bool {
        let (is_distrusting, has_room) =
            (self.distrusts_unknown_agents, self.has_room_for_probe(now));
        let may_go = |agent: &Agent| match agent.trust() {
            Trust::Known => true,
            Trust::Unknown => !is_distrusting || has_room,
            Trust::Failing => has_room && agent.admits_probe(now),
        };
        match self.agents.get(agent) {
            Some(agent) if may_go(agent) => return true,
            None if !is_distrusting || has_room => return true,
            _ => {}
        }
        self.edit(agent, |agent| agent.hold(id.clone(), now));
        false
    }

    /// The task of the next probe: the oldest of the agent that has waited longest for one.
    pub(crate) fn next_probe(&mut self, now: Instant) -> Option<TaskId> {
        let (due, name) = self.due.first()?;
        if *due > now || !self.has_room_for_probe(now) {
            return None;
        }
        let name = name.clone();
        self.edit(&name, Agent::pop_oldest)
    }

    /// A report goes.
    pub(crate) fn pass(&mut self, agent: &str) {
        self.platform.pass();
        self.edit(agent, Agent::pass);
    }

    /// The platform answered a report of this agent, and takes more. Returns the tasks that waited for that.
    pub(crate) fn answered(&mut self, agent: &str, now: Instant) -> Vec<TaskId> {
        self.answered_by_platform(now);
        let (was_unknown, mut released) = self.edit(agent, |agent| {
            let was_unknown = agent.trust() == Trust::Unknown;
            agent.answered(now);
            (was_unknown, agent.release())
        });
        if was_unknown && self.distrusts_unknown_agents {
            self.distrusts_unknown_agents = false;
            let waiting: Vec<_> = self.due.iter().map(|(_, name)| name.clone()).collect();
            let waiting = waiting.iter();
            released.extend(waiting.flat_map(|name| self.edit(name, Agent::release)));
        }
        released
    }

    /// The platform took a report.
    pub(crate) fn delivered(&mut self) {
        if self.window < usize::MAX / 2 {
            self.window *= 2;
        }
    }

    fn answered_by_platform(&mut self, now: Instant) {
        self.unanswered = 0;
        self.health.add(false, now);
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
                // The refusal shows that the platform is available.
                self.answered_by_platform(now);
                self.edit(agent, |agent| agent.refused(failure.asked, now, jitter));
                Wait::Agent
            }
            Some(Refusal::Key) => {
                self.edit(agent, |agent| agent.not_answered(now, jitter));
                let failures = self.platform.failures_now();
                let wait = Backoff::REFUSAL.delay(failures, failure.asked, jitter);
                self.platform.open(now, wait, false);
                self.is_key_refused = true;
                Wait::Platform
            }
            None => {
                self.is_key_refused = false;
                let wait = Backoff::default().delay(failures, failure.asked, jitter);
                // A single agent takes connections from nobody.
                let hung = failure.hung.filter(|_| self.has_several());
                let was_unknown = self.edit(agent, |agent| {
                    let was_unknown = agent.trust() == Trust::Unknown;
                    agent.failed(hung, now, jitter);
                    was_unknown
                });
                if let Some(took) = hung {
                    self.distrusts_unknown_agents |= was_unknown;
                    self.rests_until = Some(now + took);
                }
                if failure.asked.is_some_and(|asked| !asked.is_zero()) {
                    self.pause(agent, wait, now);
                }
                self.failed_by_platform(now, jitter);
                Wait::Until(now + wait)
            }
        }
    }

    /// The platform asks to wait. If it has asked that for another agent, too, it means all of them.
    fn pause(&mut self, agent: &str, wait: Duration, now: Instant) {
        self.edit(agent, |agent| agent.pause(wait, now));
        let paused = self.paused.take().filter(|(_, until)| *until > now);
        if paused.is_some_and(|(other, _)| other != agent) {
            self.platform.open(now, wait, true);
            self.window = 1;
        }
        self.paused = Some((agent.to_owned(), now + wait));
    }

    /// A try failed, for a reason that may concern the whole platform.
    fn failed_by_platform(&mut self, now: Instant, jitter: f64) {
        self.unanswered = self.unanswered.saturating_add(1);
        self.health.add(true, now);
        let is_away = self.health.is_failing() && !self.has_good();
        if is_away || self.platform.is_half_open() {
            let failures = self.platform.failures_now();
            let wait = Backoff::default().delay(failures, None, jitter);
            self.platform.open(now, wait, false);
            self.health = Health::default();
            self.window = 1;
        }
    }

    /// This task's report waits for its agent before the others.
    pub(crate) fn put_back(&mut self, agent: &str, id: TaskId, is_parked: bool) {
        self.edit(agent, |agent| agent.put_back(id, is_parked));
    }

    /// This task's report was read, and is the next to go for its agent. False: nothing keeps it from going.
    pub(crate) fn go_next(&mut self, agent: &str, id: &TaskId) -> bool {
        let is_failing = self.is_failing(agent);
        if is_failing {
            self.edit(agent, |agent| agent.go_next(id.clone()));
        }
        is_failing
    }

    /// Whether reports of this agent wait on disk only.
    pub(crate) fn has_parked(&self, agent: &str) -> bool {
        let agent = self.agents.get(agent);
        agent.is_some_and(Agent::has_parked)
    }

    /// Whether most reports of some agent arrive. If the platform has answered nothing for some time, nobody knows that.
    pub(crate) fn has_good(&self) -> bool {
        self.unanswered < MIN_FAILURES && self.agents.values().any(Agent::is_good)
    }

    /// The number of this agent's reports in flight.
    pub(crate) fn in_flight(&self, agent: &str) -> usize {
        self.agents.get(agent).map_or(0, Agent::in_flight)
    }

    /// Whether the platform refuses reports of this agent until somebody changes something.
    pub(crate) fn is_refused(&self, agent: &str) -> bool {
        self.agents.get(agent).is_some_and(Agent::is_refused)
    }

    /// The tasks whose reports wait in memory for their agents, or only for those that are refused.
    pub(crate) fn held(&self, only_refused: bool) -> impl Iterator<Item = &TaskId> {
        let agents = self.agents.values();
        let agents = agents.filter(move |agent| !only_refused || agent.is_refused());
        agents.flat_map(Agent::held)
    }

    /// How many reports wait in memory for their agents.
    pub(crate) fn held_count(&self) -> usize {
        self.standing.held
    }

    /// The agent for which most of them wait, and the oldest of its tasks.
    pub(crate) fn most_crowded(&self, only_refused: bool) -> Option<(String, TaskId)> {
        let agents = self.agents.iter();
        let agents = agents.filter(|(_, agent)| !only_refused || agent.is_refused());
        let (name, agent) = agents.max_by_key(|(_, agent)| agent.held().len())?;
        let oldest = agent.held().front()?;
        Some((name.clone(), oldest.clone()))
    }

    /// Whether the breaker of this agent is not closed.
    pub(crate) fn is_failing(&self, agent: &str) -> bool {
        let agent = self.agents.get(agent);
        agent.is_some_and(|agent| agent.trust() == Trust::Failing)
    }

    /// Whether there are reports of several agents, so that one may be in the way of another.
    pub(crate) fn has_several(&self) -> bool {
        self.agents.len() > 1
    }

    /// The oldest report that waits in memory for this agent is on disk only from now on.
    pub(crate) fn park_oldest(&mut self, agent: &str) {
        self.edit(agent, Agent::park_oldest);
    }

    /// The oldest report that waits in memory for this agent does so no more.
    pub(crate) fn remove_oldest(&mut self, agent: &str) {
        self.edit(agent, Agent::remove_oldest);
    }

    /// Lets the next probes go at once, unless the platform asked to wait.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.rests_until = None;
        self.platform.hurry(now);
        self.edit_all(|agent| agent.hurry(now));
    }

    /// Lets the platform's next probe go at once, unless the platform asked to wait.
    pub(crate) fn hurry_platform(&mut self, now: Instant) {
        self.platform.hurry(now);
    }

    /// The outcome of the requests in flight is unknown.
    pub(crate) fn recover(&mut self, now: Instant) {
        self.platform.recover(now);
        self.edit_all(|agent| agent.recover(now));
    }

    fn edit_all(&mut self, mut edit: impl FnMut(&mut Agent)) {
        let names: Vec<_> = self.agents.keys().cloned().collect();
        for name in names {
            self.edit(&name, &mut edit);
        }
    }

    /// Whether nothing will go for long, because the key is refused and nothing is in flight to ask again.
    pub(crate) fn is_key_refused(&self) -> bool {
        self.is_key_refused && self.platform.probe_at().is_some()
    }

    /// Whether the platform refused the key when it was asked last.
    #[cfg(feature = "_relay")]
    pub(crate) fn has_refused_key(&self) -> bool {
        self.is_key_refused
    }

    /// When something may go that may not go now. `ready` says whether a report waits for the platform alone; `delayed` is
    /// when the first delayed report is due.
    pub(crate) fn wake_at(&self, ready: bool, delayed: Option<Instant>) -> Option<Instant> {
        if self.platform.is_half_open() {
            return None;
        }
        let probe = self.due.first().filter(|_| !self.is_probing());
        let probe = probe.map(|(due, _)| self.rests_until.map_or(*due, |until| until.max(*due)));
        let next = delayed.into_iter().chain(probe).min();
        match self.platform.probe_at() {
            Some(opens) if ready => Some(opens),
            Some(opens) => next.map(|at| at.max(opens)),
            None => next,
        }
    }

    /// Forgets the tasks that are not there any more.
    pub(crate) fn retain(&mut self, is_there: impl Fn(&TaskId) -> bool) {
        self.edit_all(|agent| agent.retain(&is_there));
    }

    #[cfg(test)]
    pub(crate) fn in_line(&self) -> usize {
        self.agents.values().map(Agent::in_line).sum()
    }
}
