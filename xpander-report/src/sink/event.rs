use std::fmt;
use std::sync::Arc;

use super::stats::Dropped;
use crate::platform::error::Error;
use crate::support::suppress::call_hook;

/// An event of a reporter; see [`ReporterBuilder::on_event`](crate::ReporterBuilder::on_event).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The platform accepted a report.
    #[non_exhaustive]
    Delivered {
        /// The task's id.
        task_id: &'a str,
    },
    /// The delivery of a report failed and will be retried.
    #[non_exhaustive]
    Retrying {
        /// The task's id.
        task_id: &'a str,
        /// The error.
        error: &'a Error,
    },
    /// The platform permanently refused a report. It is now a [dead letter](crate::DeadLetter).
    #[non_exhaustive]
    Refused {
        /// The task's id.
        task_id: &'a str,
        /// The error.
        error: &'a Error,
    },
    /// Reports were dropped since the previous event of this kind.
    #[non_exhaustive]
    Dropped {
        /// How many, by reason.
        reports: Dropped,
    },
}

/// The function that is called for each event.
#[derive(Clone, Default)]
pub(crate) struct Listener(Option<Arc<Hook>>);

type Hook = dyn Fn(&Event<'_>) + Send + Sync;

impl Listener {
    pub(crate) fn new(hook: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    pub(crate) fn notify(&self, event: &Event<'_>) {
        if let Some(hook) = &self.0 {
            call_hook(|| hook(event));
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.0.is_some()).finish()
    }
}
