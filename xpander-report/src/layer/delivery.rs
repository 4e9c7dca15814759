use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::time::Time;
use crate::reporter::Reporter;
use crate::support::diagnostics::warn;

/// The condition that an answer waits for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Delivery {
    /// Nothing.
    Later,
    Flushed(Duration),
    Persisted(Duration),
}

/// The reports that an answer waits for.
pub(super) struct Waiting {
    delivery: Delivery,
    /// `None` once the wait has begun.
    reporter: Option<Reporter>,
    time: Option<Time>,
    delivering: Option<Delivering>,
}

type Delivering = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Delivery {
    /// The wait of an answer to a job with this time left.
    pub(super) fn waiting(self, named: Option<&Reporter>, time: Option<Time>) -> Waiting {
        let reporter = || named.cloned().or_else(Reporter::current);
        Waiting {
            delivery: self,
            reporter: match self {
                Self::Later => None,
                Self::Flushed(_) | Self::Persisted(_) => reporter(),
            },
            time,
            delivering: None,
        }
    }
}

impl Waiting {
    /// Starts the wait for the reports that have been accepted so far.
    pub(super) fn begin(&mut self) {
        let Some(reporter) = self.reporter.take() else {
            return;
        };
        let time = self.time;
        let within = move |timeout: Duration| time.map_or(timeout, |it| timeout.min(it.left()));
        self.delivering = match self.delivery {
            Delivery::Later => None,
            Delivery::Flushed(timeout) => Some(Box::pin(async move {
                let _ = reporter.flush(within(timeout)).await;
            })),
            Delivery::Persisted(timeout) => Some(Box::pin(async move {
                persist(&reporter, within(timeout)).await;
            })),
        };
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(delivering) = &mut self.delivering {
            ready!(delivering.as_mut().poll(context));
            self.delivering = None;
        }
        Poll::Ready(())
    }
}

/// Warns once that reports are not safe, until they are safe again.
async fn persist(reporter: &Reporter, timeout: Duration) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    match reporter.persisted(timeout).await {
        Ok(()) => WARNED.store(false, Ordering::Relaxed),
        Err(error) => {
            if !WARNED.swap(true, Ordering::Relaxed) {
                warn(format_args!(
                    "a job was answered before its report was safe: {error}"
                ));
            }
        }
    }
}
