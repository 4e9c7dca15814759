use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

use super::object::Record;
use super::tokens::Tokens;

/// The platform's record of a run, as a direct call of `report_external_task` returns it.
///
/// Unknown fields, and known fields with an unknown kind of value, are kept unchanged in
/// [`other`](Self::other).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Task {
    /// The task's id.
    pub id: String,
    /// The agent whose history holds the task.
    pub agent_id: String,
    /// The organization that the agent belongs to.
    pub organization_id: String,
    /// The input of the run.
    pub input: TaskInput,
    /// When the platform created the task: usually RFC 3339, kept unchanged.
    pub created_at: String,
    /// The task's status. `None` if the platform sent none.
    pub status: Option<TaskStatus>,
    /// The result of the run, or its error.
    pub result: Option<String>,
    /// When the run started, kept unchanged.
    pub started_at: Option<String>,
    /// When the run ended, kept unchanged.
    pub finished_at: Option<String>,
    /// The duration of the run, in seconds.
    pub duration: Option<f64>,
    /// The tokens of the run.
    pub tokens: Option<Tokens>,
    /// The tools that the run called.
    pub used_tools: Vec<String>,
    /// Every other field of the record, byte for byte.
    pub other: BTreeMap<String, Box<RawValue>>,
}

impl<'de> Deserialize<'de> for Task {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut record = Record::deserialize(deserializer)?;
        Ok(Self {
            id: record.required("id")?,
            agent_id: record.required("agent_id")?,
            organization_id: record.required("organization_id")?,
            input: record.required("input")?,
            created_at: record.required::<Moment, D::Error>("created_at")?.0,
            status: record.optional("status"),
            result: record.optional("result"),
            started_at: record.optional("started_at").map(|Moment(moment)| moment),
            finished_at: record.optional("finished_at").map(|Moment(moment)| moment),
            duration: record.optional("duration"),
            tokens: record.optional("tokens"),
            used_tools: record.optional("used_tools").unwrap_or_default(),
            other: record.rest(),
        })
    }
}

/// The input of a task.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TaskInput {
    /// The input's text.
    pub text: Option<String>,
    /// Every other field of the input (files, user, …), byte for byte.
    pub other: BTreeMap<String, Box<RawValue>>,
}

impl<'de> Deserialize<'de> for TaskInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut record = Record::deserialize(deserializer)?;
        Ok(Self {
            text: record.optional("text"),
            other: record.rest(),
        })
    }
}

/// The status of a task. An unknown status is kept unchanged.
///
/// ```
/// use xpander_report::TaskStatus;
///
/// let status: TaskStatus = serde_json::from_str(r#""hibernating""#).unwrap();
/// assert_eq!(status, TaskStatus::Other("hibernating".into()));
/// assert_eq!(status.as_str(), "hibernating");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskStatus {
    /// Accepted, not yet running.
    Pending,
    /// Running.
    Executing,
    /// Paused.
    Paused,
    /// Ended by an error of the platform.
    Error,
    /// Ended without success.
    Failed,
    /// Ended with success.
    Completed,
    /// Stopped from outside.
    Stopped,
    /// A status that this version does not know.
    Other(String),
}

impl TaskStatus {
    /// The platform's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Executing => "executing",
            Self::Paused => "paused",
            Self::Error => "error",
            Self::Failed => "failed",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Other(status) => status,
        }
    }
}

impl From<String> for TaskStatus {
    fn from(status: String) -> Self {
        match status.as_str() {
            "pending" => Self::Pending,
            "executing" => Self::Executing,
            "paused" => Self::Paused,
            "error" => Self::Error,
            "failed" => Self::Failed,
            "completed" => Self::Completed,
            "stopped" => Self::Stopped,
            _ => Self::Other(status),
        }
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for TaskStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TaskStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// A moment as the platform writes it: text, or seconds since 1970.
struct Moment(String);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match serde_json::from_str::<String>(raw.get()) {
            Ok(text) => Ok(Self(text)),
            Err(_) if raw.get().parse::<f64>().is_ok() => Ok(Self(raw.get().to_owned())),
            Err(_) => Err(de::Error::custom("expected a time: a string or a number")),
        }
    }
}
