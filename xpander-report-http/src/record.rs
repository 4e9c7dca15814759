//! The platform's records as JSON. The public platform has more fields; these are the ones that clients require or that
//! the servers here know.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::field::Counts;
use crate::reader::Details;

/// The `source` of a task whose creator gave none.
pub const SOURCE: &str = "sdk";

/// The model of an agent: the servers here do not know it.
const UNKNOWN: &str = "unknown";

/// A task.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields of the platform's record")]
pub struct TaskJson<'a> {
    pub id: &'a str,
    pub agent_id: &'a str,
    pub organization_id: &'a str,
    pub input: InputJson<'a>,
    pub status: &'a str,
    pub internal_status: Option<&'a str>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub paused_at: Option<Timestamp>,
    pub result: Option<&'a str>,
    pub duration: Option<f64>,
    pub tokens: Option<TokensJson>,
    pub model: Option<String>,
    pub cost_usd: Option<f64>,
    pub used_tools: &'a [String],
    pub source: &'a str,
    pub title: Option<&'a str>,
    pub background_auth_eligible: bool,
    /// The other fields of the request that created the task.
    #[serde(flatten)]
    pub details: Details,
}

/// The input of a task.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields of the platform's record")]
pub struct InputJson<'a> {
    pub text: Option<&'a str>,
    pub files: Box<RawValue>,
    pub attachments: Box<RawValue>,
    pub user: Option<Box<RawValue>>,
    pub principal: Option<Box<RawValue>>,
}

impl<'a> InputJson<'a> {
    /// An input with this text and these other parts.
    pub fn new(text: Option<&'a str>, mut parts: Details) -> Self {
        Self {
            text,
            files: parts.remove("files").unwrap_or_else(none),
            attachments: parts.remove("attachments").unwrap_or_else(none),
            user: parts.remove("user"),
            principal: parts.remove("principal"),
        }
    }
}

/// The tokens of a task.
#[derive(Debug, Clone, Copy, Serialize)]
#[expect(missing_docs, reason = "the fields of the platform's record")]
pub struct TokensJson {
    pub completion_tokens: i64,
    pub prompt_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub total_tokens: i64,
}

impl From<Counts> for TokensJson {
    fn from(counts: Counts) -> Self {
        let [completion, prompt] =
            [counts.completion, counts.prompt].map(Option::unwrap_or_default);
        Self {
            completion_tokens: completion,
            prompt_tokens: prompt,
            cache_read_tokens: counts.cache_read.unwrap_or_default(),
            cache_write_tokens: counts.cache_write.unwrap_or_default(),
            total_tokens: completion.saturating_add(prompt),
        }
    }
}

fn none() -> Box<RawValue> {
    let list: [(); 0] = [];
    serde_json::value::to_raw_value(&list).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// An agent.
#[derive(Debug, Serialize)]
pub struct AgentJson<'a> {
    id: &'a str,
    organization_id: &'a str,
    name: &'a str,
    unique_name: &'a str,
    framework: &'static str,
    model_provider: &'static str,
    model_name: &'static str,
    status: &'static str,
    created_at: Timestamp,
    graph: [&'a str; 0],
    tools: [&'a str; 0],
    /// The name of the relay that answers in place of the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    relay: Option<&'a str>,
}

impl<'a> AgentJson<'a> {
    /// An agent of which nothing else is known.
    pub const fn new(id: &'a str, organization_id: &'a str, created_at: Timestamp) -> Self {
        Self {
            id,
            organization_id,
            name: id,
            unique_name: id,
            framework: "agno",
            model_provider: UNKNOWN,
            model_name: UNKNOWN,
            status: "ACTIVE",
            created_at,
            graph: [],
            tools: [],
            relay: None,
        }
    }

    /// Says that a relay answers.
    #[must_use]
    pub const fn of_relay(mut self, name: &'a str) -> Self {
        self.relay = Some(name);
        self
    }
}
