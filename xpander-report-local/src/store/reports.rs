//! Accepting a report.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result, TransactionBehavior, named_params};
use uuid::Uuid;

use super::{Store, rows};
use crate::report::Report;
use crate::task::TaskRecord;

/// What an update does to each column; `excluded` is what the report says. A duration of 0 and an empty
/// list of tools are what clients send when they know nothing.
const MERGE: &str = "
    agent_id           = excluded.agent_id,
    status             = excluded.status,
    updated_at         = excluded.updated_at,
    finished_at        = excluded.finished_at,
    duration           = coalesce(nullif(excluded.duration, 0.0), duration, excluded.duration),
    completion_tokens  = coalesce(excluded.completion_tokens, completion_tokens),
    prompt_tokens      = coalesce(excluded.prompt_tokens, prompt_tokens),
    cache_read_tokens  = coalesce(excluded.cache_read_tokens, cache_read_tokens),
    cache_write_tokens = coalesce(excluded.cache_write_tokens, cache_write_tokens),
    total_tokens       = coalesce(excluded.total_tokens, total_tokens),
    used_tools         = coalesce(nullif(excluded.used_tools, '[]'), used_tools, excluded.used_tools),
    input              = coalesce(excluded.input, input),
    result             = coalesce(excluded.result, result)";

impl Store {
    /// Creates or updates the report's task and keeps the body as a revision, all or nothing. The task
    /// comes back without its raw response.
    pub(crate) fn accept(
        &self,
        organization: &str,
        agent: &str,
        report: &Report<'_>,
        body: &str,
    ) -> Result<TaskRecord> {
        let now = Timestamp::now();
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction
            .prepare_cached(
                "INSERT INTO agents (organization_id, id, created_at) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute((organization, agent, now.as_microsecond()))?;
        let (seq, task) = upsert(&transaction, organization, agent, report, now)?;
        if let Some(response) = report.llm_response {
            transaction
                .prepare_cached(
                    "INSERT INTO responses (task, body) VALUES (?1, ?2) \
                     ON CONFLICT (task) DO UPDATE SET body = excluded.body",
                )?
                .execute((seq, response))?;
        }
        transaction
            .prepare_cached(
                "INSERT INTO revisions (task, agent_id, status, received_at, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                seq,
                agent,
                report.status().as_str(),
                now.as_microsecond(),
                body,
            ))?;
        transaction.commit()?;
        Ok(task)
    }
}

fn upsert(
    connection: &Connection,
    organization: &str,
    agent: &str,
    report: &Report<'_>,
    now: Timestamp,
) -> Result<(i64, TaskRecord)> {
    let made;
    let id = match &report.id {
        Some(id) => id,
        None => {
            made = Uuid::now_v7().to_string();
            &made
        }
    };
    let tokens = report.tokens.as_ref();
    let tools = report
        .used_tools
        .as_ref()
        .map(|tools| serde_json::json!(tools).to_string());
    let task = rows::TASK;
    let sql = format!(
        "INSERT INTO tasks (id, organization_id, agent_id, status, created_at, updated_at, started_at, \
             finished_at, duration, completion_tokens, prompt_tokens, cache_read_tokens, \
             cache_write_tokens, total_tokens, used_tools, input, result) \
         VALUES (:id, :organization, :agent, :status, :now, :now, :started, :now, :duration, :completion, \
             :prompt, :cache_read, :cache_write, :total, :tools, :input, :result) \
         ON CONFLICT (id, organization_id) DO UPDATE SET {MERGE} RETURNING {task}"
    );
    connection.prepare_cached(&sql)?.query_row(
        named_params! {
            ":id": id,
            ":organization": organization,
            ":agent": agent,
            ":status": report.status().as_str(),
            ":now": now.as_microsecond(),
            ":started": started(now, report.duration).as_microsecond(),
            ":duration": report.duration,
            ":completion": tokens.map(|tokens| tokens.completion_tokens),
            ":prompt": tokens.map(|tokens| tokens.prompt_tokens),
            ":cache_read": tokens.map(|tokens| tokens.cache_read_tokens),
            ":cache_write": tokens.map(|tokens| tokens.cache_write_tokens),
            ":total": tokens.map(|tokens| tokens.total_tokens),
            ":tools": tools,
            ":input": report.input,
            ":result": report.result,
        },
        |row| Ok((row.get("seq")?, rows::task(row)?)),
    )
}

/// When the run began. A duration that no calendar holds counts as unknown.
fn started(finished: Timestamp, duration: Option<f64>) -> Timestamp {
    duration
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok())
        .and_then(|duration| finished.checked_sub(duration).ok())
        .unwrap_or(finished)
}
