//! The API's records as JSON. The public platform has more fields; these are the ones that clients require or
//! that the local platform knows.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::model::agent::Agent;
use crate::model::change::Details;
use crate::model::cost::Cost;
use crate::model::task::{TaskRecord, TaskStatus, Tokens};
use crate::model::text::first_chars;

/// The `source` of a task whose creator gave none.
const SOURCE: &str = "sdk";

/// The model of an agent: the local platform does not know it.
const UNKNOWN: &str = "unknown";

/// How many characters of an input a list has.
const MAX_START_CHARS: usize = 240;

#[derive(Debug, Serialize)]
pub(super) struct TaskJson<'a> {
    id: &'a str,
    agent_id: &'a str,
    organization_id: &'a str,
    input: Input<'a>,
    status: TaskStatus,
    internal_status: Option<&'a str>,
    created_at: Timestamp,
    updated_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    paused_at: Option<Timestamp>,
    result: Option<&'a str>,
    duration: Option<f64>,
    tokens: Option<Tokens>,
    model: Option<&'a str>,
    cost_usd: Option<f64>,
    used_tools: &'a [String],
    source: &'a str,
    title: Option<&'a str>,
    background_auth_eligible: bool,
    /// The other fields of the request that created the task.
    #[serde(flatten)]
    details: Details,
}

#[derive(Debug, Serialize)]
struct Input<'a> {
    text: Option<&'a str>,
    files: Box<RawValue>,
    attachments: Box<RawValue>,
    user: Option<Box<RawValue>>,
    principal: Option<Box<RawValue>>,
}

impl<'a> From<&'a TaskRecord> for TaskJson<'a> {
    fn from(task: &'a TaskRecord) -> Self {
        let mut details = task.details.as_deref().map(parts).unwrap_or_default();
        let mut input = details
            .remove("input")
            .map(|input| parts(input.get()))
            .unwrap_or_default();
        Self {
            id: &task.id,
            agent_id: &task.agent_id,
            organization_id: &task.organization_id,
            input: Input {
                text: task.input.as_deref(),
                files: input.remove("files").unwrap_or_else(none),
                attachments: input.remove("attachments").unwrap_or_else(none),
                user: input.remove("user"),
                principal: input.remove("principal"),
            },
            status: task.status,
            internal_status: task.internal_status.as_deref(),
            created_at: task.created_at,
            updated_at: task.updated_at,
            started_at: task.started_at,
            finished_at: task.finished_at,
            paused_at: (task.status == TaskStatus::Paused).then_some(task.updated_at),
            result: task.result.as_deref(),
            duration: task.duration,
            tokens: task.tokens,
            model: task.models.first().map(String::as_str),
            cost_usd: task.cost.map(Cost::dollars),
            used_tools: &task.used_tools,
            source: task.source.as_deref().unwrap_or(SOURCE),
            title: task.title.as_deref(),
            background_auth_eligible: false,
            details,
        }
    }
}

/// The parts of a stored object.
fn parts(object: &str) -> Details {
    serde_json::from_str(object).unwrap_or_default()
}

fn none() -> Box<RawValue> {
    let list: [(); 0] = [];
    serde_json::value::to_raw_value(&list).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[derive(Debug, Serialize)]
pub(super) struct ListedTaskJson<'a> {
    id: &'a str,
    agent_id: &'a str,
    organization_id: &'a str,
    status: TaskStatus,
    created_at: Timestamp,
    updated_at: Timestamp,
    result: Option<&'a str>,
    title: Option<&'a str>,
    // The public platform's list does not have these.
    input_start: Option<&'a str>,
    duration: Option<f64>,
    tokens: Option<Tokens>,
    used_tools: &'a [String],
    model: Option<&'a str>,
    cost_usd: Option<f64>,
}

impl<'a> From<&'a TaskRecord> for ListedTaskJson<'a> {
    fn from(task: &'a TaskRecord) -> Self {
        Self {
            id: &task.id,
            agent_id: &task.agent_id,
            organization_id: &task.organization_id,
            status: task.status,
            created_at: task.created_at,
            updated_at: task.updated_at,
            result: task.result.as_deref(),
            title: task.title.as_deref(),
            input_start: task
                .input
                .as_deref()
                .map(|input| first_chars(input, MAX_START_CHARS)),
            duration: task.duration,
            tokens: task.tokens,
            used_tools: &task.used_tools,
            model: task.models.first().map(String::as_str),
            cost_usd: task.cost.map(Cost::dollars),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct AgentJson<'a> {
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
}

impl<'a> From<&'a Agent> for AgentJson<'a> {
    fn from(agent: &'a Agent) -> Self {
        Self {
            id: &agent.id,
            organization_id: &agent.organization_id,
            name: &agent.id,
            unique_name: &agent.id,
            framework: "agno",
            model_provider: UNKNOWN,
            model_name: UNKNOWN,
            status: "ACTIVE",
            created_at: agent.created_at,
            graph: [],
            tools: [],
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct ListedAgentJson<'a> {
    id: &'a str,
    name: &'a str,
    icon: &'static str,
    instructions: Instructions,
    status: &'static str,
    organization_id: &'a str,
    created_at: Timestamp,
}

/// `{}`: the local platform knows no instructions.
#[derive(Debug, Serialize)]
struct Instructions {}

impl<'a> From<&'a Agent> for ListedAgentJson<'a> {
    fn from(agent: &'a Agent) -> Self {
        Self {
            id: &agent.id,
            name: &agent.id,
            icon: "",
            instructions: Instructions {},
            status: "ACTIVE",
            organization_id: &agent.organization_id,
            created_at: agent.created_at,
        }
    }
}
