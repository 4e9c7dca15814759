//! What the list of tasks shows: the start of each task, and sums over all of them.

use jiff::Timestamp;
use rusqlite::Result;

use super::{Store, rows};
use crate::task::{TaskStatus, Tokens};

/// How many characters of a text the list can show in its line.
const START: u32 = 240;

/// A task in a list.
#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) agent_id: String,
    pub(crate) status: TaskStatus,
    pub(crate) finished_at: Timestamp,
    /// Seconds.
    pub(crate) duration: Option<f64>,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) used_tools: Vec<String>,
    /// The start of the input.
    pub(crate) input: Option<String>,
    /// The start of the result.
    pub(crate) result: Option<String>,
}

/// Sums over all tasks.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) runs: u64,
    pub(crate) completed: u64,
    /// Runs that reported tokens.
    pub(crate) counted: u64,
    pub(crate) tokens: f64,
}

impl Store {
    /// A stretch of all tasks, newest first.
    pub(crate) fn overview(&self, offset: u64, limit: u32) -> Result<Vec<Overview>> {
        let connection = self.connection();
        connection
            .prepare_cached(
                "SELECT id, organization_id, agent_id, status, finished_at, duration, completion_tokens, \
                     prompt_tokens, cache_read_tokens, cache_write_tokens, used_tools, \
                     substr(input, 1, ?3) AS input, substr(result, 1, ?3) AS result \
                 FROM tasks ORDER BY seq DESC LIMIT ?2 OFFSET ?1",
            )?
            .query_map((offset, limit, START), |row| {
                Ok(Overview {
                    id: row.get("id")?,
                    organization_id: row.get("organization_id")?,
                    agent_id: row.get("agent_id")?,
                    status: rows::status(row, "status")?,
                    finished_at: rows::time(row, "finished_at")?,
                    duration: row.get("duration")?,
                    tokens: rows::tokens(row)?,
                    used_tools: rows::tools(row)?,
                    input: row.get("input")?,
                    result: row.get("result")?,
                })
            })?
            .collect()
    }

    pub(crate) fn totals(&self) -> Result<Totals> {
        let connection = self.connection();
        // `total` adds as floating point, where `sum` would fail on an overflow.
        connection
            .prepare_cached(
                "SELECT count(*), count(*) FILTER (WHERE status = 'completed'), count(total_tokens), \
                 total(total_tokens) FROM tasks",
            )?
            .query_row((), |row| {
                Ok(Totals {
                    runs: row.get(0)?,
                    completed: row.get(1)?,
                    counted: row.get(2)?,
                    tokens: row.get(3)?,
                })
            })
    }
}
