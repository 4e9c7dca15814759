use crate::model::task::{TaskRecord, TaskStatus};

/// Something that happened to a task, told once it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The task's id.
    pub id: String,
    /// The organization whose task it is.
    pub organization_id: String,
    /// Its agent.
    pub agent_id: String,
    /// How it stands, or stood.
    pub status: TaskStatus,
}

/// What happened to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// Its first report, or its creation.
    Created,
    /// A later report, or another change.
    Changed,
    /// It was deleted, by a person or because it was older than what is retained.
    Deleted,
}

impl Event {
    pub(crate) fn of(kind: EventKind, task: &TaskRecord) -> Self {
        Self {
            kind,
            id: task.id.clone(),
            organization_id: task.organization_id.clone(),
            agent_id: task.agent_id.clone(),
            status: task.status,
        }
    }
}
