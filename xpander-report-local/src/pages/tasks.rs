//! The page with the list of tasks.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::choice::Choice;
use super::filter_params::{FAILED, FilterParams};
use super::format::{self, Clock, Moment};
use super::links::{task_path, task_query};
use super::view::{PageProblem, render};
use super::zone;
use crate::app::App;
use crate::http::path::LOCAL;
use crate::http::query_string::QueryString;
use crate::model::task::TaskStatus;
use crate::model::text::first_bytes;
use crate::query::cursor::{Cursor, Paging, Rank};
use crate::query::page::{ListedTask, TaskPage};
use crate::query::summary::{AtLeast, Summary};

const PER_PAGE: u32 = 50;

/// How many agents, and how many tools, the form offers.
const MAX_CHOICES: u32 = 200;

/// How many tools a row names. It counts the others.
const MAX_TOOLS: usize = 2;

/// How many bytes of a tool's name a row shows.
const MAX_TOOL_BYTES: usize = 80;

/// The order without the parameter `sort`.
const IN_TIME: &str = "newest first";

/// The range of another order, if none is chosen.
const DEFAULT_RANGE: &str = "24h";

const TIMES: [(&str, &str); 5] = [
    ("15m", "last 15 minutes"),
    ("1h", "last hour"),
    ("24h", "last 24 hours"),
    ("7d", "last 7 days"),
    ("30d", "last 30 days"),
];

#[derive(Template)]
#[template(path = "tasks.html")]
struct TaskListPage {
    url: String,
    form: Form,
    totals: SummaryLine,
    rows: Vec<TaskRow>,
    /// Whether a filter selects the tasks.
    filtered: bool,
    /// The order in words.
    order: &'static str,
    newer: Option<String>,
    older: Option<String>,
    /// The URL of live updates. `None` on older pages, which get no new tasks.
    live: Option<String>,
    csv: String,
    jsonl: String,
    delete: String,
}

/// The filter form.
struct Form {
    search: String,
    organization: Option<String>,
    statuses: Vec<Choice>,
    agents: Vec<Choice>,
    tools: Vec<Choice>,
    models: Vec<Choice>,
    orders: Vec<Choice>,
    times: Vec<Choice>,
    /// The range of dates, if the filter has one.
    range: Option<(String, String)>,
    /// The name of the dates' time zone.
    zone: String,
    /// The link that switches between a range of dates and a time until now.
    other_times: String,
}

struct SummaryLine {
    runs: String,
    /// How many of the newest tasks the other totals cover, if there are more tasks.
    newest: Option<String>,
    ok: Option<String>,
    /// How many failed, and the link that shows them.
    failed: Option<(String, String)>,
    p95: Option<String>,
    tokens: String,
    /// How many runs reported no tokens, if any.
    uncounted: Option<String>,
    /// The cost of the runs, if any of them has a price.
    cost: Option<String>,
    /// How many runs have no price, if any.
    unpriced: Option<String>,
}

struct TaskRow {
    link: String,
    status: TaskStatus,
    finished: Moment,
    agent: String,
    duration: Option<String>,
    tokens: Option<(String, String)>,
    cost: Option<String>,
    model: String,
    tools: String,
    input: Option<String>,
    result: Option<String>,
}

impl TaskRow {
    fn is_failure(&self) -> bool {
        matches!(self.status, TaskStatus::Failed | TaskStatus::Error)
    }
}

