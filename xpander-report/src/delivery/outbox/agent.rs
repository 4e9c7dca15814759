use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::breaker::Breaker;
use super::health::Health;
use crate::report::task_id::TaskId;

/// The scope of one agent: how the tries of its reports ended, and which of its reports wait for it.
#[derive(Debug, Default)]
pub(crate) struct Agent {
    breaker: Breaker,
    health: Health,
    /// The platform answered one of its reports.
    is_known: bool,
    /// The platform refuses its reports until somebody changes something.
    is_refused: bool,
    in_flight: usize,
    /// The tasks whose reports go next, because they were read for that.
    next: VecDeque<TaskId>,
    /// The tasks whose reports wait on disk only, oldest first. They are older than the others.
    parked: VecDeque<TaskId>,
    /// The tasks whose reports wait in memory, oldest first.
    held: VecDeque<TaskId>,
    /// Since when they do.
    held_since: Option<Instant>,
}

/// Decides how many connections an agent's reports may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// No report of the agent has got an answer yet.
    Unknown,
    Known,
    /// Its breaker is not closed.
    Failing,
}

/// What the scopes keep account of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Requests in flight, if it is unknown.
    pub(crate) unknown: usize,
    /// Requests in flight, if it fails.
    pub(crate) failing: usize,
    pub(crate) held: usize,
    /// When one of the reports that wait for it may go.
    pub(crate) due: Option<Instant>,
}

impl Agent {
    pub(crate) fn trust(&self) -> Trust {
        match (self.breaker.is_closed(), self.is_known) {
            (false, _) => Trust::Failing,
            (true, true) => Trust::Known,
            (true, false) => Trust::Unknown,
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        let trust = self.trust();
        let if_it_is = |other| if trust == other { self.in_flight } else { 0 };
        Standing {
            unknown: if_it_is(Trust::Unknown),
            failing: if_it_is(Trust::Failing),
            held: self.held.len(),
            due: match trust {
                _ if !self.has_some() => None,
                Trust::Failing => self.breaker.probe_at(),
                Trust::Unknown | Trust::Known => self.held_since,
            },
        }
    }

    /// Whether the platform refuses its reports until somebody changes something.
    pub(crate) fn is_refused(&self) -> bool {
        self.is_refused && !self.breaker.is_closed()
    }

    /// Whether a probe may go.
    pub(crate) fn admits_probe(&self, now: Instant) -> bool {
        self.breaker.admits(now)
    }

    /// Whether nothing waits for it, nothing is in flight and nothing is wrong.
    pub(crate) fn is_idle(&self) -> bool {
        self.breaker.is_closed() && self.in_flight == 0 && !self.has_some()
    }

    /// The number of its reports in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Whether most of its tries succeed.
    pub(crate) fn is_good(&self) -> bool {
        self.breaker.is_closed() && self.health.is_good()
    }

    /// Whether none of its tries failed.
    pub(crate) fn is_untroubled(&self) -> bool {
        self.breaker.is_closed() && self.health.is_untroubled()
    }

    /// A report of the agent is being sent.
    pub(crate) fn pass(&mut self) {
        self.in_flight += 1;
        self.breaker.pass();
    }

    /// The platform answered one of its reports, and takes more.
    pub(crate) fn answered(&mut self, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.is_known = true;
        self.is_refused = false;
        self.health.add(false, now);
        self.breaker.close();
    }

    /// The platform refuses its reports until somebody changes something.
    pub(crate) fn refused(&mut self, asked: Option<Duration>, now: Instant, jitter: f64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.is_known = true;
        self.is_refused = true;
        let wait = self.delay(asked, jitter);
        self.open(wait, now);
    }

    /// One of its reports did not arrive, for a reason that has nothing to do with it.
    pub(crate) fn not_answered(&mut self, now: Instant, jitter: f64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        // The probe did not show whether the agent works.
        if self.breaker.is_half_open() {
            let wait = self.delay(None, jitter);
            self.open(wait, now);
        }
    }

    /// One of its reports did not arrive. If it got no answer in time, `hung` is how long it took.
    pub(crate) fn failed(&mut self, hung: Option<Duration>, now: Instant, jitter: f64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.health.add(true, now);
        if hung.is_some() || self.breaker.is_half_open() || self.health.is_failing() {
            // The pause is three times as long as the request, so a connection waits for the agent for a quarter of the
            // time at most.
            let rest = hung.map_or(Duration::ZERO, |took| took * 3);
            let wait = self.delay(None, jitter).max(rest);
            self.open(wait, now);
        }
    }

    /// The platform asks to send none of its reports for so long.
    pub(crate) fn pause(&mut self, wait: Duration, now: Instant) {
        self.breaker.open(now, wait, true);
    }

    fn delay(&self, asked: Option<Duration>, jitter: f64) -> Duration {
        let backoff = match self.is_refused {
            true => Backoff::REFUSAL,
            false => Backoff::default(),
        };
        backoff.delay(self.breaker.failures_now(), asked, jitter)
    }

    fn open(&mut self, wait: Duration, now: Instant) {
        self.breaker.open(now, wait, false);
        self.health = Health::default();
    }

    /// Lets the next probe go at once, unless the platform asked to wait.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.breaker.hurry(now);
    }

