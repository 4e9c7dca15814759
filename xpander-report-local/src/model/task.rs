use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::charge::Charge;
use super::cost::Cost;

/// A stored task: the merged reports of one id.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TaskRecord {
    /// The id of the first report, or a generated one.
    pub id: String,
    /// The agent of the latest report.
    pub agent_id: String,
    /// The organization that the requests' paths named, or `local`.
    pub organization_id: String,
    /// The task's status.
    pub status: TaskStatus,
    /// The input of the run.
    pub input: Option<String>,
    /// The result of the run, or the reason of its failure.
    pub result: Option<String>,
    /// The provider's raw response, byte for byte as it was sent.
    pub llm_response: Option<String>,
    /// The tokens that were used.
    pub tokens: Option<Tokens>,
    /// The models that answered, each once, as their providers name them.
    pub models: Vec<String>,
    /// The cost of the run: the sum of the charges. `None` if there are none, or if the cost of one is unknown.
    pub cost: Option<Cost>,
    /// The cost of each response of the run.
    pub charges: Vec<Charge>,
    /// The names of the tools that were used, in order.
    pub used_tools: Vec<String>,
    /// The reported duration of the run in seconds. Clients send 0 for unknown.
    pub duration: Option<f64>,
    /// When the first report arrived.
    pub created_at: Timestamp,
    /// When the latest report arrived.
    pub updated_at: Timestamp,
    /// When the run started: the first report's arrival minus its duration. `None` while the task is pending.
    pub started_at: Option<Timestamp>,
    /// When the run ended: the latest report's arrival. `None` while it has not ended.
    pub finished_at: Option<Timestamp>,
    /// A status that the caller defines.
    pub internal_status: Option<String>,
    /// The source of the task, if its creator named one. Reports do not name it.
    pub source: Option<String>,
    /// The title, if the creator gave one.
    pub title: Option<String>,
    /// The other fields of the creating request, as a JSON object.
    pub details: Option<String>,
}

impl TaskRecord {
    /// A task without any reported data.
    pub(crate) const fn blank(
        id: String,
        organization_id: String,
        agent_id: String,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id,
            agent_id,
            organization_id,
            status: TaskStatus::Completed,
            input: None,
            result: None,
            llm_response: None,
            tokens: None,
            models: Vec::new(),
            cost: None,
            charges: Vec::new(),
            used_tools: Vec::new(),
            duration: None,
            created_at,
            updated_at: created_at,
            started_at: None,
            finished_at: None,
            internal_status: None,
            source: None,
            title: None,
            details: None,
        }
    }
}

/// The tokens of a task. Cache counts are not added to the total: some providers include them in the prompt
/// tokens. Counts beyond 64 bits are clamped; negative counts are stored as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tokens {
    /// Tokens of the answer.
    pub completion_tokens: i64,
    /// Tokens of the prompt.
    pub prompt_tokens: i64,
    /// Tokens read from the provider's cache.
    pub cache_read_tokens: i64,
    /// Tokens written to the provider's cache.
    pub cache_write_tokens: i64,
    /// Completion and prompt together, as the platform computes it.
    pub total_tokens: i64,
}

impl Tokens {
    pub(crate) const fn new(
        completion: i64,
        prompt: i64,
        cache_read: i64,
        cache_write: i64,
    ) -> Self {
        Self {
            completion_tokens: completion,
            prompt_tokens: prompt,
            cache_read_tokens: cache_read,
            cache_write_tokens: cache_write,
            total_tokens: completion.saturating_add(prompt),
        }
    }
}

/// The status of a task. Reports lead to [`Completed`](Self::Completed) and [`Failed`](Self::Failed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TaskStatus {
    /// Created, not started.
    Pending,
    /// Running.
    Executing,
    /// Waiting for something outside.
    Paused,
    /// The platform itself failed.
    Error,
    /// The run failed.
    Failed,
    /// The run succeeded.
    Completed,
    /// Stopped by a person.
    Stopped,
}

impl TaskStatus {
    pub(crate) const ALL: [Self; 7] = [
        Self::Pending,
        Self::Executing,
        Self::Paused,
        Self::Error,
        Self::Failed,
        Self::Completed,
        Self::Stopped,
    ];

    /// The error message for an unknown status.
    pub(crate) const EXPECTED: &str = "Input should be 'pending', 'executing', 'paused', 'error', 'failed', \
                                       'completed' or 'stopped'";

    /// The platform's word for it, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Executing => "executing",
            Self::Paused => "paused",
            Self::Error => "error",
            Self::Failed => "failed",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
        }
    }

    /// Whether the run of the task has ended.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Pending | Self::Executing | Self::Paused => false,
            Self::Error | Self::Failed | Self::Completed | Self::Stopped => true,
        }
    }

    /// Parses the platform's word, ignoring case.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
