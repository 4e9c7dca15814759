//! Statements that find the tasks of a filter.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, Row, params_from_iter};

use super::{interned, rows, search, search_index};
use crate::model::cost::Cost;
use crate::model::task::TaskStatus;
use crate::query::cursor::{Cursor, Paging, Rank};
use crate::query::filter::Filter;
use crate::query::page::{ListedTask, TaskPage};
use crate::query::summary::{AtLeast, Summary};

const COLUMNS: &str = "t.seq, t.id, \
     (SELECT id FROM organizations WHERE key = t.organization) AS organization_id, \
     (SELECT id FROM agents WHERE key = t.agent) AS agent_id, \
     t.status, t.updated_at, t.started_at, t.finished_at, t.duration, t.completion_tokens, t.prompt_tokens, \
     t.cache_read_tokens, t.cache_write_tokens, t.cost, t.models, t.tool_calls, t.title, t.tools_start, t.input_start, \
     t.result_start";

/// The FROM and WHERE of a statement that finds the tasks of a filter.
pub(super) struct Matching {
    from: &'static str,
    /// The column with the task's key in the leading table.
    key: &'static str,
    conditions: Vec<String>,
    values: Vec<Value>,
    /// Whether only the task's key selects the rows, and no condition with its own index.
    by_key: bool,
}

impl Matching {
    /// `None` when no task can match.
    pub(super) fn of(connection: &Connection, filter: &Filter) -> Result<Option<Self>> {
        let organization = match &filter.organization_id {
            Some(id) => match interned::organization(connection, id)? {
                Some(key) => Some(key),
                None => return Ok(None),
            },
            None => None,
        };
        // Agents of several organizations may have one id.
        let agents = match &filter.agent_id {
            Some(id) => match agents(connection, id, organization)? {
                agents if agents.is_empty() => return Ok(None),
                agents => Some(agents),
            },
            None => None,
        };
        let tool = match &filter.tool {
            Some(tool) => match interned::tool(connection, tool)? {
                Some(tool) => Some(tool),
                None => return Ok(None),
            },
            None => None,
        };
        let model = match &filter.model {
            Some(model) => match interned::model(connection, model)? {
                Some(model) => Some(model),
                None => return Ok(None),
            },
            None => None,
        };
        let mut matching = match &filter.search {
            Some(search) => {
                // A search without words matches no task.
                let Some(words) = search::expression(connection, search)? else {
                    return Ok(None);
                };
                Self::of_words(&words, agents, tool, model, filter)
            }
            None => Self::of_facts(agents, tool, model, filter),
        };
        if let (Some(organization), None) = (organization, &filter.agent_id) {
            matching.add("t.organization = ?", organization);
        }
        for (condition, value) in [
            ("t.user_id = ?", &filter.user_id),
            ("t.internal_status = ?", &filter.internal_status),
            ("t.parent_task_id = ?", &filter.parent_task_id),
            ("t.triggering_agent_id = ?", &filter.triggering_agent_id),
        ] {
            if let Some(value) = value {
                matching.add(condition, value.clone());
                matching.by_key = false;
            }
        }
        if let Some(from) = filter.from {
            matching.add_key(">=", from.as_microsecond());
        }
        if let Some(to) = filter.to {
            matching.add_key("<", to.as_microsecond());
        }
        Ok(Some(matching))
    }

    // CROSS JOIN makes the first table the leading one: it has the rows in order.

