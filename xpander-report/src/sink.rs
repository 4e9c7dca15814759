use std::future::{Future, ready};
use std::pin::Pin;
use std::time::Duration;

use crate::envelope::Envelope;
use crate::{DeadLetter, FlushOutcome, NotPersisted, Stats};

pub(crate) type Flushing<'a> = Pin<Box<dyn Future<Output = FlushOutcome> + Send + 'a>>;

pub(crate) type Persisting<'a> =
    Pin<Box<dyn Future<Output = Result<(), NotPersisted>> + Send + 'a>>;

/// Says of a report that was refused whether it is meant.
pub(crate) type Chosen<'a> = &'a mut dyn FnMut(&DeadLetter) -> bool;

/// Where a reporter's reports go.
pub(crate) trait Sink: Send + Sync {
    fn is_enabled(&self) -> bool {
        true
    }

    /// Whether it takes the runs of this function.
    fn wants(&self, _module: &str, _function: &str) -> bool {
        true
    }

    /// How long the end of the program waits for it.
    fn exit_timeout(&self) -> Duration {
        Duration::ZERO
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

    fn flush(&self, _timeout: Duration, _after: After) -> Flushing<'_> {
        Box::pin(ready(FlushOutcome::default()))
    }

    /// Waits until what is in the spool is delivered, too.
    #[cfg(feature = "http")]
    fn drain(&self, timeout: Duration) -> Flushing<'_> {
        self.flush(timeout, After::GoOn)
    }

    /// Waits until everything accepted so far is safe.
    fn persisted(&self, _timeout: Duration) -> Persisting<'_> {
        Box::pin(ready(Ok(())))
    }

    fn stats(&self) -> Stats {
        Stats::default()
    }

    /// The reports that were refused, oldest first.
    fn dead_letters(&self) -> Vec<DeadLetter> {
        Vec::new()
    }

    /// Accepts the chosen ones of them again. Returns how many.
    fn retry_dead_letters(&self, _chosen: Chosen<'_>) -> usize {
        0
    }

    /// Deletes the chosen ones of them. Returns how many.
    fn delete_dead_letters(&self, _chosen: Chosen<'_>) -> usize {
        0
    }
}

/// What becomes of a reporter after a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    GoOn,
    /// The program is about to end.
    Leave,
    /// It takes no more reports.
    Stop,
}

/// Drops everything.
pub(crate) struct Off;

impl Sink for Off {
    fn is_enabled(&self) -> bool {
        false
    }

    fn accept(&self, _: Box<Envelope>) {}
}
