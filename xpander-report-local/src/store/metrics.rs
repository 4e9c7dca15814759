//! Metrics from the hourly sums.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, Result, Row, params};

use super::measured::{OF_AGENTS, each_task};
use super::rollups::{COLUMNS, Rollups, add_row};
use super::span::{Span, hour, start};
use super::{Store, rows};
use crate::model::sums::Sums;
use crate::query::metrics::{
    AgentMetrics, DayMetrics, HourMetrics, MetricTotals, Metrics, MetricsQuery, ModelMetrics,
    ToolMetrics,
};

/// A longer range lists only the days with tasks.
const MAX_DAYS: usize = 3_660;

impl Store {
    pub(crate) fn metrics(&self, query: &MetricsQuery) -> Result<Metrics> {
        let zone = query.time_zone.clone().unwrap_or_else(TimeZone::system);
        let span = Span::of(query);
        self.readers.read(|connection| {
            let (by_day, by_agent) = agents(connection, query, span, &zone)?;
            let mut total = Sums::default();
            for sums in by_agent.values() {
                total.merge(sums);
            }
            let hours_of_day = match by_day.keys().next() {
                Some(day) if by_day.len() == 1 => hours_of(connection, query, *day, &zone)?,
                _ => Vec::new(),
            };
            // Tools and models have no sums by agent.
            let is_of_all = query.agent_id.is_none() && query.organization_id.is_none();
            let named = |of: Named| match is_of_all {
                true => of.read(connection, query, span),
                false => Ok(Vec::new()),
            };
            let tools = named(Named::Tools)?.into_iter();
            let mut tools: Vec<_> = tools
                .map(|(tool, totals)| ToolMetrics { tool, totals })
                .collect();
            tools.sort_by_key(|tool| std::cmp::Reverse(tool.totals.tool_calls()));
            let models = named(Named::Models)?.into_iter();
            let mut models: Vec<_> = models
                .map(|(model, totals)| ModelMetrics { model, totals })
                .collect();
            models.sort_by_key(|model| {
                std::cmp::Reverse((model.totals.cost(), model.totals.requests()))
            });
            Ok(Metrics {
                total: MetricTotals::new(total),
                days: days(by_day, query, &zone),
                hours: hours_of_day,
                agents: named_agents(connection, by_agent)?,
                tools,
                models,
            })
        })
    }

    /// Every agent with the totals of all its tasks, the one that reported last first.
    pub(crate) fn agent_metrics(&self) -> Result<Vec<AgentMetrics>> {
        self.readers.read(|connection| {
            let query = MetricsQuery::default();
            let (_, mut sums) = agents(connection, &query, Span::of(&query), &TimeZone::UTC)?;
            let keys = connection
                .prepare_cached("SELECT key FROM agents")?
                .query_map((), |row| row.get(0))?
                .collect::<Result<Vec<i64>>>()?;
            for key in keys {
                sums.entry(key).or_default();
            }
            let mut agents = named_agents(connection, sums)?;
            agents.sort_by_key(|agent| std::cmp::Reverse(agent.latest_task_at));
            Ok(agents)
        })
    }
}

type ByDay = BTreeMap<Date, Sums>;
type ByAgent = BTreeMap<i64, Sums>;

fn agents(
    connection: &Connection,
    query: &MetricsQuery,
    span: Span,
    zone: &TimeZone,
) -> Result<(ByDay, ByAgent)> {
    let (mut by_day, mut by_agent) = (ByDay::new(), ByAgent::new());
    let mut known = (i64::MIN, Date::MIN);
    let is_whole = |hour| Ok(date(start(hour), zone)? == date(start(hour + 1) - 1, zone)?);
    each_sums(connection, query, span, is_whole, |time, agent, sums| {
        if time != known.0 {
            known = (time, date(time, zone)?);
        }
        by_day.entry(known.1).or_default().merge(sums);
        by_agent.entry(agent).or_default().merge(sums);
        Ok(())
    })?;
    Ok((by_day, by_agent))
}

/// Visits the sums of the tasks of each agent: those of each hour that is whole, and of each task of the other hours.
/// They come with the time of the hour's start, or of the task.
fn each_sums(
    connection: &Connection,
    query: &MetricsQuery,
    span: Span,
    is_whole: impl Fn(i64) -> Result<bool>,
    mut visit: impl FnMut(i64, i64, &Sums) -> Result<()>,
) -> Result<()> {
    let sql = format!(
        "SELECT hour, agent, {COLUMNS} FROM hours_of_agents WHERE hour >= ?1 AND hour < ?2 \
         AND {OF_AGENTS} ORDER BY hour"
    );
    let hours = span.touched();
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params![
        hours.start,
        hours.end,
        query.agent_id,
        query.organization_id
    ])?;
    let mut latest = (i64::MIN, true);
    while let Some(row) = found.next()? {
        let hour = row.get(0)?;
        if hour != latest.0 {
            latest = (hour, span.has_whole(hour) && is_whole(hour)?);
            if !latest.1 {
                let part = span.of_hour(hour);
                each_task(connection, query, part, |time, agent, task| {
                    let mut sums = Sums::default();
                    sums.count(task, task.used_tools.len(), 1);
                    visit(time, agent, &sums)
                })?;
            }
        }
        if latest.1 {
            let mut sums = Sums::default();
            add_row(&mut sums, row, 2)?;
            visit(start(hour), row.get(1)?, &sums)?;
        }
    }
    Ok(())
}

