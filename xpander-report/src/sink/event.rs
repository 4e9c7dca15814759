use std::fmt;
use std::sync::Arc;

use super::stats::Dropped;
use crate::platform::error::Error;
use crate::support::suppress::call_hook;

/// Something that a reporter did; see [`ReporterBuilder::on_event`](crate::ReporterBuilder::on_event).
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The platform took a report.
    Delivered {
        /// The task's id.
        task_id: &'a str,
    },
    /// A report did not arrive and will be tried again.
    Retrying {
        /// The task's id.
        task_id: &'a str,
        /// Why it did not.
        error: &'a Error,
    },
    /// The platform refused a report for good. It is a [dead letter](crate::DeadLetter) now.
    Refused {
        /// The task's id.
        task_id: &'a str,
        /// Why it did.
        error: &'a Error,
    },
    /// Reports were dropped since the event of this kind before.
    Dropped {
        /// How many, by reason.
        reports: Dropped,
    },
}

/// The function that hears of events.
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
