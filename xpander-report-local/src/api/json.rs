//! The API's records as JSON, made from the stored data.

use jiff::Timestamp;
use serde::Serialize;
use xpander_report_http::reader::Details;
use xpander_report_http::record::{AgentJson, InputJson, SOURCE, TaskJson, TokensJson};

use crate::model::agent::Agent;
use crate::model::cost::Cost;
use crate::model::task::{TaskRecord, TaskStatus, Tokens};
use crate::model::text::first_chars;

/// How many characters of an input a list has.
const MAX_START_CHARS: usize = 240;

/// The record of a task.
pub(super) fn task(task: &TaskRecord) -> TaskJson<'_> {
    let mut details = task.details.as_deref().map(parts).unwrap_or_default();
    let input = details
        .remove("input")
        .map(|input| parts(input.get()))
        .unwrap_or_default();
    TaskJson {
        id: &task.id,
        agent_id: &task.agent_id,
        organization_id: &task.organization_id,
        input: InputJson::new(task.input.as_deref(), input),
        status: task.status.as_str(),
        internal_status: task.internal_status.as_deref(),
        created_at: task.created_at,
        updated_at: task.updated_at,
        started_at: task.started_at,
        finished_at: task.finished_at,
        paused_at: (task.status == TaskStatus::Paused).then_some(task.updated_at),
        result: task.result.as_deref(),
        duration: task.duration,
        tokens: task.tokens.map(tokens),
        model: models(task),
        cost_usd: task.cost.map(Cost::dollars),
        used_tools: &task.used_tools,
        source: task.source.as_deref().unwrap_or(SOURCE),
        title: task.title.as_deref(),
        background_auth_eligible: false,
        details,
    }
}

/// All models of a task.
fn models(task: &TaskRecord) -> Option<String> {
    (!task.models.is_empty()).then(|| task.models.join(", "))
}

fn tokens(tokens: Tokens) -> TokensJson {
    TokensJson {
        completion_tokens: tokens.completion_tokens,
        prompt_tokens: tokens.prompt_tokens,
        cache_read_tokens: tokens.cache_read_tokens,
        cache_write_tokens: tokens.cache_write_tokens,
        total_tokens: tokens.total_tokens,
    }
}

/// The parts of a stored object.
fn parts(object: &str) -> Details {
    serde_json::from_str(object).unwrap_or_default()
}

/// The record of an agent.
pub(super) fn agent(agent: &Agent) -> AgentJson<'_> {
    AgentJson::new(&agent.id, &agent.organization_id, agent.created_at)
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
    model: Option<String>,
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
            model: models(task),
            cost_usd: task.cost.map(Cost::dollars),
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
