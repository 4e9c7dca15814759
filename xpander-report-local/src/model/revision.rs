use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::task::TaskStatus;

/// One accepted request that made or changed a task.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revision {
    /// Its place among the task's revisions, from 1.
    pub number: u64,
    /// What kind of request it was.
    pub kind: RevisionKind,
    /// The agent that it was about.
    pub agent_id: String,
    /// The status that it led to.
    pub status: TaskStatus,
    /// When it arrived.
    pub received_at: Timestamp,
    /// What it changed; nothing for the first one.
    pub changes: Vec<Changed>,
    /// The request's body, JSON text byte for byte as it was sent; empty when there was none.
    pub body: String,
}

/// Which request led to a revision.
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

    /// One word for it, in lower case.
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

/// A field that a revision changed. Long values are cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Changed {
    /// The field's name, as in [`TaskRecord`](crate::TaskRecord).
    pub field: String,
    /// The start of what it was, for a person.
    pub before: Option<String>,
    /// The start of what it became.
    pub after: Option<String>,
}
