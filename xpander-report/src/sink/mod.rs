//! Where a reporter's reports go.

pub(crate) mod delivery_outcome;
#[cfg(feature = "http")]
pub(crate) mod event;
pub(crate) mod stats;

use std::pin::Pin;
use std::time::Duration;
#[cfg(feature = "tower")]
use std::time::Instant;

use delivery_outcome::DeliveryOutcome;
use stats::{FlushOutcome, NotPersisted, Stats};

use crate::envelope::Envelope;
use crate::envelope::redaction::Redaction;
use crate::report::dead_letter::{Chosen, DeadLetters};

pub(crate) type Flushing<'a> = Pin<Box<dyn Future<Output = FlushOutcome> + Send + 'a>>;

pub(crate) type Persisting<'a> =
    Pin<Box<dyn Future<Output = Result<(), NotPersisted>> + Send + 'a>>;

pub(crate) type Delivering<'a> = Pin<Box<dyn Future<Output = DeliveryOutcome> + Send + 'a>>;

/// Accepts the reports of a reporter.
pub(crate) trait Sink: Send + Sync {
    /// How runs of this function are reported.
    fn wants(&self, module: &str, function: &str) -> Wanted;

    /// Which content may be reported. Other content is not captured.
    fn redaction(&self) -> &Redaction;

    /// The agent of runs without an agent of their own.
    #[cfg_attr(
        not(feature = "tracing"),
        expect(dead_code, reason = "only spans name it")
    )]
    fn agent_id(&self) -> Option<&str>;

    /// Accepts a stamped report. Never blocks.
    fn accept(&self, envelope: Box<Envelope>);

    /// Counts a response that was too long to read.
    #[cfg_attr(
        not(feature = "_middleware"),
        expect(dead_code, reason = "only middleware reads")
    )]
    fn count_oversized(&self);

    fn stats(&self) -> Stats;

    /// This sink, if it delivers in the background.
    fn background(&self) -> Option<&dyn Background>;
}

/// A sink that delivers in the background. Callers can wait for it.
pub(crate) trait Background {
    /// How long the program waits for it when it ends.
    fn exit_timeout(&self) -> Duration;

    fn flush(&self, timeout: Duration, after: Then) -> Flushing<'_>;

    /// Waits until the reports in the spool are delivered as well.
    #[cfg(feature = "http")]
    fn drain(&self, timeout: Duration) -> Flushing<'_>;

    /// Waits until all accepted reports are safe.
    fn persisted(&self, timeout: Duration) -> Persisting<'_>;

    /// Accepts a report and waits until it has ended.
    fn deliver(&self, envelope: Box<Envelope>, timeout: Duration) -> Delivering<'_>;

    /// The dead letters, oldest first.
    fn dead_letters(&self) -> DeadLetters;

    /// Resubmits the chosen dead letters. Returns their number.
    fn retry_dead_letters(&self, chosen: Chosen<'_>) -> usize;

    /// Deletes the chosen dead letters. Returns their number.
    fn delete_dead_letters(&self, chosen: Chosen<'_>) -> usize;

    /// Reports a run at this time, unless it is withdrawn before.
    #[cfg(feature = "tower")]
    fn watch(&self, at: Instant, run: Box<dyn Overdue>) -> Watched;

    /// Withdraws a watched run.
    #[cfg(feature = "tower")]
    fn unwatch(&self, watched: Watched);
}

/// How the runs of a function are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Each run is a task.
    pub(crate) as_task: bool,
    /// Inside another run, it is not a task and counts in that run.
    pub(crate) rolled_up: bool,
}

/// A run that may still be open at its deadline.
#[cfg(feature = "tower")]
pub(crate) trait Overdue: Send {
    /// A stamped report that says so. `None` if the run has ended.
    #[cfg_attr(
        not(feature = "http"),
        expect(dead_code, reason = "only delivery in the background watches")
    )]
    fn report(&self) -> Option<Box<Envelope>>;
}

/// A watched run: its deadline and a unique number.
#[cfg(feature = "tower")]
pub(crate) type Watched = (Instant, u64);

/// What a reporter does after a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Continue,
    /// The program is about to exit.
    Exit,
    /// The reporter accepts no more reports.
    Shutdown,
}
