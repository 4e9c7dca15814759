use std::future::{Future, ready};
use std::pin::Pin;
use std::time::Duration;

use crate::envelope::Envelope;
use crate::{FlushOutcome, Stats};

pub(crate) type Flushing<'a> = Pin<Box<dyn Future<Output = FlushOutcome> + Send + 'a>>;

/// Where a reporter's reports go.
pub(crate) trait Sink: Send + Sync {
    fn is_enabled(&self) -> bool {
        true
    }

    /// Whether it takes the runs of this function.
    fn wants(&self, _module: &str, _function: &str) -> bool {
        true
    }

    /// Whether it lets content leave; none is captured otherwise.
    fn captures_content(&self) -> bool {
        true
    }

    /// Takes a report; never blocks.
    fn accept(&self, envelope: Box<Envelope>);

    /// A response of a run was too long to be read.
    #[cfg_attr(
        not(any(feature = "bedrock", feature = "reqwest-middleware", feature = "tower")),
        expect(dead_code, reason = "only middleware reads")
    )]
    fn count_unread(&self) {}

    fn flush(&self, _timeout: Duration) -> Flushing<'_> {
        Box::pin(ready(FlushOutcome::default()))
    }

    fn shutdown(&self, timeout: Duration) -> Flushing<'_> {
        self.flush(timeout)
    }

    fn stats(&self) -> Stats {
        Stats::default()
    }

    /// The program is about to end, and has waited.
    fn leave(&self) {}
}

/// Drops everything.
pub(crate) struct Off;

impl Sink for Off {
    fn is_enabled(&self) -> bool {
        false
    }

    fn accept(&self, _: Box<Envelope>) {}
}