    /// The outcome of the requests in flight is unknown.
    pub(crate) fn recover(&mut self, now: Instant) {
        self.in_flight = 0;
        self.breaker.recover(now);
    }

    /// This task's report waits for it, behind the others.
    pub(crate) fn hold(&mut self, id: TaskId, now: Instant) {
        self.held_since.get_or_insert(now);
        self.held.push_back(id);
    }

    /// This task's report waits for it, before the others.
    pub(crate) fn put_back(&mut self, id: TaskId, is_parked: bool) {
        match is_parked {
            true => self.parked.push_front(id),
            false => self.held.push_front(id),
        }
    }

    /// This task's report was read, and is the next to go.
    pub(crate) fn go_next(&mut self, id: TaskId) {
        self.next.push_back(id);
    }

    pub(crate) fn has_parked(&self) -> bool {
        !self.parked.is_empty()
    }

    /// The oldest report that waits in memory is on disk only from now on.
    pub(crate) fn park_oldest(&mut self) {
        let oldest = self.held.pop_front();
        self.parked.extend(oldest);
    }

    /// The oldest report that waits in memory does so no more.
    pub(crate) fn remove_oldest(&mut self) {
        self.held.pop_front();
    }

    pub(crate) fn pop_oldest(&mut self) -> Option<TaskId> {
        let oldest = self.next.pop_front().or_else(|| self.parked.pop_front());
        let oldest = oldest.or_else(|| self.held.pop_front());
        if self.held.is_empty() {
            self.held_since = None;
        }
        oldest
    }

    /// Removes and returns the waiting tasks, unless the agent is failing.
    pub(crate) fn release(&mut self) -> Vec<TaskId> {
        match self.trust() {
            Trust::Failing => Vec::new(),
            Trust::Known | Trust::Unknown => std::iter::from_fn(|| self.pop_oldest()).collect(),
        }
    }

    pub(crate) fn held(&self) -> &VecDeque<TaskId> {
        &self.held
    }

    /// Whether reports wait for it.
    fn has_some(&self) -> bool {
        !self.next.is_empty() || !self.parked.is_empty() || !self.held.is_empty()
    }

    /// Forgets the tasks that are not there any more.
    pub(crate) fn retain(&mut self, is_there: impl Fn(&TaskId) -> bool) {
        self.next.retain(&is_there);
        self.parked.retain(&is_there);
        self.held.retain(&is_there);
    }

    #[cfg(test)]
    pub(crate) fn in_line(&self) -> usize {
        self.parked.len() + self.held.len()
    }
}
