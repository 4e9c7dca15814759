//! Reads columns of rows.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};
use serde::de::DeserializeOwned;

use crate::model::cost::Cost;
use crate::model::task::{TaskRecord, TaskStatus, Tokens};

/// The columns that [`task`] reads from [`FROM`]: everything but the raw response.
pub(super) const TASK: &str = "t.seq, t.id, t.agent, t.organization, \
     (SELECT id FROM organizations WHERE key = t.organization) AS organization_id, \
     (SELECT id FROM agents WHERE key = t.agent) AS agent_id, \
     t.status, t.updated_at, t.started_at, t.finished_at, t.duration, t.completion_tokens, t.prompt_tokens, \
     t.cache_read_tokens, t.cache_write_tokens, t.cost, t.models, r.charges, t.internal_status, t.source, t.title, x.details, \
     coalesce(x.used_tools, t.tools_start) AS used_tools, coalesce(x.input, t.input_start) AS input, \
     coalesce(x.result, t.result_start) AS result";

/// The tables of [`TASK`].
pub(super) const FROM: &str =
    "tasks AS t LEFT JOIN texts AS x ON x.task = t.seq LEFT JOIN responses AS r ON r.task = t.seq";

pub(super) fn task(row: &Row<'_>) -> Result<TaskRecord> {
    Ok(TaskRecord {
        id: row.get("id")?,
        agent_id: row.get("agent_id")?,
        organization_id: row.get("organization_id")?,
        status: status(row, "status")?,
        input: row.get("input")?,
        result: row.get("result")?,
        llm_response: None,
        tokens: tokens(row)?,
        models: names(row, "models")?,
        cost: cost(row, "cost")?,
        charges: list(row, "charges")?,
        used_tools: names(row, "used_tools")?,
        duration: row.get("duration")?,
        created_at: time(row, "seq")?,
        updated_at: time(row, "updated_at")?,
        started_at: some_time(row, "started_at")?,
        finished_at: some_time(row, "finished_at")?,
        internal_status: row.get("internal_status")?,
        source: row.get("source")?,
        title: row.get("title")?,
        details: row.get("details")?,
    })
}

pub(super) fn tokens(row: &Row<'_>) -> Result<Option<Tokens>> {
    let Some(completion) = row.get("completion_tokens")? else {
        return Ok(None);
    };
    let (prompt, cache_read, cache_write) = (
        row.get("prompt_tokens")?,
        row.get("cache_read_tokens")?,
        row.get("cache_write_tokens")?,
    );
    Ok(Some(Tokens::new(
        completion,
        prompt,
        cache_read,
        cache_write,
    )))
}

pub(super) fn cost(row: &Row<'_>, column: &str) -> Result<Option<Cost>> {
    let nanodollars: Option<i64> = row.get(column)?;
    Ok(nanodollars.map(Cost::new))
}

pub(super) fn names(row: &Row<'_>, column: &str) -> Result<Vec<String>> {
    list(row, column)
}

/// A JSON array; null is an empty one.
fn list<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<Vec<T>> {
    let json: Option<String> = row.get(column)?;
    json.map_or_else(
        || Ok(Vec::new()),
        |json| serde_json::from_str(&json).map_err(unreadable),
    )
}

pub(super) fn status(row: &Row<'_>, column: &str) -> Result<TaskStatus> {
    let word: String = row.get(column)?;
    TaskStatus::from_word(&word).ok_or_else(|| unreadable(format!("unknown status {word:?}")))
}

pub(super) fn time(row: &Row<'_>, column: &str) -> Result<Timestamp> {
    timestamp(row.get(column)?)
}

pub(super) fn some_time(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?
        .map(timestamp)
        .transpose()
}

pub(super) fn timestamp(microseconds: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(microseconds).map_err(unreadable)
}

pub(super) fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::FromSqlConversionFailure(0, Type::Text, error.into())
}
