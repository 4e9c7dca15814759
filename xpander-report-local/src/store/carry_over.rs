//! The tasks of a database of version 1.

use rusqlite::{Connection, Result, Row};

use super::batch::{Batch, Memory};
use super::{indexing, rows};
use crate::task::TaskRecord;

/// Writes each of them as if it came now, with its times.
pub(super) fn tasks(connection: &Connection) -> Result<()> {
    let mut memory = Memory::of(connection)?;
    let mut batch = Batch::new(connection, &mut memory);
    let mut statement = connection.prepare(
        "SELECT *, NULL AS internal_status, NULL AS source, NULL AS title, NULL AS details FROM tasks_1 \
         ORDER BY created_at, seq",
    )?;
    let mut old = statement.query(())?;
    while let Some(row) = old.next()? {
        let old: i64 = row.get("seq")?;
        let seq = batch.carry_over(&task(row)?)?;
        connection
            .prepare_cached(
                "INSERT INTO responses SELECT ?2, body FROM responses_1 WHERE task = ?1",
            )?
            .execute((old, seq))?;
        connection
            .prepare_cached(
                "INSERT INTO revisions (task, kind, agent, status, received_at, body) \
                 SELECT ?2, 'report', (SELECT a.key FROM agents a, tasks t WHERE t.seq = ?2 \
                     AND a.organization = t.organization AND a.id = r.agent_id), status, received_at, body \
                 FROM revisions_1 r WHERE task = ?1 ORDER BY seq",
            )?
            .execute((old, seq))?;
    }
    batch.finish()?;
    indexing::complete(connection)
}

fn task(row: &Row<'_>) -> Result<TaskRecord> {
    Ok(TaskRecord {
        created_at: rows::time(row, "created_at")?,
        ..rows::task(row)?
    })
}
