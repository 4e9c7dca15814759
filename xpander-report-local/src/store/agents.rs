//! Reading agents.

use rusqlite::{OptionalExtension, Result, Row};

use super::{Store, rows};
use crate::model::agent::Agent;

const AGENT: &str = "SELECT a.id, o.id AS organization_id, a.created_at FROM organizations o \
     JOIN agents a ON a.organization = o.key WHERE o.id = ?1";

impl Store {
    /// The organization's agents, in the order of their first reports.
    pub(crate) fn agents(&self, organization: &str) -> Result<Vec<Agent>> {
        self.readers.read(|connection| {
            connection
                .prepare_cached(&format!("{AGENT} ORDER BY a.created_at, a.key"))?
                .query_map((organization,), agent)?
                .collect()
        })
    }

    /// The ids of all organizations' agents, at most `limit` of them.
    pub(crate) fn agent_ids(&self, limit: u32) -> Result<Vec<String>> {
        self.readers.read(|connection| {
            connection
                .prepare_cached("SELECT DISTINCT id FROM agents ORDER BY id LIMIT ?1")?
                .query_map((limit,), |row| row.get(0))?
                .collect()
        })
    }

    /// One agent of an organization.
    pub(crate) fn agent(&self, organization: &str, id: &str) -> Result<Option<Agent>> {
        self.readers.read(|connection| {
            connection
                .prepare_cached(&format!("{AGENT} AND a.id = ?2"))?
                .query_row((organization, id), agent)
                .optional()
        })
    }
}

fn agent(row: &Row<'_>) -> Result<Agent> {
    Ok(Agent {
        id: row.get("id")?,
        organization_id: row.get("organization_id")?,
        created_at: rows::time(row, "created_at")?,
    })
}
