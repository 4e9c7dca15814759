//! Reading tasks.

use rusqlite::{Connection, OptionalExtension, Result, named_params};

use super::{Store, rows};
use crate::task::{TaskRecord, TaskStatus};

/// Which tasks of an agent, and which page of them.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) status: Option<TaskStatus>,
    /// From 1.
    pub(crate) page: u32,
    pub(crate) per_page: u32,
}

impl Store {
    /// All tasks with their raw responses, newest first.
    pub(crate) fn tasks(&self) -> Result<Vec<TaskRecord>> {
        let connection = self.connection();
        let sql = format!(
            "SELECT {}, body FROM tasks LEFT JOIN responses ON task = seq ORDER BY seq DESC",
            rows::TASK
        );
        connection
            .prepare_cached(&sql)?
            .query_map((), with_response)?
            .collect()
    }

    /// One task with its raw response; without an organization, the one that was updated last.
    pub(crate) fn task(&self, id: &str, organization: Option<&str>) -> Result<Option<TaskRecord>> {
        let connection = self.connection();
        let Some(seq) = find(&connection, id, organization)? else {
            return Ok(None);
        };
        let sql = format!(
            "SELECT {}, body FROM tasks LEFT JOIN responses ON task = seq WHERE seq = ?1",
            rows::TASK
        );
        connection
            .prepare_cached(&sql)?
            .query_row((seq,), with_response)
            .optional()
    }

    /// One page of an agent's tasks without their raw responses, newest first.
    pub(crate) fn history(
        &self,
        organization: &str,
        agent: &str,
        history: &History,
    ) -> Result<Vec<TaskRecord>> {
        let connection = self.connection();
        let sql = format!(
            "SELECT {} FROM tasks WHERE organization_id = :organization AND agent_id = :agent \
             AND (:status IS NULL OR status = :status) ORDER BY seq DESC LIMIT :limit OFFSET :offset",
            rows::TASK
        );
        connection
            .prepare_cached(&sql)?
            .query_map(
                named_params! {
                    ":organization": organization,
                    ":agent": agent,
                    ":status": history.status.map(TaskStatus::as_str),
                    ":limit": history.per_page,
                    ":offset": i64::from(history.page.saturating_sub(1)) * i64::from(history.per_page),
                },
                rows::task,
            )?
            .collect()
    }
}

/// The key of a task; without an organization, of the one that was updated last.
pub(super) fn find(
    connection: &Connection,
    id: &str,
    organization: Option<&str>,
) -> Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT seq FROM tasks WHERE id = ?1 AND (?2 IS NULL OR organization_id = ?2) \
             ORDER BY updated_at DESC, seq DESC LIMIT 1",
        )?
        .query_row((id, organization), |row| row.get(0))
        .optional()
}

fn with_response(row: &rusqlite::Row<'_>) -> Result<TaskRecord> {
    Ok(TaskRecord {
        llm_response: row.get("body")?,
        ..rows::task(row)?
    })
}