/// `GET /`
pub(super) async fn tasks(
    State(app): State<App>,
    Query(mut parameters): Query<HashMap<String, String>>,
) -> Result<Response, PageProblem> {
    const EXPECTED: &str = "Input should be a position in the list, as in the links to other pages";
    parameters.retain(|_, value| !value.is_empty());
    // Any order other than by time needs a range of time.
    let has_range = ["last", "from"]
        .iter()
        .any(|name| parameters.contains_key(*name));
    if parameters.contains_key("sort") && !has_range {
        parameters.insert("last".to_owned(), DEFAULT_RANGE.to_owned());
    }
    let params = FilterParams::of(&parameters);
    let mut query_string = QueryString::new(parameters);
    let filter = query_string.filter(&zone::zone());
    let older = query_string.read("older", |cursor| cursor.parse().ok(), EXPECTED);
    let newer = query_string.read("newer", |cursor| cursor.parse().ok(), EXPECTED);
    let paging = match (older, newer) {
        (Some(cursor), _) => Paging::Older(cursor),
        (None, Some(cursor)) => Paging::Newer(cursor),
        (None, None) => Paging::Newest,
    };
    let rank = query_string.read(
        "sort",
        Rank::from_word,
        "Input should be 'duration', 'tokens' or 'cost'",
    );
    let skip = query_string.read("skip", |number| number.parse().ok(), EXPECTED);
    let (filter, paging, rank) = query_string.finish((filter, paging, rank))?;
    let url = app.url.to_string();
    let page = app
        .run(move |store| {
            let form = Form::new(
                &params,
                &store.agent_ids(MAX_CHOICES)?,
                &store.tools(MAX_CHOICES)?,
                &store.models(MAX_CHOICES)?,
            );
            let page = TaskListPage::new(url, &params, form);
            Ok(match rank {
                Some(rank) => {
                    let skip = skip.unwrap_or(0);
                    let (summary, tasks, more) = store.ranked(&filter, rank, skip, PER_PAGE)?;
                    page.ranked(&params, &summary, &tasks, skip, more)
                }
                None => {
                    let (summary, tasks) = store.overview(&filter, paging, PER_PAGE)?;
                    page.in_time(&params, &summary, &tasks, paging)
                }
            })
        })
        .await?;
    Ok(render(&page)?.into_response())
}

impl TaskListPage {
    /// A page without tasks.
    fn new(url: String, params: &FilterParams, form: Form) -> Self {
        let sort = params.get("sort");
        let order = Rank::ALL.iter().find(|(_, name, _)| sort == Some(*name));
        let selected = params.without(&["sort"]);
        Self {
            url,
            form,
            totals: SummaryLine::new(&Summary::default(), params),
            rows: Vec::new(),
            filtered: !params.is_empty(),
            order: order.map_or(IN_TIME, |(.., words)| words),
            newer: None,
            older: None,
            live: None,
            csv: selected.at("/tasks.csv"),
            jsonl: selected.at("/tasks.jsonl"),
            delete: selected.at("/delete"),
        }
    }

    /// The newest tasks, or those before or after a place in the list.
    fn in_time(
        self,
        params: &FilterParams,
        summary: &Summary,
        page: &TaskPage,
        paging: Paging,
    ) -> Self {
        let other = |name: &str, cursor: Option<Cursor>| {
            cursor.map(|cursor| other_page(params, name, &cursor.to_string()))
        };
        Self {
            totals: SummaryLine::new(summary, params),
            rows: rows(&page.tasks),
            newer: other("newer", page.newer),
            older: other("older", page.older),
            live: (paging == Paging::Newest).then(|| params.at("/live")),
            ..self
        }
    }

    /// The tasks with the largest values, without the first ones.
    fn ranked(
        self,
        params: &FilterParams,
        summary: &Summary,
        tasks: &[ListedTask],
        skip: u32,
        more: bool,
    ) -> Self {
        let skipping = |skip: u32| match skip {
            0 => params.at("/"),
            _ => other_page(params, "skip", &skip.to_string()),
        };
        Self {
            totals: SummaryLine::new(summary, params),
            rows: rows(tasks),
            newer: (skip > 0).then(|| skipping(skip.saturating_sub(PER_PAGE))),
            older: more.then(|| skipping(skip.saturating_add(PER_PAGE))),
            ..self
        }
    }
}

fn rows(tasks: &[ListedTask]) -> Vec<TaskRow> {
    let clock = Clock::local();
    tasks
        .iter()
        .map(|task| TaskRow::new(task, &clock))
        .collect()
}

fn other_page(params: &FilterParams, name: &str, place: &str) -> String {
    let list = params.at("/");
    let mark = if params.is_empty() { '?' } else { '&' };
    format!("{list}{mark}{name}={place}")
}

