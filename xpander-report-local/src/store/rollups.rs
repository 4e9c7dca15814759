//! The hourly sums: a batch collects them and then adds them to the stored ones.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::model::share::share;
use crate::model::sums::Sums;
use crate::model::task::TaskRecord;

pub(super) const MICROSECONDS_PER_HOUR: i64 = 3_600_000_000;

/// The columns that [`add_row`] reads.
pub(super) const COLUMNS: &str = "requests, completed, failed, tool_calls, prompt_tokens, completion_tokens, cost, unpriced, durations";

/// Adds a stored row to the sums. [`COLUMNS`] start at the column `first`.
pub(super) fn add_row(sums: &mut Sums, row: &Row<'_>, first: usize) -> Result<()> {
    sums.requests += row.get::<_, i64>(first)?;
    sums.completed += row.get::<_, i64>(first + 1)?;
    sums.failed += row.get::<_, i64>(first + 2)?;
    sums.tool_calls += row.get::<_, i64>(first + 3)?;
    sums.prompt_tokens += row.get::<_, f64>(first + 4)?;
    sums.completion_tokens += row.get::<_, f64>(first + 5)?;
    sums.cost = sums.cost.saturating_add(row.get(first + 6)?);
    sums.unpriced += row.get::<_, i64>(first + 7)?;
    sums.durations
        .add_bytes(row.get_ref(first + 8)?.as_blob().unwrap_or_default());
    Ok(())
}

/// The sums of a batch, by hour and by agent, tool or model.
#[derive(Debug, Default)]
pub(super) struct Rollups {
    agents: BTreeMap<(i64, i64), Sums>,
    pub(super) tools: BTreeMap<(i64, i64), Sums>,
    pub(super) models: BTreeMap<(i64, i64), Sums>,
}

impl Rollups {
    /// Counts a task `by` times, for its agent, its tools and its models. `tools` maps the key of a tool to the
    /// number of its calls; `models` has the keys of the task's models.
    pub(super) fn count(
        &mut self,
        seq: i64,
        agent: i64,
        tools: &BTreeMap<i64, usize>,
        models: &[i64],
        task: &TaskRecord,
        by: i64,
    ) {
        let hour = seq.div_euclid(MICROSECONDS_PER_HOUR);
        let sums = self.agents.entry((hour, agent)).or_default();
        sums.count(task, task.used_tools.len(), by);
        for (tool, calls) in tools {
            let sums = self.tools.entry((hour, *tool)).or_default();
            sums.count(task, *calls, by);
        }
        for (model, name) in models.iter().zip(&task.models) {
            let sums = self.models.entry((hour, *model)).or_default();
            sums.count_share(task, share(task, name), task.used_tools.len(), by);
        }
    }

    /// Adds the sums to the stored ones.
    pub(super) fn store(&mut self, connection: &Connection) -> Result<()> {
        for ((hour, agent), sums) in std::mem::take(&mut self.agents) {
            add(connection, "hours_of_agents", "agent", hour, agent, sums)?;
        }
        for ((hour, tool), sums) in std::mem::take(&mut self.tools) {
            add(connection, "hours_of_tools", "tool", hour, tool, sums)?;
        }
        for ((hour, model), sums) in std::mem::take(&mut self.models) {
            add(connection, "hours_of_models", "model", hour, model, sums)?;
        }
        Ok(())
    }
}

fn add(
    connection: &Connection,
    table: &str,
    of: &str,
    hour: i64,
    key: i64,
    mut sums: Sums,
) -> Result<()> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM {table} WHERE hour = ?1 AND {of} = ?2"
        ))?
        .query_row((hour, key), |row| add_row(&mut sums, row, 0))
        .optional()?;
    if sums.requests <= 0 {
        connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE hour = ?1 AND {of} = ?2"
            ))?
            .execute((hour, key))?;
        return Ok(());
    }
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO {table} (hour, {of}, {COLUMNS}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        ))?
        .execute(params![
            hour,
            key,
            sums.requests,
            sums.completed,
            sums.failed,
            sums.tool_calls,
            sums.prompt_tokens,
            sums.completion_tokens,
            sums.cost,
            sums.unpriced,
            sums.durations.to_bytes(),
        ])?;
    Ok(())
}
