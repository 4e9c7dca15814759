//! The page of metrics by day, by agent and by tool.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::chart::{self, Chart, ChartOptions, Time, time_unit};
use super::choice::Choice;
use super::filter_params::FilterParams;
use super::format;
use super::totals::FormattedTotals;
use super::view::{PageProblem, render};
use super::zone;
use crate::app::App;
use crate::http::path::LOCAL;
use crate::http::query_string::QueryString;
use crate::query::metrics::{DayMetrics, HourMetrics, MetricTotals, Metrics, MetricsQuery};

/// How many days the charts and the table show. The totals are over all days.
const MAX_DAYS: usize = 400;

/// How many agents, and how many tools, the tables list.
const MAX_ROWS: usize = 100;

const MAX_CHOICES: u32 = 200;

const RANGES: [(&str, &str, i64); 4] = [
    ("7d", "last 7 days", 7),
    ("30d", "last 30 days", 30),
    ("90d", "last 90 days", 90),
    ("365d", "last 365 days", 365),
];

/// The range when the query string has none.
const DEFAULT_RANGE: &str = "30d";

/// The range that begins with the first task.
const ALL: &str = "all";

#[derive(Template)]
#[template(path = "metrics.html")]
struct MetricsPage {
    agents_offered: Vec<Choice>,
    ranges: Vec<Choice>,
    range: Option<(String, String)>,
    other_times: String,
    organization: Option<String>,
    total: FormattedTotals,
    charts: Vec<Chart>,
    /// `day` or `hour`.
    by: &'static str,
    /// The day whose hours are shown.
    day: Option<String>,
    /// The name of the time zone.
    zone: String,
    /// Whether the hours do not begin at full hours of the time zone.
    has_hours_of_utc: bool,
    times: Vec<MetricsRow>,
    /// How many earlier days are only in the totals.
    earlier: Option<usize>,
    agents: Vec<MetricsRow>,
    more_agents: usize,
    tools: Vec<MetricsRow>,
    more_tools: usize,
    models: Vec<MetricsRow>,
    more_models: usize,
    /// The link to the metrics of all agents, if tools and models are hidden because they are not summed by agent.
    without_tools: Option<String>,
}

struct MetricsRow {
    name: String,
    /// The link to the list of the tasks.
    link: String,
    totals: FormattedTotals,
}

/// `GET /metrics`
pub(super) async fn metrics(
    State(app): State<App>,
    Query(mut parameters): Query<HashMap<String, String>>,
) -> Result<Response, PageProblem> {
    parameters.retain(|_, value| !value.is_empty());
    for other in ["status", "tool", "model", "q", "sort"] {
        parameters.remove(other);
    }
    if !["last", "from", "to"]
        .iter()
        .any(|name| parameters.contains_key(*name))
    {
        parameters.insert("last".to_owned(), DEFAULT_RANGE.to_owned());
    }
    let params = FilterParams::of(&parameters);
    let zone = zone::zone();
    let last = parameters.get("last").cloned();
    let days = RANGES
        .iter()
        .find(|(name, ..)| last.as_deref() == Some(*name))
        .map(|(.., days)| *days);
    if days.is_some() || last.as_deref() == Some(ALL) {
        parameters.remove("last");
    }
    let mut query_string = QueryString::new(parameters);
    let filter = query_string.filter(&zone);
    let filter = query_string.finish(filter)?;
    let query = MetricsQuery {
        agent_id: filter.agent_id,
        organization_id: filter.organization_id,
        from: filter.from.or(days.and_then(|days| beginning(days, &zone))),
        to: filter.to,
        time_zone: Some(zone.clone()),
    };
    let page = app
        .run(move |store| {
            let metrics = store.metrics(&query)?;
            Ok(MetricsPage::new(
                &params,
                &zone,
                &store.agent_ids(MAX_CHOICES)?,
                &metrics,
            ))
        })
        .await?;
    Ok(render(&page)?.into_response())
}

/// The start of the first of the last days. Today is one of them.
fn beginning(days: i64, zone: &TimeZone) -> Option<Timestamp> {
    let today = Timestamp::now().to_zoned(zone.clone());
    let first = today.date().checked_sub(Span::new().days(days - 1)).ok()?;
    first.to_zoned(zone.clone()).ok().map(|day| day.timestamp())
}

