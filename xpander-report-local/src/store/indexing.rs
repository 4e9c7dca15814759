//! The index of words. It follows a little behind what is stored, many tasks at once: that is several times
//! cheaper than one by one, and only a search needs it.

use rusqlite::{Connection, OptionalExtension, Result};

use super::rows;
use crate::head::head;

/// How many revisions one transaction takes into the index.
pub(super) const CHUNK: u32 = 512;

/// How many may wait while reports keep coming.
pub(super) const MOST: u64 = 1024;

/// How much of a text can be searched, in bytes.
const SEARCHED: usize = 1024 * 1024;

/// Indexes the tasks of the next revisions, and says how many revisions these were.
pub(super) fn next(connection: &Connection, most: u32) -> Result<u64> {
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
        add(connection, task)?;
    }
    connection
        .prepare_cached("UPDATE indexed SET revision = ?1")?
        .execute((last,))?;
    Ok(revisions.len() as u64)
}

/// Says that every revision is in the index.
pub(super) fn complete(connection: &Connection) -> Result<()> {
    connection.execute(
        "UPDATE indexed SET revision = (SELECT coalesce(max(seq), 0) FROM revisions)",
        (),
    )?;
    Ok(())
}

/// Indexes what a task has now.
pub(super) fn add(connection: &Connection, task: i64) -> Result<()> {
    let texts: Option<(Option<String>, Option<String>)> = connection
        .prepare_cached(&format!(
            "SELECT coalesce(x.input, t.input_start), coalesce(x.result, t.result_start) FROM {} WHERE t.seq = ?1",
            rows::FROM
        ))?
        .query_row((task,), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((input, result)) = texts else {
        return Ok(());
    };
    let searched =
        |text: &Option<String>| text.as_deref().map(|text| head(text, SEARCHED).to_owned());
    connection
        .prepare_cached("INSERT OR REPLACE INTO search (rowid, input, result) VALUES (?1, ?2, ?3)")?
        .execute((task, searched(&input), searched(&result)))?;
    Ok(())
}