    /// Searches the full-text index, which also has the status, agent and tools of each task.
    fn of_words(
        words: &str,
        agents: Option<Vec<i64>>,
        tool: Option<i64>,
        model: Option<i64>,
        filter: &Filter,
    ) -> Self {
        let mut matching = Self {
            from: "search CROSS JOIN tasks AS t {} ON t.seq = search.rowid",
            key: "search.rowid",
            conditions: Vec::new(),
            values: Vec::new(),
            by_key: true,
        };
        // The facts come first: they are usually more selective.
        let mut expression = String::new();
        let any_of = |facts: Vec<String>| (!facts.is_empty()).then(|| facts.join(" OR "));
        let agents = agents.into_iter().flatten();
        let agents = any_of(agents.map(search_index::agent_fact).collect());
        let statuses = filter.statuses.iter().copied();
        let status = any_of(statuses.map(search_index::status_fact).collect());
        let tool = tool.map(search_index::tool_fact);
        let model = model.map(search_index::model_fact);
        for fact in [agents, status, tool, model].into_iter().flatten() {
            expression.push_str(&format!("facts : ({fact}) AND "));
        }
        matching.add("search MATCH ?", expression + words);
        matching
    }

    fn of_facts(
        agents: Option<Vec<i64>>,
        tool: Option<i64>,
        model: Option<i64>,
        filter: &Filter,
    ) -> Self {
        let mut matching = Self {
            from: "tasks AS t {}",
            key: "t.seq",
            conditions: Vec::new(),
            values: Vec::new(),
            by_key: agents.is_none() && filter.statuses.is_empty(),
        };
        if let Some(tool) = tool {
            matching.from = "task_tools AS k CROSS JOIN tasks AS t {} ON t.seq = k.task";
            matching.key = "k.task";
            matching.by_key = true;
            matching.add("k.tool = ?", tool);
            if let Some(model) = model {
                matching.add(
                    "EXISTS (SELECT 1 FROM task_models WHERE model = ? AND task = k.task)",
                    model,
                );
            }
        } else if let Some(model) = model {
            matching.from = "task_models AS k CROSS JOIN tasks AS t {} ON t.seq = k.task";
            matching.key = "k.task";
            matching.by_key = true;
            matching.add("k.model = ?", model);
        }
        // Two conditions have an index, and the more selective one should be used. Most tasks are completed,
        // so the status is selective unless it is `completed`. The plus disables an index.
        let both = agents.is_some() && !filter.statuses.is_empty();
        let completed = filter.statuses.contains(&TaskStatus::Completed);
        if let Some(agents) = agents {
            let column = if both && !completed {
                "+t.agent"
            } else {
                "t.agent"
            };
            matching.add_any(column, agents.into_iter().map(Value::from).collect());
        }
        if !filter.statuses.is_empty() {
            let column = if both && completed {
                "+t.status"
            } else {
                "t.status"
            };
            let words = filter
                .statuses
                .iter()
                .map(|status| status.as_str().to_owned());
            matching.add_any(column, words.map(Value::from).collect());
        }
        matching
    }

    fn add(&mut self, condition: &str, value: impl Into<Value>) {
        self.conditions.push(condition.to_owned());
        self.values.push(value.into());
    }

    /// Adds a condition that holds for any of the values.
    fn add_any(&mut self, column: &str, values: Vec<Value>) {
        match values.as_slice() {
            [_] => self.conditions.push(format!("{column} = ?")),
            _ => {
                let places = vec!["?"; values.len()].join(", ");
                self.conditions.push(format!("{column} IN ({places})"));
            }
        }
        self.values.extend(values);
    }

    pub(super) fn add_key(&mut self, comparison: &str, key: i64) {
        self.add(&format!("{} {comparison} ?", self.key), key);
    }

    pub(super) fn sql(&self, columns: &str, order: &str) -> String {
        self.sql_with(columns, order, "")
    }

    /// A statement that reads only columns of the index `tasks_facts`.
    fn facts_sql(&self, columns: &str) -> String {
        let index = if self.by_key {
            "INDEXED BY tasks_facts"
        } else {
            ""
        };
        self.sql_with(columns, "DESC", index)
    }

    /// The keys of the tasks with the largest values, from an index alone. Tasks without a value come last.
    fn ranked_sql(&self, rank: Rank) -> String {
        let value = match rank {
            Rank::Duration => "t.duration",
            Rank::Tokens => "t.total_tokens",
            Rank::Cost => "t.cost",
        };
        let index = if self.by_key {
            "INDEXED BY tasks_facts"
        } else {
            ""
        };
        let order = format!("{value} DESC NULLS LAST, {} DESC", self.key);
        format!("{} OFFSET ?", self.ordered_sql(self.key, &order, index))
    }

