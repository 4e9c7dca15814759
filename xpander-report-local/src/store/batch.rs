//! One transaction of the writer.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::interned::Interned;
use super::rollups::Rollups;
use super::rows;
use super::search_index;
use crate::model::change::differences::differences;
use crate::model::change::{Change, Details};
use crate::model::cost::Cost;
use crate::model::event::{Event, EventKind};
use crate::model::revision::{Changed, RevisionKind};
use crate::model::task::{TaskRecord, TaskStatus};
use crate::model::text::first_chars;

/// How many characters of a text the table `tasks` holds. Lists show only these.
pub(super) const MAX_START_CHARS: usize = 240;

/// How many names of tools the table `tasks` holds, and how many characters of each.
const MAX_START_TOOLS: usize = 3;
const MAX_TOOL_CHARS: usize = 80;

/// State that the writer keeps between transactions.
#[derive(Debug, Default)]
pub(super) struct WriterCache {
    interned: Interned,
    /// The newest task's key.
    newest: i64,
    /// How many revisions are not in the search index yet.
    unindexed: u64,
}

impl WriterCache {
    pub(super) fn of(connection: &Connection) -> Result<Self> {
        let newest =
            connection.query_row("SELECT coalesce(max(seq), 0) FROM tasks", (), |row| {
                row.get(0)
            })?;
        let unindexed = connection.query_row(
            "SELECT count(*) FROM revisions WHERE seq > (SELECT revision FROM indexed)",
            (),
            |row| row.get(0),
        )?;
        Ok(Self {
            newest,
            unindexed,
            ..Self::default()
        })
    }

    pub(super) const fn unindexed(&self) -> u64 {
        self.unindexed
    }

    pub(super) fn committed(&mut self, finished: &Finished) {
        self.unindexed = finished.unindexed;
    }

    /// Drops the cached keys, since a rolled back transaction may have created some of them.
    pub(super) fn clear_interned(&mut self) {
        self.interned.clear();
    }
}

/// An open transaction.
pub(super) struct Batch<'a> {
    pub(super) connection: &'a Connection,
    cache: &'a mut WriterCache,
    rollups: Rollups,
    events: Vec<Event>,
    unindexed: u64,
}

/// The effects of a transaction once it is committed.
pub(super) struct Finished {
    pub(super) events: Vec<Event>,
    unindexed: u64,
}

impl Finished {
    pub(super) fn deleted(&self) -> u64 {
        count_deleted(&self.events)
    }
}

fn count_deleted(events: &[Event]) -> u64 {
    let deleted = |event: &&Event| event.kind == EventKind::Deleted;
    events.iter().filter(deleted).count() as u64
}

/// A task's key and those of its agent and organization.
#[derive(Debug, Clone, Copy)]
struct Keys {
    seq: i64,
    agent: i64,
    organization: i64,
}

impl<'a> Batch<'a> {
    pub(super) fn new(connection: &'a Connection, cache: &'a mut WriterCache) -> Self {
        Self {
            connection,
            unindexed: cache.unindexed,
            cache,
            rollups: Rollups::default(),
            events: Vec::new(),
        }
    }

    pub(super) fn has_deleted(&self) -> bool {
        count_deleted(&self.events) > 0
    }

    /// Writes the collected sums. Must be the last step of the transaction.
    pub(super) fn finish(mut self) -> Result<Finished> {
        self.rollups.store(self.connection)?;
        Ok(Finished {
            events: self.events,
            unindexed: self.unindexed,
        })
    }

