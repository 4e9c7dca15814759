//! Interned names: many rows share a name, so each name has a key.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result};

use crate::model::charge::MAX_MODEL_BYTES;
use crate::model::text::first_bytes;

/// How many names the cache holds before it is emptied.
const MAX_CACHED: usize = 10_000;

/// Tools are distinguished by this many bytes of their names.
const MAX_TOOL_BYTES: usize = 200;

/// How many different tools of one task are counted and can be filtered by.
const MAX_TOOLS: usize = 256;

/// A cache of keys.
#[derive(Debug, Default)]
pub(super) struct Interned {
    organizations: HashMap<String, i64>,
    agents: HashMap<(i64, String), i64>,
    tools: HashMap<String, i64>,
    models: HashMap<String, i64>,
}

impl Interned {
    pub(super) fn organization(&mut self, connection: &Connection, id: &str) -> Result<i64> {
        if let Some(key) = self.organizations.get(id) {
            return Ok(*key);
        }
        let key = match organization(connection, id)? {
            Some(key) => key,
            None => {
                connection.execute("INSERT INTO organizations (id) VALUES (?1)", (id,))?;
                connection.last_insert_rowid()
            }
        };
        cache(&mut self.organizations, id.to_owned(), key);
        Ok(key)
    }

    /// The key of an agent. The first report creates the agent.
    pub(super) fn agent(
        &mut self,
        connection: &Connection,
        organization: i64,
        id: &str,
        now: Timestamp,
    ) -> Result<i64> {
        let name = (organization, id.to_owned());
        if let Some(key) = self.agents.get(&name) {
            return Ok(*key);
        }
        connection.execute(
            "INSERT INTO agents (organization, id, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            (organization, id, now.as_microsecond()),
        )?;
        let key = connection.query_row(
            "SELECT key FROM agents WHERE organization = ?1 AND id = ?2",
            (organization, id),
            |row| row.get(0),
        )?;
        cache(&mut self.agents, name, key);
        Ok(key)
    }

    /// The keys of the tools, each with the number of its calls.
    pub(super) fn tools(
        &mut self,
        connection: &Connection,
        names: &[String],
    ) -> Result<BTreeMap<i64, usize>> {
        let mut calls = BTreeMap::new();
        for name in names {
            let key = self.tool(connection, tool_name(name))?;
            if calls.len() < MAX_TOOLS || calls.contains_key(&key) {
                *calls.entry(key).or_default() += 1;
            } else {
                break;
            }
        }
        Ok(calls)
    }

    fn tool(&mut self, connection: &Connection, name: &str) -> Result<i64> {
        if let Some(key) = self.tools.get(name) {
            return Ok(*key);
        }
        let key = match tool(connection, name)? {
            Some(key) => key,
            None => {
                connection.execute("INSERT INTO tools (name) VALUES (?1)", (name,))?;
                connection.last_insert_rowid()
            }
        };
        cache(&mut self.tools, name.to_owned(), key);
        Ok(key)
    }

    /// The keys of models, in their order.
    pub(super) fn models(&mut self, connection: &Connection, names: &[String]) -> Result<Vec<i64>> {
        names
            .iter()
            .map(|name| self.model(connection, name))
            .collect()
    }

    fn model(&mut self, connection: &Connection, name: &str) -> Result<i64> {
        if let Some(key) = self.models.get(name) {
            return Ok(*key);
        }
        let key = match model(connection, name)? {
            Some(key) => key,
            None => {
                connection.execute("INSERT INTO models (name) VALUES (?1)", (name,))?;
                connection.last_insert_rowid()
            }
        };
        cache(&mut self.models, name.to_owned(), key);
        Ok(key)
    }

    /// Empties the cache.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn cache<N: Eq + std::hash::Hash>(names: &mut HashMap<N, i64>, name: N, key: i64) {
    if names.len() >= MAX_CACHED {
        names.clear();
    }
    names.insert(name, key);
}

/// The key of an organization, if there is such an organization.
pub(super) fn organization(connection: &Connection, id: &str) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT key FROM organizations WHERE id = ?1")?
        .query_row((id,), |row| row.get(0))
        .optional()
}

/// The key of a tool, if there is such a tool.
pub(super) fn tool(connection: &Connection, name: &str) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT key FROM tools WHERE name = ?1")?
        .query_row((tool_name(name),), |row| row.get(0))
        .optional()
}

/// The key of a model, if any task has it.
pub(super) fn model(connection: &Connection, name: &str) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT key FROM models WHERE name = ?1")?
        .query_row((first_bytes(name, MAX_MODEL_BYTES),), |row| row.get(0))
        .optional()
}

fn tool_name(name: &str) -> &str {
    first_bytes(name, MAX_TOOL_BYTES)
}
