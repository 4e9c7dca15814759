//! Lists of tasks that match a filter, and sums over them.

use rusqlite::Result;

use super::Store;
use super::matching::Matching;
use crate::query::cursor::{Paging, Rank};
use crate::query::filter::Filter;
use crate::query::page::{ListedTask, TaskPage};
use crate::query::summary::Summary;

impl Store {
    /// One page of the tasks that match, at most `limit` of them.
    pub(crate) fn list(&self, filter: &Filter, paging: Paging, limit: u32) -> Result<TaskPage> {
        self.update_index(filter)?;
        self.readers.read(|connection| {
            Ok(match Matching::of(connection, filter)? {
                Some(matching) => matching.page(connection, paging, limit)?,
                None => TaskPage::default(),
            })
        })
    }

    /// Sums over the tasks that match, and one page of them, at most `limit`.
    pub(crate) fn overview(
        &self,
        filter: &Filter,
        paging: Paging,
        limit: u32,
    ) -> Result<(Summary, TaskPage)> {
        self.update_index(filter)?;
        self.readers.read(|connection| {
            Ok(match Matching::of(connection, filter)? {
                Some(matching) if paging == Paging::Newest => {
                    matching.overview(connection, limit)?
                }
                Some(matching) => (
                    matching.summary(connection)?,
                    matching.page(connection, paging, limit)?,
                ),
                None => Default::default(),
            })
        })
    }

    /// Sums over the tasks that match, and those with the largest values after the first `skip` of them, at most
    /// `limit`, with whether there are more.
    pub(crate) fn ranked(
        &self,
        filter: &Filter,
        rank: Rank,
        skip: u32,
        limit: u32,
    ) -> Result<(Summary, Vec<ListedTask>, bool)> {
        self.update_index(filter)?;
        self.readers.read(|connection| {
            Ok(match Matching::of(connection, filter)? {
                Some(matching) => {
                    let (tasks, more) = matching.ranked(connection, rank, skip, limit)?;
                    (matching.summary(connection)?, tasks, more)
                }
                None => Default::default(),
            })
        })
    }

    /// Sums over the tasks that match.
    pub(crate) fn summary(&self, filter: &Filter) -> Result<Summary> {
        self.update_index(filter)?;
        self.readers.read(|connection| {
            Ok(match Matching::of(connection, filter)? {
                Some(matching) => matching.summary(connection)?,
                None => Summary::default(),
            })
        })
    }

    /// The names of the models that answered, at most `limit` of them.
    pub(crate) fn models(&self, limit: u32) -> Result<Vec<String>> {
        self.readers.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT name FROM models WHERE EXISTS (SELECT 1 FROM task_models WHERE model = key) \
                     ORDER BY name LIMIT ?1",
                )?
                .query_map((limit,), |row| row.get(0))?
                .collect()
        })
    }

    /// The names of the used tools, at most `limit` of them.
    pub(crate) fn tools(&self, limit: u32) -> Result<Vec<String>> {
        self.readers.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT name FROM tools WHERE EXISTS (SELECT 1 FROM task_tools WHERE tool = key) \
                     ORDER BY name LIMIT ?1",
                )?
                .query_map((limit,), |row| row.get(0))?
                .collect()
        })
    }
}
