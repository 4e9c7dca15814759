use std::fmt;

use crate::report::dead_letter::DeadLetter;
use crate::report::task::Task;

/// The result of waiting for the delivery of one report; see [`Reporter::deliver`](crate::Reporter::deliver).
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use]
pub enum DeliveryOutcome {
    /// The platform accepted it, alone or merged with other reports of its task. It contains the task that the platform
    /// returned, or `None` if the library could not read the answer as a task.
    Delivered(Option<Box<Task>>),
    /// It was superseded by newer reports of its task that were already delivered.
    Superseded,
    /// The platform permanently refused it. It is kept as this dead letter.
    Refused(Box<DeadLetter>),
    /// It was dropped.
    Dropped(DropReason),
    /// It still waits at the timeout, and will be delivered when possible. With a spool it may be on disk; see
    /// [`persisted`](crate::Reporter::persisted).
    Pending,
    /// Reporting is disabled. Code that the library calls, such as a hook, also gets this result.
    Disabled,
}

/// Why a report was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropReason {
    /// The queue was full.
    QueueFull,
    /// Neither the report nor the configuration named an agent.
    NoAgent,
    /// The reporter was shut down before it was delivered.
    ShutDown,
    /// It exceeded the spool's age limit.
    Expired,
    /// The data of its task was deleted on request.
    Purged,
}

impl DeliveryOutcome {
    /// Whether the platform has the content of the report.
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
