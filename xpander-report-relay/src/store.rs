//! What keeps reports until they are delivered.

use std::fmt;
use std::pin::Pin;

use xpander_report::relay::SenderSequence;
use xpander_report::{Stats, TaskReport};
use xpander_report_http::body::InProgress;

use crate::status::{DeadLetterEntry, Purged, Status};

/// A report that came in.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) id: String,
    /// As it was sent.
    #[cfg_attr(
        not(feature = "nats"),
        expect(dead_code, reason = "only a stream keeps it")
    )]
    pub(crate) body: String,
    /// What it says, with its agent.
    pub(crate) report: TaskReport,
    /// Where it stands among those of its process, if that says so.
    pub(crate) sender: Option<SenderSequence>,
    /// Its bytes count among those in progress until it is kept, also when nobody waits for the answer any more.
    pub(crate) in_progress: InProgress,
}

/// What was asked is not done.
#[derive(Debug)]
pub(crate) enum NotDone {
    /// Perhaps later.
    Unavailable(String),
    /// The report is larger than the store can take.
    #[cfg_attr(
        not(feature = "nats"),
        expect(dead_code, reason = "only a stream has this limit")
    )]
    TooLarge(String),
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::TooLarge(why) => f.write_str(why),
        }
    }
}

pub(crate) type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Accepts reports durably, and delivers them or has them delivered.
pub(crate) trait Store: fmt::Debug + Send + Sync {
    /// Returns `Ok` when the report is durable, and not before: no report waits in memory only. The value is the
    /// report's sequence, if the store is a stream.
    fn keep(&self, incoming: Incoming) -> Doing<'_, Result<Option<u64>, NotDone>>;

    /// Whether a report would be kept now.
    fn check(&self) -> Doing<'_, Result<(), NotDone>>;

    /// What the platform said, if it refuses the key.
    fn key_refusal(&self) -> Option<String>;

    /// Fills in what is known of waiting reports and of their delivery.
    fn describe<'a>(&'a self, status: &'a mut Status) -> Doing<'a, Result<(), NotDone>>;

    fn dead_letters(&self) -> Doing<'_, Result<Vec<DeadLetterEntry>, NotDone>>;

    /// Sends the dead letters of a task again, or all. Returns how many.
    fn retry_dead_letters(&self, task: Option<String>) -> Doing<'_, Result<usize, NotDone>>;

    /// Deletes the dead letters of a task, or all. Returns how many.
    fn delete_dead_letters(&self, task: Option<String>) -> Doing<'_, Result<usize, NotDone>>;

    /// Deletes what is here of a task.
    fn purge(&self, task: String) -> Doing<'_, Result<Purged, NotDone>>;

    /// Where reports wait, for people.
    fn place(&self) -> String;

    /// Why no report is accepted, as far as that is known without asking.
    fn problem(&self) -> Option<String>;

    /// The counters of this process.
    fn stats(&self) -> Stats;

    /// Whether no report waits any more.
    fn is_drained(&self) -> bool;

    /// Stops the store. Requests in flight have a few seconds to end. Blocks.
    fn stop(&self);
}
