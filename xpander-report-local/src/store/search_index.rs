//! The search index. It is updated a little later than the tasks, many tasks at once: that is several times
//! cheaper than one by one, and only a search needs it.

use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::interned::Interned;
use super::{rows, terms};
use crate::model::task::TaskStatus;
use crate::model::text::first_bytes;

/// How many revisions one transaction indexes.
pub(super) const MAX_CHUNK: u32 = 1024;

/// How many revisions may wait while reports keep arriving.
pub(super) const MAX_WAITING: u64 = 2048;

/// How many bytes of a text can be searched.
const MAX_SEARCHED_BYTES: usize = 1024 * 1024;

/// Indexes the tasks of the next revisions. Returns the number of revisions.
pub(super) fn next(connection: &Connection, interned: &mut Interned, most: u32) -> Result<u64> {
    let revisions: Vec<(i64, i64)> = connection
        .prepare_cached(
            "SELECT seq, task FROM revisions WHERE seq > (SELECT revision FROM indexed) ORDER BY seq LIMIT ?1",
        )?
        .query_map((most,), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    let Some((last, _)) = revisions.last() else {
        return Ok(0);
    };
    let mut tasks: Vec<i64> = revisions.iter().map(|(_, task)| *task).collect();
    tasks.sort_unstable();
    tasks.dedup();
    for task in tasks {
        add(connection, interned, task)?;
    }
    connection
        .prepare_cached("UPDATE indexed SET revision = ?1")?
        .execute((last,))?;
    Ok(revisions.len() as u64)
}

/// Indexes the current texts of a task.
fn add(connection: &Connection, interned: &mut Interned, task: i64) -> Result<()> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT t.status, t.agent, t.models, coalesce(x.input, t.input_start) AS input, \
             coalesce(x.result, t.result_start) AS result, \
             coalesce(x.used_tools, t.tools_start) AS used_tools FROM {} WHERE t.seq = ?1",
            rows::FROM
        ))?
        .query_row((task,), |row| {
            let mut facts = vec![
                status_fact(rows::status(row, "status")?),
                agent_fact(row.get("agent")?),
            ];
            let tools = interned.tools(connection, &rows::names(row, "used_tools")?)?;
            facts.extend(tools.into_keys().map(tool_fact));
            let models = interned.models(connection, &rows::names(row, "models")?)?;
            facts.extend(models.into_iter().map(model_fact));
            Ok((searched(row, "input")?, searched(row, "result")?, facts))
        })
        .optional()?;
    let Some((input, result, facts)) = found else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO search (rowid, input, result, facts) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((task, input, result, facts.join(" ")))?;
    Ok(())
}

fn searched(row: &Row<'_>, column: &str) -> Result<Option<String>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.map(|text| terms::indexed(first_bytes(&text, MAX_SEARCHED_BYTES)).into_owned()))
}

// Facts are words in a column of their own, so that a text cannot match them.

pub(super) fn status_fact(status: TaskStatus) -> String {
    format!("s{status}")
}

pub(super) fn agent_fact(agent: i64) -> String {
    format!("a{agent}")
}

pub(super) fn model_fact(model: i64) -> String {
    format!("m{model}")
}

pub(super) fn tool_fact(tool: i64) -> String {
    format!("t{tool}")
}
