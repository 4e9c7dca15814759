use jiff::Timestamp;

use crate::task::TaskStatus;

/// One accepted report of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revision {
    /// Its place among the task's reports, from 1.
    pub number: u64,
    /// The agent that reported.
    pub agent_id: String,
    /// The status that the report led to.
    pub status: TaskStatus,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The request's body, JSON text byte for byte as it was sent.
    pub body: String,
}
