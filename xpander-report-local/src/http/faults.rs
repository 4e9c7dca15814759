use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::sync::ignore_poison;

/// Something that goes wrong with reports, to see how the code under test takes it; injected by
/// [`LocalPlatform::inject`](crate::LocalPlatform::inject).
///
/// ```
/// use std::time::Duration;
/// use xpander_report_local::{Fault, LocalPlatform};
///
/// let platform = LocalPlatform::builder().port(0).start()?;
/// platform.inject(Fault::status(503).retry_after(Duration::from_secs(1)).times(2));
/// // … the next two reports are refused, the third is accepted …
/// platform.clear_faults();
/// # Ok::<(), xpander_report_local::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    pub(crate) kind: FaultKind,
    /// How many reports are left; `None` is all.
    times: Option<u32>,
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
        Self { kind, times: None }
    }

    /// A report waits so long before it is looked at. Then it is accepted as usual.
    pub const fn delay(delay: Duration) -> Self {
        Self::new(FaultKind::Delay(delay))
    }

    /// A report is refused with this status, from 400 to 599 (others become 500), and is not kept.
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

    /// The connection is closed without an answer, and the report is not kept.
    pub const fn drop() -> Self {
        Self::new(FaultKind::Drop)
    }

    /// The report is kept, and the connection is closed without an answer.
    pub const fn lose_answer() -> Self {
        Self::new(FaultKind::LoseAnswer)
    }

    /// When the client may try again, for a [`status`](Self::status): a `Retry-After` header in whole seconds,
    /// rounded up. Other faults have no use for it.
    pub fn retry_after(mut self, after: Duration) -> Self {
        if let FaultKind::Status { retry_after, .. } = &mut self.kind {
            *retry_after = Some(after);
        }
        self
    }

    /// Only so many reports; otherwise all, until the faults are cleared.
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

/// The faults that wait for reports, in the order in which they were injected.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        self.faults().push_back(fault);
    }

    pub(crate) fn clear(&self) {
        self.faults().clear();
    }

    /// What happens to the report that has just arrived.
    pub(crate) fn next(&self) -> Option<FaultKind> {
        let mut faults = self.faults();
        loop {
            let fault = faults.front_mut()?;
            match &mut fault.times {
                Some(0) => {
                    faults.pop_front();
                }
                Some(times) => {
                    *times -= 1;
                    return Some(fault.kind.clone());
                }
                None => return Some(fault.kind.clone()),
            }
        }
    }

    fn faults(&self) -> MutexGuard<'_, VecDeque<Fault>> {
        ignore_poison(self.0.lock())
    }
}
