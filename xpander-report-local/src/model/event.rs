use crate::model::task::{TaskRecord, TaskStatus};

/// An event of a task. It is sent once the change is stored.
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
    /// Its status, or its last status if it was deleted.
    pub status: TaskStatus,
}

/// What happened to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// It was created, or reported for the first time.
    Created,
    /// It was reported again, or changed.
    Changed,
    /// It was deleted, on request or because it had expired.
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