fn date(time: i64, zone: &TimeZone) -> Result<Date> {
    Ok(rows::timestamp(time)?.to_zoned(zone.clone()).date())
}

/// Every day of the range, even without tasks.
fn days(mut sums: ByDay, query: &MetricsQuery, zone: &TimeZone) -> Vec<DayMetrics> {
    let day = |time: Timestamp| time.to_zoned(zone.clone()).date();
    let first = query.from.map(day).or_else(|| sums.keys().next().copied());
    let end = query.to.map(|to| {
        day(to
            .checked_sub(jiff::SignedDuration::from_nanos(1))
            .unwrap_or(to))
    });
    let last = end.or_else(|| {
        let last = sums.keys().next_back().copied();
        // A range without an end ends today.
        query.from.map(|_| day(Timestamp::now())).max(last)
    });
    let (Some(first), Some(last)) = (first, last) else {
        return Vec::new();
    };
    let listed = |(date, sums)| DayMetrics {
        date,
        totals: MetricTotals::new(sums),
    };
    // A wrong clock could make the list endless.
    let all: Vec<Date> = first
        .series(jiff::Span::new().days(1))
        .take_while(|date| *date <= last)
        .take(MAX_DAYS + 1)
        .collect();
    if all.len() > MAX_DAYS {
        return sums.into_iter().map(listed).collect();
    }
    all.into_iter()
        .map(|date| listed((date, sums.remove(&date).unwrap_or_default())))
        .collect()
}

fn named_agents(connection: &Connection, sums: ByAgent) -> Result<Vec<AgentMetrics>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, (SELECT id FROM organizations WHERE key = organization) AS organization_id, created_at, \
         (SELECT max(seq) FROM tasks WHERE agent = key) AS latest FROM agents WHERE key = ?1",
    )?;
    let mut agents = Vec::with_capacity(sums.len());
    for (key, sums) in sums {
        let agent = |row: &Row<'_>| {
            Ok(AgentMetrics {
                agent_id: row.get("id")?,
                organization_id: row.get("organization_id")?,
                created_at: rows::time(row, "created_at")?,
                latest_task_at: rows::some_time(row, "latest")?,
                totals: MetricTotals::new(sums),
            })
        };
        agents.push(statement.query_row((key,), agent)?);
    }
    agents.sort_by_key(|agent| std::cmp::Reverse(agent.totals.requests()));
    Ok(agents)
}

/// Sums by name.
#[derive(Clone, Copy)]
enum Named {
    Tools,
    Models,
}

impl Named {
    fn read(
        self,
        connection: &Connection,
        query: &MetricsQuery,
        span: Span,
    ) -> Result<Vec<(String, MetricTotals)>> {
        let (column, table) = match self {
            Self::Tools => ("tool", "tools"),
            Self::Models => ("model", "models"),
        };
        let sql = format!(
            "SELECT {column}, {COLUMNS} FROM hours_of_{table} WHERE hour >= ?1 AND hour < ?2"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let hours = span.whole();
        let mut found = statement.query((hours.start, hours.end))?;
        let mut sums: BTreeMap<i64, Sums> = BTreeMap::new();
        while let Some(row) = found.next()? {
            add_row(sums.entry(row.get(0)?).or_default(), row, 1)?;
        }
        for part in span.edges() {
            let tasks = Rollups::of_tasks(connection, query, part)?;
            for (key, of_part) in match self {
                Self::Tools => tasks.tools,
                Self::Models => tasks.models,
            } {
                sums.entry(key.1).or_default().merge(&of_part);
            }
        }
        let mut name =
            connection.prepare_cached(&format!("SELECT name FROM {table} WHERE key = ?1"))?;
        sums.into_iter()
            .map(|(key, sums)| {
                let name = name.query_row((key,), |row| row.get(0))?;
                Ok((name, MetricTotals::new(sums)))
            })
            .collect()
    }
}

/// Every hour of a day, as far as it is in the range.
fn hours_of(
    connection: &Connection,
    query: &MetricsQuery,
    day: Date,
    zone: &TimeZone,
) -> Result<Vec<HourMetrics>> {
    let begins = |day: Date| day.to_zoned(zone.clone()).map(|day| day.timestamp());
    let (Ok(from), Some(to)) = (
        begins(day),
        day.tomorrow().ok().and_then(|day| begins(day).ok()),
    ) else {
        return Ok(Vec::new());
    };
    let span = Span::of(&MetricsQuery {
        from: Some(query.from.map_or(from, |asked| asked.max(from))),
        to: Some(query.to.map_or(to, |asked| asked.min(to))),
        ..MetricsQuery::default()
    });
    let mut by_hour: BTreeMap<i64, Sums> =
        span.touched().map(|hour| (hour, Sums::default())).collect();
    each_sums(
        connection,
        query,
        span,
        |_| Ok(true),
        |time, _, sums| {
            by_hour.entry(hour(time)).or_default().merge(sums);
            Ok(())
        },
    )?;
    by_hour
        .into_iter()
        .map(|(hour, sums)| {
            let part = span.of_hour(hour);
            Ok(HourMetrics {
                starts_at: rows::timestamp(part.from)?,
                ends_at: rows::timestamp(part.to)?,
                totals: MetricTotals::new(sums),
            })
        })
        .collect()
}
