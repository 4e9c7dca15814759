//! Reads whole tasks.

use rusqlite::{Connection, OptionalExtension, Result, Row, params_from_iter};

use super::matching::Matching;
use super::{Store, rows};
use crate::model::task::TaskRecord;
use crate::query::history::{History, Paged};

impl Store {
    /// All tasks with their raw responses, newest first.
    pub(crate) fn tasks(&self) -> Result<Vec<TaskRecord>> {
        let sql = format!("{} ORDER BY t.seq DESC", select_with_response());
        self.readers.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map((), task_with_response)?
                .collect()
        })
    }

    /// One task with its raw response. Without an organization, the task with that id that was updated last.
    pub(crate) fn task(&self, id: &str, organization: Option<&str>) -> Result<Option<TaskRecord>> {
        let sql = format!("{} WHERE t.seq = ?1", select_with_response());
        self.readers.read(|connection| {
            let Some(seq) = find(connection, id, organization)? else {
                return Ok(None);
            };
            connection
                .prepare_cached(&sql)?
                .query_row((seq,), task_with_response)
                .optional()
        })
    }

    /// One page of tasks without their raw responses, newest first.
    pub(crate) fn history(&self, history: &History) -> Result<Vec<TaskRecord>> {
        self.update_index(&history.filter)?;
        self.readers.read(|connection| {
            Ok(match Matching::of(connection, &history.filter)? {
                Some(matching) => page(connection, &matching, history)?,
                None => Vec::new(),
            })
        })
    }

    /// The same page, with the number of all tasks that match.
    pub(crate) fn paged(&self, history: &History) -> Result<Paged> {
        self.update_index(&history.filter)?;
        self.readers.read(|connection| {
            let Some(matching) = Matching::of(connection, &history.filter)? else {
                return Ok(Paged::default());
            };
            let all = matching.sql("1", "DESC");
            let total = connection
                .prepare_cached(&format!("SELECT count(*) FROM ({all})"))?
                .query_row(params_from_iter(matching.values(u32::MAX)), |row| {
                    row.get(0)
                })?;
            Ok(Paged {
                tasks: page(connection, &matching, history)?,
                total,
            })
        })
    }
}

fn page(
    connection: &Connection,
    matching: &Matching,
    history: &History,
) -> Result<Vec<TaskRecord>> {
    let offset = i64::from(history.page.saturating_sub(1)) * i64::from(history.per_page);
    let keys: Vec<i64> = connection
        .prepare_cached(&format!("{} OFFSET ?", matching.sql("t.seq", "DESC")))?
        .query_map(
            params_from_iter(matching.values(history.per_page).chain([offset.into()])),
            |row| row.get(0),
        )?
        .collect::<Result<_>>()?;
    let (columns, from) = (rows::TASK, rows::FROM);
    let mut statement =
        connection.prepare_cached(&format!("SELECT {columns} FROM {from} WHERE t.seq = ?1"))?;
    keys.into_iter()
        .map(|key| statement.query_row((key,), rows::task))
        .collect()
}

fn select_with_response() -> String {
    let (columns, from) = (rows::TASK, rows::FROM);
    format!("SELECT {columns}, r.body FROM {from}")
}

/// The key of a task. Without an organization, of the task with that id that was updated last.
pub(super) fn find(
    connection: &Connection,
    id: &str,
    organization: Option<&str>,
) -> Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT seq FROM tasks WHERE id = ?1 \
             AND (?2 IS NULL OR organization = (SELECT key FROM organizations WHERE id = ?2)) \
             ORDER BY updated_at DESC, seq DESC LIMIT 1",
        )?
        .query_row((id, organization), |row| row.get(0))
        .optional()
}

fn task_with_response(row: &Row<'_>) -> Result<TaskRecord> {
    Ok(TaskRecord {
        llm_response: row.get("body")?,
        ..rows::task(row)?
    })
}
