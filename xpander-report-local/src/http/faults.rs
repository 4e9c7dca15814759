use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use xpander_report_http::sync::ignore_poison;

/// A failure of the platform, to test how code handles it; see [`LocalPlatform::inject`](crate::LocalPlatform::inject).
///
/// ```
/// use std::time::Duration;
/// use xpander_report_local::{Fault, LocalPlatform};
///
/// let platform = LocalPlatform::builder().port(0).start()?;
/// platform.inject(Fault::status(503).retry_after(Duration::from_secs(1)).times(2));
/// // … the next two reports are refused, the third is accepted …
///
/// platform.inject(Fault::status(500).agent("agent-7"));
/// // … the reports of this agent fail, those of other agents are accepted …
/// platform.clear_faults();
/// # Ok::<(), xpander_report_local::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    pub(crate) kind: FaultKind,
    /// How many more reports it affects; `None` is all.
    times: Option<u32>,
    /// The agent whose reports it affects; `None` is all agents.
    agent: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum FaultKind {
    Delay(Duration),
    Status {
        status: u16,
        retry_after: Option<Duration>,
    },
    Drop,
    LoseAnswer,
}

impl Fault {
    const fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            times: None,
            agent: None,
        }
    }

    /// Delays a report. Then it is accepted as usual.
    pub const fn delay(delay: Duration) -> Self {
        Self::new(FaultKind::Delay(delay))
    }

    /// Refuses a report with this status, from 400 to 599 (others become 500), and does not store it.
    pub const fn status(status: u16) -> Self {
        let status = if status >= 400 && status <= 599 {
            status
        } else {
            500
        };
        Self::new(FaultKind::Status {
            status,
            retry_after: None,
        })
    }

    /// Closes the connection without an answer and does not store the report.
    pub const fn drop_connection() -> Self {
        Self::new(FaultKind::Drop)
    }

    /// Stores the report and closes the connection without an answer.
    pub const fn lose_answer() -> Self {
        Self::new(FaultKind::LoseAnswer)
    }

    /// Adds a `Retry-After` header to a [`status`](Self::status), in whole seconds, rounded up. Other faults
    /// ignore it.
    pub fn retry_after(mut self, after: Duration) -> Self {
        if let FaultKind::Status { retry_after, .. } = &mut self.kind {
            *retry_after = Some(after);
        }
        self
    }

    /// How many reports it affects. By default all, until the faults are cleared.
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Affects only reports to this agent. By default it affects the reports to all agents.
    pub fn agent(mut self, id: impl Into<String>) -> Self {
        self.agent = Some(id.into());
        self
    }
}

/// The injected faults, in the order of injection.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        self.faults().push(fault);
    }

    pub(crate) fn clear(&self) {
        self.faults().clear();
    }

    /// The fault for a report to this agent that has just arrived.
    pub(crate) fn next(&self, agent: &str) -> Option<FaultKind> {
        let mut faults = self.faults();
        faults.retain(|fault| fault.times != Some(0));
        let is_affected = |fault: &&mut Fault| fault.agent.as_deref().is_none_or(|it| it == agent);
        let fault = faults.iter_mut().find(is_affected)?;
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        Some(fault.kind.clone())
    }

    fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        ignore_poison(self.0.lock())
    }
}
