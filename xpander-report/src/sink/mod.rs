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

/// What takes reports.
pub(crate) trait Sink: Send + Sync {
    /// What becomes of the runs of this function.
    fn wants(&self, module: &str, function: &str) -> Wanted;

    /// What of content it lets leave; what it does not is not captured.
    fn redaction(&self) -> &Redaction;

    /// The agent of runs that name none.
    #[cfg_attr(
        not(feature = "tracing"),
        expect(dead_code, reason = "only spans name it")
    )]
    fn agent_id(&self) -> Option<&str>;

    /// Takes a report that has its place in the order of all reports; never blocks.
    fn accept(&self, envelope: Box<Envelope>);

    /// A response of a run was too long to be read.
    #[cfg_attr(
        not(feature = "_middleware"),
        expect(dead_code, reason = "only middleware reads")
    )]
    fn count_oversized(&self);

    fn stats(&self) -> Stats;

    /// Itself, if it delivers in the background.
    fn background(&self) -> Option<&dyn Background>;
}

/// What delivers in the background, so that one can wait for it.
pub(crate) trait Background {
    /// How long the end of the program waits for it.
    fn exit_timeout(&self) -> Duration;

    fn flush(&self, timeout: Duration, after: Then) -> Flushing<'_>;

    /// Waits until what is in the spool is delivered, too.
    #[cfg(feature = "http")]
    fn drain(&self, timeout: Duration) -> Flushing<'_>;

    /// Waits until everything accepted so far is safe.
    fn persisted(&self, timeout: Duration) -> Persisting<'_>;

    /// Accepts a report and waits for its end.
    fn deliver(&self, envelope: Box<Envelope>, timeout: Duration) -> Delivering<'_>;

    /// The reports that were refused, oldest first.
    fn dead_letters(&self) -> DeadLetters;

    /// Accepts the chosen ones of them again. Returns how many.
    fn retry_dead_letters(&self, chosen: Chosen<'_>) -> usize;

    /// Deletes the chosen ones of them. Returns how many.
    fn delete_dead_letters(&self, chosen: Chosen<'_>) -> usize;

    /// Reports a run at this time, unless it is withdrawn before.
    #[cfg(feature = "tower")]
    fn watch(&self, at: Instant, run: Box<dyn Overdue>) -> Watched;

    /// Withdraws a run.
    #[cfg(feature = "tower")]
    fn unwatch(&self, watched: Watched);
}

/// What becomes of the runs of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Each is a task.
    pub(crate) as_task: bool,
    /// Inside another run it is none, and counts there.
    pub(crate) rolled_up: bool,
}

/// A run that may be open when its time is up.
#[cfg(feature = "tower")]
pub(crate) trait Overdue: Send {
    /// A report that says so, with its place in the order of all reports; none if the run is over.
    #[cfg_attr(
        not(feature = "http"),
        expect(dead_code, reason = "only delivery in the background watches")
    )]
    fn report(&self) -> Option<Box<Envelope>>;
}

/// A run that is watched: its time, and a number of its own.
#[cfg(feature = "tower")]
pub(crate) type Watched = (Instant, u64);

/// What becomes of a reporter after a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Continue,
    /// The program is about to end.
    Exit,
    /// It takes no more reports.
    Shutdown,
}
