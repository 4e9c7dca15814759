//! From columns to values.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};

use crate::task::{TaskRecord, TaskStatus, Tokens};

/// The columns that [`task`] reads; all but the raw response.
pub(super) const TASK: &str = "seq, id, organization_id, agent_id, status, created_at, updated_at, started_at, \
     finished_at, duration, completion_tokens, prompt_tokens, cache_read_tokens, cache_write_tokens, \
     used_tools, input, result";

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
        used_tools: tools(row)?,
        duration: row.get("duration")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
        started_at: time(row, "started_at")?,
        finished_at: time(row, "finished_at")?,
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

pub(super) fn tools(row: &Row<'_>) -> Result<Vec<String>> {
    let json: Option<String> = row.get("used_tools")?;
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
    Timestamp::from_microsecond(row.get(column)?).map_err(unreadable)
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::FromSqlConversionFailure(0, Type::Text, error.into())
}
