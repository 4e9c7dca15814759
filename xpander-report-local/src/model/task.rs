use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

/// A task as the platform keeps it: the reports of one id, merged.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TaskRecord {
    /// The id that the first report gave, or the one made for it.
    pub id: String,
    /// The agent of the latest report.
    pub agent_id: String,
    /// The organization that the requests' paths named, or `local`.
    pub organization_id: String,
    /// How the task stands.
    pub status: TaskStatus,
    /// What went in.
    pub input: Option<String>,
    /// What came out, or why it failed.
    pub result: Option<String>,
    /// The raw response, JSON text byte for byte as it was sent.
    pub llm_response: Option<String>,
    /// The tokens that were used.
    pub tokens: Option<Tokens>,
    /// The names of the tools that were used, in order.
    pub used_tools: Vec<String>,
    /// How long the run took, in seconds, as reported. Clients send 0 when they do not know.
    pub duration: Option<f64>,
    /// When the first report arrived.
    pub created_at: Timestamp,
    /// When the latest report arrived.
    pub updated_at: Timestamp,
    /// When the run started: the first report's arrival less its duration. `None` while it is pending.
    pub started_at: Option<Timestamp>,
    /// When the run ended: the latest report's arrival. `None` while it has not ended.
    pub finished_at: Option<Timestamp>,
    /// A word of the caller's own about how the task stands.
    pub internal_status: Option<String>,
    /// Where the task came from, as its creator said; reports say nothing of it.
    pub source: Option<String>,
    /// A headline that its creator gave it.
    pub title: Option<String>,
    /// What else its creator said, and what is kept only to be given back: a JSON object.
    pub details: Option<String>,
}

impl TaskRecord {
    /// A task that nothing is known of but its place.
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

/// Tokens of one task. Cache counts are never added to the total: some providers count them among the
/// prompt tokens already. Counts beyond 64 bits are clamped; negative ones are kept as they were sent.
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

/// How a task stands, in the platform's words. Reports lead to [`Completed`](Self::Completed) and
/// [`Failed`](Self::Failed).
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

    /// What is said of a word that is none.
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

    /// Whether nothing more happens to a task with this status by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Pending | Self::Executing | Self::Paused => false,
            Self::Error | Self::Failed | Self::Completed | Self::Stopped => true,
        }
    }

    /// The status of a word in any case.
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
