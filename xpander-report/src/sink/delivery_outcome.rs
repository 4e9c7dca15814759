use std::fmt;

use crate::report::dead_letter::DeadLetter;
use crate::report::task::Task;

/// How a report ended that somebody waited for; see [`Reporter::deliver`](crate::Reporter::deliver).
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use]
pub enum DeliveryOutcome {
    /// The platform took it, alone or merged with other reports of its task. The task is as the platform answered;
    /// `None`: this library could not read the answer as a task.
    Delivered(Option<Box<Task>>),
    /// The platform had all of it already, from newer reports of its task.
    Superseded,
    /// The platform refused it for good. It is kept as this dead letter.
    Refused(Box<DeadLetter>),
    /// It was given up.
    Dropped(DropReason),
    /// It had not ended when the time was up. With a spool it may be on disk, see
    /// [`persisted`](crate::Reporter::persisted); it is still delivered when that is possible.
    Pending,
    /// Reporting is off. Code that the library calls itself, such as a hook, gets this answer, too.
    Disabled,
}

/// Why a report was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// The queue was full.
    QueueFull,
    /// It named no agent, and neither did the configuration.
    NoAgent,
    /// The reporter had been shut down, or was before it was delivered.
    ShutDown,
    /// It waited in the spool for longer than any report may.
    Expired,
    /// Somebody had the data of its task deleted.
    Purged,
}

impl DeliveryOutcome {
    /// Whether the platform has what the report says.
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered(_) | Self::Superseded)
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QueueFull => "the queue is full",
            Self::NoAgent => "no agent is named",
            Self::ShutDown => "the reporter was shut down",
            Self::Expired => "the report waited in the spool for too long",
            Self::Purged => "the data of its task was deleted",
        })
    }
}