impl MetricsPage {
    fn new(params: &FilterParams, zone: &TimeZone, agents: &[String], metrics: &Metrics) -> Self {
        let range = |name| params.get(name).unwrap_or_default().to_owned();
        let has_range = params.get("from").or(params.get("to")).is_some();
        let ranges = RANGES
            .iter()
            .map(|(value, label, _)| (*value, *label))
            .chain([(ALL, "all time")]);
        let earlier = metrics.days.len().saturating_sub(MAX_DAYS);
        let days = metrics.days.get(earlier..).unwrap_or_default();
        let whole = params.without(&["last", "from", "to"]);
        let today = Timestamp::now().to_zoned(zone.clone()).date();
        let chosen = RANGES
            .iter()
            .find(|(name, ..)| params.get("last") == Some(*name));
        let first = match chosen {
            Some((.., days)) => today.saturating_sub(Span::new().days(days - 1)),
            None => metrics.days.first().map_or(today, |day| day.date),
        };
        let (by, slots) = match metrics.hours.as_slice() {
            [] => (
                "day",
                days.iter().map(|day| Slot::of_day(day, zone)).collect(),
            ),
            hours => (
                "hour",
                hours
                    .iter()
                    .map(|hour| Slot::of_hour(hour, zone))
                    .collect::<Vec<_>>(),
            ),
        };
        Self {
            agents_offered: Choice::among(agents.iter().map(String::as_str), params.get("agent")),
            ranges: Choice::labelled(ranges, params.get("last")),
            range: has_range.then(|| (range("from"), range("to"))),
            other_times: if has_range {
                whole.at("/metrics")
            } else {
                whole
                    .with("from", first.to_string())
                    .with("to", today.to_string())
                    .at("/metrics")
            },
            organization: params.get("organization").map(str::to_owned),
            total: FormattedTotals::new(&metrics.total),
            charts: charts(by, &slots),
            by,
            day: metrics.hours.first().map(|hour| {
                let begins = hour.starts_at.to_zoned(zone.clone());
                begins.strftime("%A, %B %-d, %Y").to_string()
            }),
            zone: zone::name(zone),
            has_hours_of_utc: metrics
                .hours
                .iter()
                .any(|hour| hour.ends_at.to_zoned(zone.clone()).time().minute() != 0),
            times: slots
                .into_iter()
                .rev()
                .filter(|slot| by == "day" || slot.totals.requests() > 0)
                .map(|slot| MetricsRow {
                    name: slot.full,
                    link: tasks_of(slot.begins, slot.ends, &whole),
                    totals: FormattedTotals::new(slot.totals),
                })
                .collect(),
            earlier: (earlier > 0).then_some(earlier),
            agents: metrics
                .agents
                .iter()
                .take(MAX_ROWS)
                .map(|agent| {
                    let local = agent.organization_id == LOCAL;
                    let of = params.with_agent(&agent.agent_id, &agent.organization_id);
                    MetricsRow {
                        name: if local {
                            agent.agent_id.clone()
                        } else {
                            format!("{} / {}", agent.organization_id, agent.agent_id)
                        },
                        link: of.at("/metrics"),
                        totals: FormattedTotals::new(&agent.totals),
                    }
                })
                .collect(),
            more_agents: metrics.agents.len().saturating_sub(MAX_ROWS),
            tools: metrics
                .tools
                .iter()
                .take(MAX_ROWS)
                .map(|tool| MetricsRow {
                    name: tool.tool.clone(),
                    link: FilterParams::default().with("tool", &tool.tool).at("/"),
                    totals: FormattedTotals::new(&tool.totals),
                })
                .collect(),
            more_tools: metrics.tools.len().saturating_sub(MAX_ROWS),
            models: metrics
                .models
                .iter()
                .take(MAX_ROWS)
                .map(|model| MetricsRow {
                    name: model.model.clone(),
                    link: FilterParams::default().with("model", &model.model).at("/"),
                    totals: FormattedTotals::new(&model.totals),
                })
                .collect(),
            more_models: metrics.models.len().saturating_sub(MAX_ROWS),
            without_tools: params
                .get("agent")
                .or(params.get("organization"))
                .map(|_| params.without(&["agent", "organization"]).at("/metrics")),
        }
    }
}

