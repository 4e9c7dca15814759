use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::task::TaskStatus;

/// An accepted request that created or changed a task.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revision {
    /// The number of the revision, starting at 1 for each task.
    pub number: u64,
    /// What kind of request it was.
    pub kind: RevisionKind,
    /// The agent that it was about.
    pub agent_id: String,
    /// The task's status after it.
    pub status: TaskStatus,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The changed fields. Empty for the first revision.
    pub changes: Vec<Changed>,
    /// The request's body, byte for byte. Empty when there was none.
    pub body: String,
}

/// The kind of request that led to a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RevisionKind {
    /// A report of a run.
    Report,
    /// A task was created, to be run later.
    Create,
    /// Fields of a task were set.
    Update,
    /// A task was stopped.
    Stop,
    /// The metrics of a run.
    Metrics,
}

impl RevisionKind {
    const ALL: [Self; 5] = [
        Self::Report,
        Self::Create,
        Self::Update,
        Self::Stop,
        Self::Metrics,
    ];

    /// The kind as a word in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Create => "create",
            Self::Update => "update",
            Self::Stop => "stop",
            Self::Metrics => "metrics",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for RevisionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A field that a revision changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Changed {
    /// The field's name, as in [`TaskRecord`](crate::TaskRecord).
    pub field: String,
    /// The start of the old value.
    pub before: Option<String>,
    /// The start of the new value.
    pub after: Option<String>,
}