    /// Creates or changes a task and stores the change as a revision. Without an agent the task must exist;
    /// otherwise the result is `None`.
    pub(super) fn change(
        &mut self,
        organization: &str,
        agent: Option<&str>,
        mut change: Change,
        now: Timestamp,
    ) -> Result<Option<TaskRecord>> {
        let now = rows::timestamp(now.as_microsecond())?;
        let organization_key = self
            .cache
            .interned
            .organization(self.connection, organization)?;
        let stored = match &change.id {
            Some(id) => find(self.connection, id, organization_key)?,
            None => None,
        };
        let (mut before, mut keys) = match (stored, agent) {
            (Some((task, keys)), _) => (Some(task), keys),
            (None, Some(_)) => (
                None,
                Keys {
                    seq: self.free_key(now)?,
                    agent: 0,
                    organization: organization_key,
                },
            ),
            (None, None) => return Ok(None),
        };
        let mut task = match &before {
            Some(before) => before.clone(),
            None => TaskRecord::blank(
                change
                    .id
                    .take()
                    .unwrap_or_else(|| Uuid::now_v7().to_string()),
                organization.to_owned(),
                String::new(),
                rows::timestamp(keys.seq)?,
            ),
        };
        if let Some(agent) = agent {
            keys.agent =
                self.cache
                    .interned
                    .agent(self.connection, organization_key, agent, now)?;
            agent.clone_into(&mut task.agent_id);
        }
        let body = std::mem::take(&mut change.body);
        if let (Some(before), Some(_)) = (&mut before, &change.llm_response) {
            before.llm_response = self.response(keys.seq)?;
        }
        let at = now.max(task.created_at);
        change.merge_into(&mut task, at);
        match &before {
            Some(before) => self.update(keys, before, &task)?,
            None => self.insert(keys, &task)?,
        }
        if let Some(response) = &task.llm_response {
            self.connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO responses (task, charges, body) VALUES (?1, ?2, ?3)",
                )?
                .execute((keys.seq, json(&task.charges)?, response))?;
        }
        let (kind, changes) = match &before {
            Some(before) => (EventKind::Changed, differences(before, &task)),
            None => (EventKind::Created, Vec::new()),
        };
        self.insert_revision(keys, change.kind, task.status, now, &changes, &body)?;
        self.events.push(Event::of(kind, &task));
        Ok(Some(task))
    }

    /// Adds the texts of some tasks to the search index, the oldest changes first.
    pub(super) fn index_some(&mut self) -> Result<()> {
        let seen = search_index::next(
            self.connection,
            &mut self.cache.interned,
            search_index::MAX_CHUNK,
        )?;
        self.unindexed = if seen < u64::from(search_index::MAX_CHUNK) {
            0
        } else {
            self.unindexed.saturating_sub(seen)
        };
        Ok(())
    }

    /// Adds all missing texts to the search index.
    pub(super) fn index_all(&mut self) -> Result<()> {
        while self.unindexed > 0 {
            self.index_some()?;
        }
        Ok(())
    }

    /// Deletes a task with all its rows. Returns whether it existed.
    pub(super) fn delete(&mut self, seq: i64) -> Result<bool> {
        let Some((task, keys)) = by_key(self.connection, seq)? else {
            return Ok(false);
        };
        self.uncount(keys, &task)?;
        for sql in [
            "DELETE FROM search WHERE rowid = ?1",
            "DELETE FROM texts WHERE task = ?1",
            "DELETE FROM responses WHERE task = ?1",
            "DELETE FROM revisions WHERE task = ?1",
            "DELETE FROM tasks WHERE seq = ?1",
        ] {
            self.connection.prepare_cached(sql)?.execute((seq,))?;
        }
        self.events.push(Event::of(EventKind::Deleted, &task));
        Ok(true)
    }

    /// The time as a key, moved on if another task has that key.
    fn free_key(&mut self, time: Timestamp) -> Result<i64> {
        let mut key = time.as_microsecond();
        if key <= self.cache.newest {
            let mut taken = self
                .connection
                .prepare_cached("SELECT 1 FROM tasks WHERE seq = ?1")?;
            while taken.exists((key,))? {
                key += 1;
            }
        }
        self.cache.newest = self.cache.newest.max(key);
        Ok(key)
    }

    fn response(&self, seq: i64) -> Result<Option<String>> {
        self.connection
            .prepare_cached("SELECT body FROM responses WHERE task = ?1")?
            .query_row((seq,), |row| row.get(0))
            .optional()
    }

    fn insert(&mut self, keys: Keys, task: &TaskRecord) -> Result<()> {
        const SQL: &str = "INSERT INTO tasks (seq, organization, agent, status, updated_at, started_at, finished_at, duration, \
                 completion_tokens, prompt_tokens, cache_read_tokens, cache_write_tokens, total_tokens, \
                 cost, tool_calls, id, user_id, parent_task_id, triggering_agent_id, internal_status, \
                 source, title, models, tools_start, input_start, result_start) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, \
                 ?21, ?22, ?23, ?24, ?25, ?26)";
        self.execute(SQL, keys, task)?;
        self.insert_texts(keys.seq, task)?;
        self.count(keys, task)
    }

    fn update(&mut self, keys: Keys, before: &TaskRecord, task: &TaskRecord) -> Result<()> {
        const SQL: &str = "UPDATE tasks SET organization = ?2, agent = ?3, status = ?4, updated_at = ?5, started_at = ?6, \
                 finished_at = ?7, duration = ?8, completion_tokens = ?9, prompt_tokens = ?10, \
                 cache_read_tokens = ?11, cache_write_tokens = ?12, total_tokens = ?13, cost = ?14, \
                 tool_calls = ?15, id = ?16, user_id = ?17, parent_task_id = ?18, triggering_agent_id = ?19, \
                 internal_status = ?20, source = ?21, title = ?22, models = ?23, tools_start = ?24, \
                 input_start = ?25, result_start = ?26 \
             WHERE seq = ?1";
        let agent = self
            .connection
            .prepare_cached("SELECT agent FROM tasks WHERE seq = ?1")?
            .query_row((keys.seq,), |row| row.get(0))?;
        self.uncount(Keys { agent, ..keys }, before)?;
        self.execute(SQL, keys, task)?;
        self.connection
            .prepare_cached("DELETE FROM texts WHERE task = ?1")?
            .execute((keys.seq,))?;
        self.insert_texts(keys.seq, task)?;
        self.count(keys, task)
    }

    /// Runs a statement with the columns of a task, in the order of [`insert`](Self::insert): names cost more to bind.
    fn execute(&self, sql: &str, keys: Keys, task: &TaskRecord) -> Result<()> {
        let tokens = task.tokens;
        let details = FilterDetails::of(task);
        let (input, _) = start(task.input.as_deref());
        let (result, _) = start(task.result.as_deref());
        let (tools, _) = tools_start(&task.used_tools);
        self.connection.prepare_cached(sql)?.execute(params![
            keys.seq,
            keys.organization,
            keys.agent,
            task.status.as_str(),
            task.updated_at.as_microsecond(),
            task.started_at.map(Timestamp::as_microsecond),
            task.finished_at.map(Timestamp::as_microsecond),
            task.duration,
            tokens.map(|tokens| tokens.completion_tokens),
            tokens.map(|tokens| tokens.prompt_tokens),
            tokens.map(|tokens| tokens.cache_read_tokens),
            tokens.map(|tokens| tokens.cache_write_tokens),
            tokens.map(|tokens| tokens.total_tokens),
            task.cost.map(Cost::nanodollars),
            task.used_tools.len(),
            task.id,
            details.user_id,
            details.parent_task_id,
            details.triggering_agent_id,
            task.internal_status,
            task.source,
            task.title,
            json(&task.models)?,
            tools,
            input,
            result,
        ])?;
        Ok(())
    }

    fn insert_texts(&self, seq: i64, task: &TaskRecord) -> Result<()> {
        let (_, long_input) = start(task.input.as_deref());
        let (_, long_result) = start(task.result.as_deref());
        let (_, long_tools) = tools_start(&task.used_tools);
        if long_input.is_some()
            || long_result.is_some()
            || long_tools.is_some()
            || task.details.is_some()
        {
            self.connection
                .prepare_cached(
                    "INSERT INTO texts (task, input, result, used_tools, details) \
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    seq,
                    long_input,
                    long_result,
                    long_tools,
                    task.details
                ])?;
        }
        Ok(())
    }

    fn count(&mut self, keys: Keys, task: &TaskRecord) -> Result<()> {
        let tools = self
            .cache
            .interned
            .tools(self.connection, &task.used_tools)?;
        if !tools.is_empty() {
            let mut insert = self.connection.prepare_cached(
                "INSERT INTO task_tools (tool, task) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?;
            for tool in tools.keys() {
                insert.execute((tool, keys.seq))?;
            }
        }
        let models = self.cache.interned.models(self.connection, &task.models)?;
        for model in &models {
            self.connection
                .prepare_cached(
                    "INSERT INTO task_models (model, task) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )?
                .execute((model, keys.seq))?;
        }
        self.rollups
            .count(keys.seq, keys.agent, &tools, &models, task, 1);
        Ok(())
    }

    fn uncount(&mut self, keys: Keys, task: &TaskRecord) -> Result<()> {
        let tools = self
            .cache
            .interned
            .tools(self.connection, &task.used_tools)?;
        for tool in tools.keys() {
            self.connection
                .prepare_cached("DELETE FROM task_tools WHERE tool = ?1 AND task = ?2")?
                .execute((tool, keys.seq))?;
        }
        let models = self.cache.interned.models(self.connection, &task.models)?;
        for model in &models {
            self.connection
                .prepare_cached("DELETE FROM task_models WHERE model = ?1 AND task = ?2")?
                .execute((model, keys.seq))?;
        }
        self.rollups
            .count(keys.seq, keys.agent, &tools, &models, task, -1);
        Ok(())
    }

    fn insert_revision(
        &mut self,
        keys: Keys,
        kind: RevisionKind,
        status: TaskStatus,
        now: Timestamp,
        changes: &[Changed],
        body: &str,
    ) -> Result<()> {
        let changes = match changes {
            [] => None,
            changes => Some(serde_json::to_string(changes).map_err(rows::unreadable)?),
        };
        self.connection
            .prepare_cached(
                "INSERT INTO revisions (task, kind, agent, status, received_at, changes, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                keys.seq,
                kind.as_str(),
                keys.agent,
                status.as_str(),
                now.as_microsecond(),
                changes,
                body,
            ])?;
        self.unindexed += 1;
        Ok(())
    }
}

