//! What becomes of requests.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::Worker;
use crate::delivery::outbox::scopes::Failure;
use crate::delivery::worker::requests::Outcome;
use crate::platform::error::{Error, Verdict};
use crate::report::task::Task;
use crate::report::task_id::TaskId;
use crate::sink::delivery_outcome::DeliveryOutcome;
use crate::sink::event::Event;
use crate::sink::stats::{Ending, FailingAgent};
use crate::support::random;
use crate::support::sync::lock;

/// So many agents that fail are named.
const MAX_FAILING_AGENTS: usize = 100;

impl Worker {
    /// Aborts the requests that hang, if reports of other agents wait for their connections.
    pub(super) fn abort_hanging_requests(&mut self) {
        if self.has_room() || !self.outbox.has_others() {
            return;
        }
        let aborted = self.requests.abort_hanging(Instant::now());
        if aborted.is_empty() {
            return;
        }
        for (id, took) in aborted {
            self.retry_later(id, &Error::hanging(), took);
        }
        self.send();
    }

    /// A report did not arrive though its request took so long. It will be tried again.
    pub(super) fn retry_later(&mut self, id: TaskId, error: &Error, took: Duration) {
        let now = Instant::now();
        let shared = Arc::clone(&self.shared);
        *lock(&shared.last_error) = Some(error.with_sources());
        shared.counters.retried.add(1);
        let listener = &shared.settings.listener;
        if listener.is_set() {
            let task_id = &id.to_string();
            listener.notify(&Event::Retrying { task_id, error });
        }
        let agent = self.outbox.agent(&id).map(str::to_owned);
        let failure = Failure {
            refusal: error.refusal(),
            asked: error.retry_after(),
            hung: error.is_timeout().then_some(took),
        };
        let task = id.clone();
        self.outbox.failed(id, now, failure, random::unit());
        #[cfg(feature = "_relay")]
        self.purge_again(&task);
        let agent_id = agent.filter(|agent| self.outbox.is_failing(agent));
        // The warning comes first: a program that knows the agent may end.
        match agent_id.as_deref().filter(|_| self.outbox.has_good()) {
            Some(agent_id) if self.is_new_failing(agent_id) => {
                self.warnings.agent_fails(agent_id, error);
            }
            Some(_) => {}
            None => {
                let has_several = self.outbox.has_several();
                self.warnings.retrying(&task, error, now, has_several);
            }
        }
        if let Some(agent_id) = agent_id {
            self.note_failing(agent_id, error);
        }
    }

    /// Whether the agent will be new on the list of those that fail.
    fn is_new_failing(&self, agent_id: &str) -> bool {
        let failing = lock(&self.shared.failing_agents);
        let is_known = failing.iter().any(|it| it.agent_id == agent_id);
        !is_known && failing.len() < MAX_FAILING_AGENTS
    }

    /// Puts the agent on the list of those that fail.
    fn note_failing(&mut self, agent_id: String, error: &Error) {
        let error = error.with_sources();
        let mut failing = lock(&self.shared.failing_agents);
        if let Some(known) = failing.iter_mut().find(|it| it.agent_id == agent_id) {
            known.error = error;
        } else if failing.len() < MAX_FAILING_AGENTS {
            self.has_failing = true;
            failing.push(FailingAgent {
                agent_id,
                since: SystemTime::now(),
                error,
            });
        }
    }

    /// Takes the agents that fail no more off the list.
    pub(super) fn update_failing(&mut self) {
        if self.has_failing {
            let mut failing = lock(&self.shared.failing_agents);
            failing.retain(|it| self.outbox.is_failing(&it.agent_id));
            self.has_failing = !failing.is_empty();
        }
    }

    /// A request has ended.
    pub(super) fn on_outcome(&mut self, outcome: Outcome) {
        self.book(outcome);
        #[cfg(feature = "_relay")]
        {
            let is_refused = self.outbox.has_refused_key();
            self.shared
                .is_key_refused
                .store(is_refused, std::sync::atomic::Ordering::Relaxed);
        }
    }

    fn book(&mut self, Outcome { id, took, result }: Outcome) {
        let shared = Arc::clone(&self.shared);
        let listener = &shared.settings.listener;
        let task_id = listener.is_set().then(|| id.to_string());
        let task_id = task_id.as_deref().unwrap_or_default();
        let now = Instant::now();
        #[cfg(feature = "_relay")]
        if matches!(result, Ok(_) | Err(Error::Status(_))) {
            shared.request_times.add(took);
        }
        let error = match result {
            Ok(answer) => {
                self.warnings.recovered();
                let task = || answer.decode::<Task>().ok().map(Box::new);
                if let Some(delivered) = self.outbox.delivered(&id, now) {
                    let outcome = || DeliveryOutcome::Delivered(task());
                    self.end(&delivered.pending, Ending::Delivered, outcome);
                    if let Some(pending) = delivered.superseded {
                        self.supersede(&pending);
                    }
                }
                listener.notify(&Event::Delivered { task_id });
                self.update_failing();
                return;
            }
            Err(error) => error,
        };
        let verdict = error.verdict();
        if matches!(verdict, Verdict::Retry | Verdict::Keep(_)) {
            self.retry_later(id, &error, took);
            return;
        }
        *lock(&shared.last_error) = Some(error.with_sources());
        if verdict == Verdict::Cut && self.outbox.cut(&id, now) {
            shared.counters.retried.add(1);
            return;
        }
        self.warnings.refused(&id, &error);
        listener.notify(&Event::Refused {
            task_id,
            error: &error,
        });
        if let Some(pending) = self.outbox.refused(&id, now) {
            self.refuse(pending, error.with_sources());
        }
    }
}
