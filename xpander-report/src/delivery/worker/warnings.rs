use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::delivery::outbox::health::MIN_FAILURES;
use crate::platform::error::{Error, Refusal};
use crate::report::task_id::TaskId;
use crate::support::diagnostics::warn;

/// Failures in a row after which an outage is told: one may be chance, and with several agents a few may be those of one
/// that fails.
const FAILURES_BEFORE_WARNING: u32 = 2;
const FAILURES_OF_SEVERAL_AGENTS: u32 = MIN_FAILURES;
/// An outage is over after so many successes in a row, or without a failure for so long.
const SUCCESSES_AFTER_OUTAGE: u32 = 40;
const QUIET_AFTER_OUTAGE: Duration = Duration::from_secs(600);

/// What is told of failures: an outage once, a kind of refusal once.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    /// Failures in a row.
    failures: u32,
    /// Successes since the last failure.
    successes: u32,
    last_failure: Option<Instant>,
    /// The outage was told.
    is_outage: bool,
    refusals: HashSet<u16>,
}

impl Warnings {
    /// A report arrived.
    pub(super) fn recovered(&mut self) {
        self.failures = 0;
        self.successes = self.successes.saturating_add(1);
        self.is_outage &= self.successes < SUCCESSES_AFTER_OUTAGE;
        self.refusals.retain(|status| !matches!(status, 401 | 403));
    }

    /// A report will be tried again, and it is not its agent alone that fails.
    pub(super) fn retrying(
        &mut self,
        id: &TaskId,
        error: &Error,
        now: Instant,
        has_several_agents: bool,
    ) {
        if let Some(refusal) = error.refusal() {
            self.refused_for_now(id, error, refusal);
            return;
        }
        let last = self.last_failure.replace(now);
        if last.is_some_and(|last| now.saturating_duration_since(last) > QUIET_AFTER_OUTAGE) {
            (self.failures, self.is_outage) = (0, false);
        }
        self.successes = 0;
        self.failures = self.failures.saturating_add(1);
        let before_warning = match has_several_agents {
            true => FAILURES_OF_SEVERAL_AGENTS,
            false => FAILURES_BEFORE_WARNING,
        };
        if self.failures >= before_warning && !self.is_outage {
            self.is_outage = true;
            warn(format_args!(
                "reports wait and are retried: {}",
                error.with_sources()
            ));
        }
    }

    /// The reports of one agent of several do not arrive.
    pub(super) fn agent_fails(&self, agent_id: &str, error: &Error) {
        let advice = match error.refusal() {
            Some(_) => "; check the agent's id and the key's permissions",
            None => "",
        };
        warn(format_args!(
            "reports of the agent {agent_id} wait{advice}; other agents are not affected: {}",
            error.with_sources()
        ));
    }

    fn refused_for_now(&mut self, id: &TaskId, error: &Error, refusal: Refusal) {
        let status = status(error);
        if !self.refusals.insert(status) {
            return;
        }
        let what = match refusal {
            Refusal::Key => {
                "the platform refuses the API key; reports are kept and retried; check \
                 XPANDER_API_KEY"
            }
            Refusal::Agent => {
                "the platform refuses the reports of an agent; they are kept and retried; check \
                 XPANDER_AGENT_ID and the key's permissions"
            }
        };
        warn(format_args!("{what}: task {id}: {}", error.with_sources()));
    }

    /// A report will never arrive.
    pub(super) fn refused(&mut self, id: &TaskId, error: &Error) {
        if self.refusals.insert(status(error)) {
            warn(format_args!(
                "task {id} cannot be delivered: {}",
                error.with_sources()
            ));
        }
    }
}

fn status(error: &Error) -> u16 {
    match error {
        Error::Status(error) => error.status,
        _ => 0,
    }
}
