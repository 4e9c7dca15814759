use std::collections::HashSet;

use crate::diagnostics::warn;
use crate::error::Error;
use crate::task_id::TaskId;

/// Failures in a row after which an outage is told: one may be chance.
const TOLD_AFTER: u32 = 2;

/// What is told of failures: an outage once, a kind of refusal once.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    failures: u32,
    refusals: HashSet<u16>,
}

impl Trouble {
    /// A report arrived.
    pub(super) fn over(&mut self) {
        self.failures = 0;
    }

    /// A report will be tried again.
    pub(super) fn put_off(&mut self, error: &Error) {
        self.failures = self.failures.saturating_add(1);
        if self.failures == TOLD_AFTER {
            warn(format_args!(
                "reports wait and are tried again: {}",
                error.with_sources()
            ));
        }
    }

    /// A report will never arrive.
    pub(super) fn refused(&mut self, id: &TaskId, error: &Error) {
        let status = match error {
            Error::Status(error) => error.status,
            _ => 0,
        };
        if self.refusals.insert(status) {
            warn(format_args!(
                "task {id} cannot be delivered: {}",
                error.with_sources()
            ));
        }
    }
}
