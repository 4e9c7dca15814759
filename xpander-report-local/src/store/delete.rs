//! Deletes tasks on request.

use rusqlite::{Result, params_from_iter};

use super::matching::Matching;
use super::retention::MAX_CHUNK;
use super::{Store, tasks};
use crate::query::filter::Filter;

impl Store {
    /// Deletes one task. Without an organization, the task with that id that was updated last.
    pub(crate) fn delete_task(&self, id: &str, organization: Option<&str>) -> Result<bool> {
        let found = self
            .readers
            .read(|connection| tasks::find(connection, id, organization))?;
        match found {
            Some(seq) => self.writer.write_blocking(move |batch| batch.delete(seq)),
            None => Ok(false),
        }
    }

    /// Deletes the tasks that match and existed when the call began. Returns how many.
    pub(crate) fn delete(&self, filter: &Filter) -> Result<u64> {
        self.update_index(filter)?;
        let newest: Option<i64> = self.readers.read(|connection| {
            connection.query_row("SELECT max(seq) FROM tasks", (), |row| row.get(0))
        })?;
        let mut deleted = 0;
        let mut before = match newest {
            Some(newest) => newest.saturating_add(1),
            None => return Ok(0),
        };
        loop {
            let chunk: Vec<i64> = self.readers.read(|connection| {
                let Some(mut matching) = Matching::of(connection, filter)? else {
                    return Ok(Vec::new());
                };
                matching.add_key("<", before);
                connection
                    .prepare_cached(&matching.sql("t.seq", "DESC"))?
                    .query_map(params_from_iter(matching.values(MAX_CHUNK)), |row| {
                        row.get(0)
                    })?
                    .collect()
            })?;
            let Some(oldest) = chunk.last() else {
                return Ok(deleted);
            };
            before = *oldest;
            deleted += self.writer.write_blocking(move |batch| {
                let mut deleted = 0;
                for seq in chunk {
                    deleted += u64::from(batch.delete(seq)?);
                }
                Ok(deleted)
            })?;
        }
    }
}
