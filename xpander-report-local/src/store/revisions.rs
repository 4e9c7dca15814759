//! Reading revisions.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Result};

use super::{Store, rows, tasks};
use crate::revision::Revision;
use crate::task::TaskStatus;

/// A revision without its body.
#[derive(Debug)]
pub(crate) struct RevisionHead {
    /// Its place among the task's reports, from 1.
    pub(crate) number: u64,
    pub(crate) agent_id: String,
    pub(crate) status: TaskStatus,
    pub(crate) received_at: Timestamp,
    /// Bytes of the body.
    pub(crate) size: u64,
}

impl Store {
    /// Every accepted report of the task that [`Store::task`] gives without an organization, oldest first.
    pub(crate) fn revisions(&self, id: &str) -> Result<Vec<Revision>> {
        let connection = self.connection();
        let Some(task) = tasks::find(&connection, id, None)? else {
            return Ok(Vec::new());
        };
        connection
            .prepare_cached(
                "SELECT row_number() OVER (ORDER BY seq) AS number, agent_id, status, received_at, body \
                 FROM revisions WHERE task = ?1 ORDER BY seq",
            )?
            .query_map((task,), |row| {
                Ok(Revision {
                    number: row.get("number")?,
                    agent_id: row.get("agent_id")?,
                    status: rows::status(row, "status")?,
                    received_at: rows::time(row, "received_at")?,
                    body: row.get("body")?,
                })
            })?
            .collect()
    }

    /// The latest reports of a task without their bodies, newest first, at most `limit` of them.
    pub(crate) fn revision_heads(
        &self,
        id: &str,
        organization: &str,
        limit: u32,
    ) -> Result<Vec<RevisionHead>> {
        let connection = self.connection();
        let Some(task) = tasks::find(&connection, id, Some(organization))? else {
            return Ok(Vec::new());
        };
        connection
            .prepare_cached(
                "SELECT row_number() OVER (ORDER BY seq) AS number, agent_id, status, received_at, \
                 octet_length(body) AS size FROM revisions WHERE task = ?1 ORDER BY seq DESC LIMIT ?2",
            )?
            .query_map((task, limit), |row| {
                Ok(RevisionHead {
                    number: row.get("number")?,
                    agent_id: row.get("agent_id")?,
                    status: rows::status(row, "status")?,
                    received_at: rows::time(row, "received_at")?,
                    size: row.get("size")?,
                })
            })?
            .collect()
    }

    /// The body of one report, counted from 1.
    pub(crate) fn revision_body(
        &self,
        id: &str,
        organization: Option<&str>,
        number: u32,
    ) -> Result<Option<String>> {
        let connection = self.connection();
        let Some(task) = tasks::find(&connection, id, organization)? else {
            return Ok(None);
        };
        connection
            .prepare_cached(
                "SELECT body FROM revisions WHERE task = ?1 ORDER BY seq LIMIT 1 OFFSET ?2 - 1",
            )?
            .query_row((task, number), |row| row.get(0))
            .optional()
    }
}