impl Form {
    fn new(params: &FilterParams, agents: &[String], tools: &[String], models: &[String]) -> Self {
        let statuses = TaskStatus::ALL.iter().map(|status| status.as_str());
        let statuses = statuses
            .map(|status| (status, status))
            .chain([(FAILED, "failed or error")]);
        let range = |name| params.get(name).unwrap_or_default().to_owned();
        let has_range = params.get("from").or(params.get("to")).is_some();
        let zone = zone::zone();
        let today = Timestamp::now().to_zoned(zone.clone()).date();
        Self {
            search: params.get("q").unwrap_or_default().to_owned(),
            organization: params.get("organization").map(str::to_owned),
            statuses: Choice::labelled(statuses, params.get("status")),
            agents: Choice::among(agents.iter().map(String::as_str), params.get("agent")),
            tools: Choice::among(tools.iter().map(String::as_str), params.get("tool")),
            models: Choice::among(models.iter().map(String::as_str), params.get("model")),
            orders: Choice::labelled(
                Rank::ALL.iter().map(|(_, name, words)| (*name, *words)),
                params.get("sort"),
            ),
            times: Choice::labelled(TIMES, params.get("last")),
            range: has_range.then(|| (range("from"), range("to"))),
            zone: zone::name(&zone),
            other_times: if has_range {
                params.without(&["from", "to"]).at("/")
            } else {
                let from = today.saturating_sub(jiff::Span::new().days(6)).to_string();
                params
                    .without(&["last"])
                    .with("from", from)
                    .with("to", today.to_string())
                    .at("/")
            },
        }
    }
}

impl SummaryLine {
    fn new(summary: &Summary, params: &FilterParams) -> Self {
        let ended = summary.completed + summary.failed;
        // Beyond the exact count the number is unknown.
        let AtLeast { number, more } = summary.tasks;
        let uncounted = number.saturating_sub(summary.with_tokens);
        Self {
            runs: summary.tasks.to_string(),
            newest: more.then(|| format::whole(number)),
            ok: (ended > 0 && params.get("status").is_none())
                .then(|| format::percent(summary.completed, ended)),
            failed: (summary.failed > 0).then(|| {
                let failed = params.with("status", FAILED);
                (format::whole(summary.failed), failed.at("/"))
            }),
            p95: summary.p95_duration.map(format::duration),
            tokens: format::compact(summary.tokens),
            uncounted: (uncounted > 0).then(|| format::whole(uncounted)),
            cost: (summary.priced > 0).then(|| format::dollars(summary.cost.dollars())),
            unpriced: (summary.unpriced > 0).then(|| format::whole(summary.unpriced)),
        }
    }
}

impl TaskRow {
    fn new(task: &ListedTask, clock: &Clock) -> Self {
        let agent = if task.organization_id == LOCAL {
            task.agent_id.clone()
        } else {
            format!("{} / {}", task.organization_id, task.agent_id)
        };
        let names = task.first_tools.iter().take(MAX_TOOLS);
        let shown = names
            .map(|name| first_bytes(name, MAX_TOOL_BYTES))
            .collect::<Vec<_>>()
            .join(", ");
        let tools = match task.tool_calls.saturating_sub(MAX_TOOLS as u64) {
            0 => shown,
            more => format!("{shown} +{more}"),
        };
        Self {
            link: format!(
                "{}{}",
                task_path(&task.id),
                task_query(&task.organization_id)
            ),
            status: task.status,
            finished: clock.moment(task.finished_at.unwrap_or(task.updated_at)),
            agent,
            duration: format::known_duration(task.duration),
            tokens: task.tokens.map(|tokens| {
                (
                    format::count(tokens.prompt_tokens),
                    format::count(tokens.completion_tokens),
                )
            }),
            cost: task.cost.map(|cost| format::dollars(cost.dollars())),
            model: match task.models.as_slice() {
                [] => String::new(),
                [model] => model.clone(),
                [first, others @ ..] => format!("{first} +{}", others.len()),
            },
            tools,
            input: shown_text(task.input.as_ref()).or_else(|| shown_text(task.title.as_ref())),
            result: shown_text(task.result.as_ref()),
        }
    }
}

fn shown_text(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty()).cloned()
}
