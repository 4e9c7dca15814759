use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::time::Time;
use crate::reporter::Reporter;
use crate::support::diagnostics::warn;

/// What an answer waits for.
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
    /// Gone once the wait has begun.
    reporter: Option<Reporter>,
    time: Option<Time>,
    delivering: Option<Delivering>,
}

type Delivering = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Delivery {
    /// What this makes an answer wait for, of a job that has so much time.
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
    /// From now on it waits for what has been reported by now.
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

/// Says once that reports are not safe, until they are again.
async fn persist(reporter: &Reporter, timeout: Duration) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    match reporter.persisted(timeout).await {
        Ok(()) => WARNED.store(false, Ordering::Relaxed),
        Err(error) => {
            if !WARNED.swap(true, Ordering::Relaxed) {
                warn(format_args!(
                    "a job is answered before its report is safe: {error}"
                ));
            }
        }
    }
}
