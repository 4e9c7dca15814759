//! Reading agents.

use rusqlite::{OptionalExtension, Result, Row};

use super::{Store, rows};
use crate::agent::Agent;

impl Store {
    /// The organization's agents, in the order of their first reports.
    pub(crate) fn agents(&self, organization: &str) -> Result<Vec<Agent>> {
        let connection = self.connection();
        connection
            .prepare_cached(
                "SELECT id, organization_id, created_at FROM agents WHERE organization_id = ?1 \
                 ORDER BY created_at, id",
            )?
            .query_map((organization,), agent)?
            .collect()
    }

    /// One agent of the organization.
    pub(crate) fn agent(&self, organization: &str, id: &str) -> Result<Option<Agent>> {
        let connection = self.connection();
        connection
            .prepare_cached(
                "SELECT id, organization_id, created_at FROM agents WHERE organization_id = ?1 AND id = ?2",
            )?
            .query_row((organization, id), agent)
            .optional()
    }
}

fn agent(row: &Row<'_>) -> Result<Agent> {
    Ok(Agent {
        id: row.get("id")?,
        organization_id: row.get("organization_id")?,
        created_at: rows::time(row, "created_at")?,
    })
}