fn find(
    connection: &Connection,
    id: &str,
    organization: i64,
) -> Result<Option<(TaskRecord, Keys)>> {
    let (columns, from) = (rows::TASK, rows::FROM);
    query_task(
        connection,
        &format!("SELECT {columns} FROM {from} WHERE t.id = ?1 AND t.organization = ?2"),
        params![id, organization],
    )
}

fn by_key(connection: &Connection, seq: i64) -> Result<Option<(TaskRecord, Keys)>> {
    let (columns, from) = (rows::TASK, rows::FROM);
    query_task(
        connection,
        &format!("SELECT {columns} FROM {from} WHERE t.seq = ?1"),
        params![seq],
    )
}

fn query_task(
    connection: &Connection,
    sql: &str,
    of: &[&dyn rusqlite::ToSql],
) -> Result<Option<(TaskRecord, Keys)>> {
    connection
        .prepare_cached(sql)?
        .query_row(of, |row| {
            let keys = Keys {
                seq: row.get("seq")?,
                agent: row.get("agent")?,
                organization: row.get("organization")?,
            };
            Ok((rows::task(row)?, keys))
        })
        .optional()
}

/// A list as JSON; `None` when it is empty.
fn json<T: Serialize>(list: &[T]) -> Result<Option<String>> {
    if list.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(list)
        .map(Some)
        .map_err(rows::unreadable)
}