/// A day or an hour with its totals.
struct Slot<'a> {
    begins: Option<Timestamp>,
    ends: Option<Timestamp>,
    label: String,
    full: String,
    totals: &'a MetricTotals,
}

impl<'a> Slot<'a> {
    fn of_day(day: &'a DayMetrics, zone: &TimeZone) -> Self {
        let begins = |date: Date| Some(date.to_zoned(zone.clone()).ok()?.timestamp());
        Self {
            begins: begins(day.date),
            ends: day.date.tomorrow().ok().and_then(begins),
            label: day.date.strftime("%b %-d").to_string(),
            full: day.date.strftime("%a %b %-d, %Y").to_string(),
            totals: &day.totals,
        }
    }

    fn of_hour(hour: &'a HourMetrics, zone: &TimeZone) -> Self {
        let begins = hour.starts_at.to_zoned(zone.clone());
        let ends = hour.ends_at.to_zoned(zone.clone());
        Self {
            begins: Some(hour.starts_at),
            ends: Some(ends.timestamp()),
            label: begins.strftime("%H:%M").to_string(),
            full: format!(
                "{} to {}",
                begins.strftime("%a %b %-d, %H:%M"),
                ends.strftime("%H:%M")
            ),
            totals: &hour.totals,
        }
    }
}

/// The link to the list of the tasks of a day or an hour.
fn tasks_of(begins: Option<Timestamp>, ends: Option<Timestamp>, params: &FilterParams) -> String {
    let mut params = params.clone();
    for (name, time) in [("from", begins), ("to", ends)] {
        if let Some(time) = time {
            params = params.with(name, time.to_string());
        }
    }
    params.at("/")
}

fn charts(by: &str, slots: &[Slot<'_>]) -> Vec<Chart> {
    type Of = fn(&MetricTotals) -> Option<f64>;
    const COUNT: ChartOptions = ChartOptions {
        title: "",
        format: format::compact,
        unit: None,
        top: None,
        whole: true,
        bad: false,
    };
    let charts: [(ChartOptions, Of); 9] = [
        (
            ChartOptions {
                title: "Requests",
                ..COUNT
            },
            |of| Some(of.requests() as f64),
        ),
        (
            ChartOptions {
                title: "Failed requests",
                bad: true,
                ..COUNT
            },
            |of| Some(of.failed() as f64),
        ),
        (
            ChartOptions {
                title: "Success rate",
                format: |share| format::percent((share * 1e6) as u64, 1_000_000),
                top: Some(1.0),
                whole: false,
                ..COUNT
            },
            MetricTotals::success_rate,
        ),
        (
            ChartOptions {
                title: "Duration, 95th percentile",
                format: format::duration,
                unit: Some(time_unit),
                whole: false,
                ..COUNT
            },
            |of| of.duration_quantile(0.95),
        ),
        (
            ChartOptions {
                title: "Cost",
                format: format::dollars,
                whole: false,
                ..COUNT
            },
            |of| Some(of.cost().dollars()),
        ),
        (
            ChartOptions {
                title: "Total tokens",
                ..COUNT
            },
            |of| Some(of.total_tokens()),
        ),
        (
            ChartOptions {
                title: "Input tokens",
                ..COUNT
            },
            |of| Some(of.input_tokens()),
        ),
        (
            ChartOptions {
                title: "Output tokens",
                ..COUNT
            },
            |of| Some(of.output_tokens()),
        ),
        (
            ChartOptions {
                title: "Tool calls",
                ..COUNT
            },
            |of| Some(of.tool_calls() as f64),
        ),
    ];
    charts
        .iter()
        .map(|(options, of)| {
            // A time without runs is a gap, not a zero.
            let value = |totals: &MetricTotals| of(totals).filter(|_| totals.requests() > 0);
            let times: Vec<Time> = slots
                .iter()
                .map(|slot| Time {
                    label: slot.label.clone(),
                    full: slot.full.clone(),
                    value: value(slot.totals),
                })
                .collect();
            Chart::new(options, by, &times)
        })
        .collect()
}
