//! Tasks without their texts: what sums are made of.

use rusqlite::{Connection, Result, params};

use super::interned::Interned;
use super::rollups::Rollups;
use super::rows;
use super::span::Span;
use crate::model::task::TaskRecord;
use crate::query::metrics::MetricsQuery;

/// The condition that the column `agent` is of the id `?3` and of an agent of the organization `?4`.
pub(super) const OF_AGENTS: &str = "(?3 IS NULL OR agent IN (SELECT key FROM agents WHERE id = ?3)) \
     AND (?4 IS NULL OR agent IN (SELECT a.key FROM agents a JOIN organizations o \
          ON o.key = a.organization WHERE o.id = ?4))";

/// The columns that make a task without what sums do not need.
const TASK: &str = "t.seq, t.id, t.agent, '' AS organization_id, '' AS agent_id, t.status, t.updated_at, \
     NULL AS started_at, NULL AS finished_at, t.duration, t.completion_tokens, t.prompt_tokens, \
     t.cache_read_tokens, t.cache_write_tokens, t.cost, t.models, r.charges, NULL AS internal_status, \
     NULL AS source, NULL AS title, NULL AS details, coalesce(x.used_tools, t.tools_start) AS used_tools, \
     NULL AS input, NULL AS result";

/// Visits the tasks of a range in the order of time, each with its time and its agent.
pub(super) fn each_task(
    connection: &Connection,
    query: &MetricsQuery,
    span: Span,
    mut visit: impl FnMut(i64, i64, &TaskRecord) -> Result<()>,
) -> Result<()> {
    let from = rows::FROM;
    let sql = format!(
        "SELECT {TASK} FROM {from} WHERE t.seq >= ?1 AND t.seq < ?2 AND {OF_AGENTS} ORDER BY t.seq"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params![
        span.from,
        span.to,
        query.agent_id,
        query.organization_id
    ])?;
    while let Some(row) = found.next()? {
        visit(row.get("seq")?, row.get("agent")?, &rows::task(row)?)?;
    }
    Ok(())
}

impl Rollups {
    /// The sums of the tasks of a range.
    pub(super) fn of_tasks(
        connection: &Connection,
        query: &MetricsQuery,
        span: Span,
    ) -> Result<Self> {
        let mut interned = Interned::default();
        let mut rollups = Self::default();
        each_task(connection, query, span, |time, agent, task| {
            let tools = interned.tools(connection, &task.used_tools)?;
            let models = interned.models(connection, &task.models)?;
            rollups.count(time, agent, &tools, &models, task, 1);
            Ok(())
        })?;
        Ok(rollups)
    }
}