/// The start of a text, and the whole text if it is longer.
fn start(text: Option<&str>) -> (Option<&str>, Option<&str>) {
    let Some(text) = text else {
        return (None, None);
    };
    let start = first_chars(text, MAX_START_CHARS);
    (Some(start), (start.len() < text.len()).then_some(text))
}

/// The first names as JSON, and all names if there are more.
fn tools_start(names: &[String]) -> (Option<String>, Option<String>) {
    if names.is_empty() {
        return (None, None);
    }
    let first: Vec<&str> = names
        .iter()
        .take(MAX_START_TOOLS)
        .map(|name| first_chars(name, MAX_TOOL_CHARS))
        .collect();
    let whole = names.len() <= MAX_START_TOOLS
        && first.iter().zip(names).all(|(start, name)| start == name);
    (
        Some(serde_json::json!(first).to_string()),
        (!whole).then(|| serde_json::json!(names).to_string()),
    )
}

/// The details that lists can be filtered by.
#[derive(Debug, Default)]
struct FilterDetails {
    user_id: Option<String>,
    parent_task_id: Option<String>,
    triggering_agent_id: Option<String>,
}

impl FilterDetails {
    fn of(task: &TaskRecord) -> Self {
        let Some(details) = task
            .details
            .as_deref()
            .and_then(|details| serde_json::from_str::<Details>(details).ok())
        else {
            return Self::default();
        };
        let text = |value: Option<&Box<RawValue>>| -> Option<String> {
            serde_json::from_str(value?.get()).ok()
        };
        let inside = |value: Option<&Box<RawValue>>, name: &str| -> Option<String> {
            let parts: Details = serde_json::from_str(value?.get()).ok()?;
            let part: Details = serde_json::from_str(parts.get(name)?.get()).ok()?;
            text(part.get("id"))
        };
        Self {
            user_id: inside(details.get("input"), "user"),
            parent_task_id: text(details.get("parent_execution")),
            triggering_agent_id: text(details.get("triggering_agent_id")),
        }
    }
}
