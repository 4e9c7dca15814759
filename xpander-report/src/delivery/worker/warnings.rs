use std::collections::HashSet;

use crate::platform::error::Error;
use crate::platform::error::Refusal;
use crate::report::task_id::TaskId;
use crate::support::diagnostics::warn;

/// Failures in a row after which an outage is told: one may be chance.
const FAILURES_BEFORE_WARNING: u32 = 2;

/// What is told of failures: an outage once, a kind of refusal once.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    failures: u32,
    refusals: HashSet<u16>,
}

impl Warnings {
    /// A report arrived.
    pub(super) fn recovered(&mut self) {
        self.failures = 0;
        self.refusals.retain(|status| !matches!(status, 401 | 403));
    }

    /// A report will be tried again.
    pub(super) fn retrying(&mut self, id: &TaskId, error: &Error) {
        if let Some(refusal) = error.refusal() {
            self.refused_for_now(id, error, refusal);
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures == FAILURES_BEFORE_WARNING {
            warn(format_args!(
                "reports wait and are tried again: {}",
                error.with_sources()
            ));
        }
    }

    fn refused_for_now(&mut self, id: &TaskId, error: &Error, refusal: Refusal) {
        let status = status(error);
        if !self.refusals.insert(status) {
            return;
        }
        let what = match refusal {
            Refusal::Key => {
                "the platform refuses the API key. Reports are kept and tried again; \
                             check XPANDER_API_KEY"
            }
            Refusal::Agent => {
                "the platform refuses reports of an agent. They are kept and tried again; \
                               check XPANDER_AGENT_ID, and what the key may do"
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