    fn sql_with(&self, columns: &str, order: &str, index: &str) -> String {
        let order = format!("{} {order}", self.key);
        self.ordered_sql(columns, &order, index)
    }

    fn ordered_sql(&self, columns: &str, order: &str, index: &str) -> String {
        let conditions = if self.conditions.is_empty() {
            "true".to_owned()
        } else {
            self.conditions.join(" AND ")
        };
        let from = self.from.replace("{}", index);
        format!("SELECT {columns} FROM {from} WHERE {conditions} ORDER BY {order} LIMIT ?")
    }

    pub(super) fn values(&self, limit: u32) -> impl Iterator<Item = Value> {
        let limit = Value::from(limit);
        self.values.iter().cloned().chain([limit])
    }

    pub(super) fn page(
        mut self,
        connection: &Connection,
        paging: Paging,
        limit: u32,
    ) -> Result<TaskPage> {
        let order = match paging {
            Paging::Newest => "DESC",
            Paging::Older(Cursor(key)) => {
                self.add_key("<", key);
                "DESC"
            }
            Paging::Newer(Cursor(key)) => {
                self.add_key(">", key);
                "ASC"
            }
        };
        // One more row shows whether there are more.
        let mut tasks: Vec<(Cursor, ListedTask)> = connection
            .prepare_cached(&self.sql(COLUMNS, order))?
            .query_map(
                params_from_iter(self.values(limit.saturating_add(1))),
                listed,
            )?
            .collect::<Result<_>>()?;
        if order == "ASC" {
            tasks.reverse();
        }
        Ok(arranged(tasks, paging, limit))
    }

    /// The sums and the newest page, from one search, because some searches are slow.
    pub(super) fn overview(
        &self,
        connection: &Connection,
        limit: u32,
    ) -> Result<(Summary, TaskPage)> {
        let (summary, keys) = self.sums(connection, limit.saturating_add(1))?;
        let tasks = of_keys(connection, keys)?;
        Ok((summary, arranged(tasks, Paging::Newest, limit)))
    }

    /// The tasks with the largest values after the first `skip` of them, at most `limit`, and whether there are more.
    pub(super) fn ranked(
        &self,
        connection: &Connection,
        rank: Rank,
        skip: u32,
        limit: u32,
    ) -> Result<(Vec<ListedTask>, bool)> {
        let values = self.values(limit.saturating_add(1)).chain([skip.into()]);
        let keys: Vec<i64> = connection
            .prepare_cached(&self.ranked_sql(rank))?
            .query_map(params_from_iter(values), |row| row.get(0))?
            .collect::<Result<_>>()?;
        let mut tasks = of_keys(connection, keys)?;
        let more = tasks.len() > limit as usize;
        tasks.truncate(limit as usize);
        Ok((tasks.into_iter().map(|(_, task)| task).collect(), more))
    }

    pub(super) fn summary(&self, connection: &Connection) -> Result<Summary> {
        Ok(self.sums(connection, 0)?.0)
    }

