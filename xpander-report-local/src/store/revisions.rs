//! Reads revisions.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Result, Row};

use super::{Store, rows, tasks};
use crate::model::revision::{Changed, Revision, RevisionKind};
use crate::model::task::TaskStatus;

/// A revision without its body.
#[derive(Debug)]
pub(crate) struct RevisionHead {
    /// Its place among the task's revisions, from 1.
    pub(crate) number: u64,
    pub(crate) kind: RevisionKind,
    pub(crate) agent_id: String,
    pub(crate) status: TaskStatus,
    pub(crate) received_at: Timestamp,
    pub(crate) changes: Vec<Changed>,
    /// Bytes of the body.
    pub(crate) size: u64,
}

const HEAD: &str = "row_number() OVER (ORDER BY seq) AS number, kind, \
     (SELECT id FROM agents WHERE key = agent) AS agent_id, status, received_at, changes";

impl Store {
    /// Every revision of the task that [`Store::task`] returns without an organization, oldest first.
    pub(crate) fn revisions(&self, id: &str) -> Result<Vec<Revision>> {
        self.readers.read(|connection| {
            let Some(task) = tasks::find(connection, id, None)? else {
                return Ok(Vec::new());
            };
            connection
                .prepare_cached(&format!(
                    "SELECT {HEAD}, body FROM revisions WHERE task = ?1 ORDER BY seq"
                ))?
                .query_map((task,), |row| {
                    Ok(Revision {
                        number: row.get("number")?,
                        kind: kind(row)?,
                        agent_id: row.get("agent_id")?,
                        status: rows::status(row, "status")?,
                        received_at: rows::time(row, "received_at")?,
                        changes: changes(row)?,
                        body: row.get("body")?,
                    })
                })?
                .collect()
        })
    }

    /// The latest revisions of a task without their bodies, newest first, at most `limit` of them.
    pub(crate) fn revision_heads(
        &self,
        id: &str,
        organization: &str,
        limit: u32,
    ) -> Result<Vec<RevisionHead>> {
        self.readers.read(|connection| {
            let Some(task) = tasks::find(connection, id, Some(organization))? else {
                return Ok(Vec::new());
            };
            connection
                .prepare_cached(&format!(
                    "SELECT {HEAD}, octet_length(body) AS size FROM revisions WHERE task = ?1 \
                     ORDER BY seq DESC LIMIT ?2"
                ))?
                .query_map((task, limit), |row| {
                    Ok(RevisionHead {
                        number: row.get("number")?,
                        kind: kind(row)?,
                        agent_id: row.get("agent_id")?,
                        status: rows::status(row, "status")?,
                        received_at: rows::time(row, "received_at")?,
                        changes: changes(row)?,
                        size: row.get("size")?,
                    })
                })?
                .collect()
        })
    }

    /// The body of one revision, counted from 1.
    pub(crate) fn revision_body(
        &self,
        id: &str,
        organization: Option<&str>,
        number: u32,
    ) -> Result<Option<String>> {
        self.readers.read(|connection| {
            let Some(task) = tasks::find(connection, id, organization)? else {
                return Ok(None);
            };
            connection
                .prepare_cached(
                    "SELECT body FROM revisions WHERE task = ?1 ORDER BY seq LIMIT 1 OFFSET ?2 - 1",
                )?
                .query_row((task, number), |row| row.get(0))
                .optional()
        })
    }
}

fn kind(row: &Row<'_>) -> Result<RevisionKind> {
    let word: String = row.get("kind")?;
    RevisionKind::from_word(&word)
        .ok_or_else(|| rows::unreadable(format!("unknown kind of revision {word:?}")))
}

fn changes(row: &Row<'_>) -> Result<Vec<Changed>> {
    let json: Option<String> = row.get("changes")?;
    json.map_or_else(
        || Ok(Vec::new()),
        |json| serde_json::from_str(&json).map_err(rows::unreadable),
    )
}
