use jiff::Timestamp;

use super::cursor::Cursor;
use crate::model::cost::Cost;
use crate::model::task::{TaskStatus, Tokens};

/// A page of a list of tasks, newest first.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct TaskPage {
    /// The tasks.
    pub tasks: Vec<ListedTask>,
    /// The position before which there are newer tasks, if any.
    pub newer: Option<Cursor>,
    /// The position after which there are older tasks, if any.
    pub older: Option<Cursor>,
}

/// A task in a list, with long texts cut.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ListedTask {
    /// The task's id.
    pub id: String,
    /// The organization whose task it is.
    pub organization_id: String,
    /// The agent of the latest report.
    pub agent_id: String,
    /// The task's status.
    pub status: TaskStatus,
    /// When the first report arrived.
    pub created_at: Timestamp,
    /// When the latest report arrived.
    pub updated_at: Timestamp,
    /// When the run started.
    pub started_at: Option<Timestamp>,
    /// When the run ended.
    pub finished_at: Option<Timestamp>,
    /// Seconds, as reported. Clients send 0 when they do not know.
    pub duration: Option<f64>,
    /// The tokens that were used.
    pub tokens: Option<Tokens>,
    /// The models that answered.
    pub models: Vec<String>,
    /// Its cost. `None` if it is unknown.
    pub cost: Option<Cost>,
    /// The number of tool calls.
    pub tool_calls: u64,
    /// The names of the first tools. Long names are cut.
    pub first_tools: Vec<String>,
    /// The start of the input, at most 240 characters.
    pub input: Option<String>,
    /// The start of the result, or of the reason of a failure, at most 240 characters.
    pub result: Option<String>,
    /// The title, if the creator gave one.
    pub title: Option<String>,
}