    /// The sums, and the keys of at most `newest` of the newest tasks.
    fn sums(&self, connection: &Connection, newest: u32) -> Result<(Summary, Vec<i64>)> {
        let sql = self.facts_sql(&format!(
            "t.status, t.total_tokens, t.duration, {}, t.cost",
            self.key
        ));
        let mut statement = connection.prepare_cached(&sql)?;
        let mut found = statement.query(params_from_iter(self.values(AtLeast::MAX_COUNTED + 1)))?;
        let mut summary = Summary::default();
        let mut durations = Vec::new();
        let mut keys = Vec::new();
        let mut seen = 0;
        while let Some(row) = found.next()? {
            seen += 1;
            if seen > u64::from(AtLeast::MAX_COUNTED) {
                break;
            }
            if keys.len() < newest as usize {
                keys.push(row.get(3)?);
            }
            match row.get_ref(0)?.as_str().unwrap_or_default() {
                "completed" => summary.completed += 1,
                "failed" | "error" => summary.failed += 1,
                _ => {}
            }
            if let Some(tokens) = row.get::<_, Option<i64>>(1)? {
                summary.with_tokens += 1;
                summary.tokens += tokens as f64;
            }
            if let Some(cost) = row.get::<_, Option<i64>>(4)? {
                summary.priced += 1;
                summary.cost = [summary.cost, Cost::new(cost)].into_iter().sum();
            } else if row
                .get::<_, Option<i64>>(1)?
                .is_some_and(|tokens| tokens > 0)
            {
                summary.unpriced += 1;
            }
            // Clients send 0 for an unknown duration.
            if let Some(seconds) = row.get::<_, Option<f64>>(2)?
                && seconds > 0.0
            {
                durations.push(seconds);
            }
        }
        summary.tasks = AtLeast::of(seen);
        durations.sort_unstable_by(f64::total_cmp);
        let rank = (durations.len() * 95).div_ceil(100);
        summary.p95_duration = durations.get(rank.saturating_sub(1)).copied();
        Ok((summary, keys))
    }
}

/// The listed tasks of these keys, in their order.
fn of_keys(connection: &Connection, keys: Vec<i64>) -> Result<Vec<(Cursor, ListedTask)>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM tasks AS t WHERE t.seq = ?1"
    ))?;
    keys.into_iter()
        .map(|key| statement.query_row((key,), listed))
        .collect()
}

/// A page of tasks, newest first. One task more than the limit shows that there are more.
fn arranged(mut tasks: Vec<(Cursor, ListedTask)>, paging: Paging, limit: u32) -> TaskPage {
    let more = tasks.len() > limit as usize;
    match paging {
        Paging::Newer(_) if more => {
            tasks.remove(0);
        }
        _ => tasks.truncate(limit as usize),
    }
    let first = tasks.first().map(|(cursor, _)| *cursor);
    let last = tasks.last().map(|(cursor, _)| *cursor);
    let (newer, older) = match paging {
        Paging::Newest => (None, last.filter(|_| more)),
        Paging::Older(from) => (
            first.or(Some(Cursor(from.0.saturating_sub(1)))),
            last.filter(|_| more),
        ),
        Paging::Newer(from) => (
            first.filter(|_| more),
            last.or(Some(Cursor(from.0.saturating_add(1)))),
        ),
    };
    TaskPage {
        tasks: tasks.into_iter().map(|(_, task)| task).collect(),
        newer,
        older,
    }
}

fn agents(connection: &Connection, id: &str, organization: Option<i64>) -> Result<Vec<i64>> {
    connection
        .prepare_cached(
            "SELECT key FROM agents WHERE id = ?1 AND (?2 IS NULL OR organization = ?2)",
        )?
        .query_map((id, organization), |row| row.get(0))?
        .collect()
}

fn listed(row: &Row<'_>) -> Result<(Cursor, ListedTask)> {
    let task = ListedTask {
        id: row.get("id")?,
        organization_id: row.get("organization_id")?,
        agent_id: row.get("agent_id")?,
        status: rows::status(row, "status")?,
        created_at: rows::time(row, "seq")?,
        updated_at: rows::time(row, "updated_at")?,
        started_at: rows::some_time(row, "started_at")?,
        finished_at: rows::some_time(row, "finished_at")?,
        duration: row.get("duration")?,
        tokens: rows::tokens(row)?,
        tool_calls: row.get("tool_calls")?,
        models: rows::names(row, "models")?,
        cost: rows::cost(row, "cost")?,
        first_tools: rows::names(row, "tools_start")?,
        input: row.get("input_start")?,
        result: row.get("result_start")?,
        title: row.get("title")?,
    };
    Ok((Cursor(row.get("seq")?), task))
}
