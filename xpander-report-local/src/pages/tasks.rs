//! The list of all tasks.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};

use super::format::{self, Clock, Moment};
use super::view::{PageProblem, render};
use super::{encode, task_path, task_query};
use crate::head::head;
use crate::path::LOCAL;
use crate::query::{Address, Cursor, Filter, ListedTask, Paging, Summary, TaskPage};
use crate::server::App;
use crate::task::TaskStatus;

const PER_PAGE: u32 = 50;

/// Names of tools that a row shows before it counts the rest.
const TOOLS: usize = 2;

/// Bytes of a tool's name that a row shows.
const TOOL_NAME: usize = 80;

#[derive(Template)]
#[template(path = "tasks.html")]
struct Page {
    url: String,
    runs: String,
    ok: String,
    tokens: String,
    /// How many runs reported no tokens, when some did not.
    uncounted: Option<String>,
    rows: Vec<Row>,
    /// Whether these are not all tasks.
    filtered: bool,
    newer: Option<String>,
    older: Option<String>,
}

struct Row {
    link: String,
    status: TaskStatus,
    finished: Moment,
    agent: String,
    duration: Option<String>,
    tokens: Option<(String, String)>,
    tools: String,
    input: Option<String>,
    result: Option<String>,
}

/// `GET /`
pub(super) async fn tasks(
    State(app): State<App>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Response, PageProblem> {
    let mut address = Address::new(parameters.clone());
    let filter = address.filter();
    const PLACE: &str = "Input should be a place in the list, as the links to other pages have it";
    let older = address.read("older", |place| place.parse().ok(), PLACE);
    let newer = address.read("newer", |place| place.parse().ok(), PLACE);
    let paging = match (older, newer) {
        (Some(place), _) => Paging::Older(place),
        (None, Some(place)) => Paging::Newer(place),
        (None, None) => Paging::Newest,
    };
    let (filter, paging) = address.finish((filter, paging))?;
    let filtered = filter != Filter::default();
    let (summary, page) = app
        .run(move |store| {
            Ok((
                store.summary(&filter)?,
                store.list(&filter, paging, PER_PAGE)?,
            ))
        })
        .await?;
    let page = Page::new(app.url.to_string(), &parameters, filtered, &summary, &page);
    Ok(render(&page)?.into_response())
}

impl Page {
    fn new(
        url: String,
        parameters: &HashMap<String, String>,
        filtered: bool,
        summary: &Summary,
        page: &TaskPage,
    ) -> Self {
        let clock = Clock::local();
        let known = summary.completed + summary.failed;
        let uncounted = summary.tasks.number - summary.counted;
        let link = |name: &str, place: Option<Cursor>| {
            place.map(|place| other_page(parameters, name, place))
        };
        Self {
            url,
            filtered,
            runs: summary.tasks.to_string(),
            ok: format::percent(summary.completed, known),
            tokens: format::compact(summary.tokens),
            uncounted: (uncounted > 0).then(|| whole(uncounted)),
            rows: page
                .tasks
                .iter()
                .map(|task| Row::new(task, &clock))
                .collect(),
            newer: link("newer", page.newer),
            older: link("older", page.older),
        }
    }
}

/// The address of another page of the same filter.
fn other_page(parameters: &HashMap<String, String>, name: &str, place: Cursor) -> String {
    let mut kept: Vec<String> = parameters
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "older" | "newer"))
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    kept.sort_unstable();
    kept.push(format!("{name}={place}"));
    format!("/?{}", kept.join("&"))
}

impl Row {
    fn new(task: &ListedTask, clock: &Clock) -> Self {
        let agent = if task.organization_id == LOCAL {
            task.agent_id.clone()
        } else {
            format!("{} / {}", task.organization_id, task.agent_id)
        };
        let names = task.first_tools.iter().take(TOOLS);
        let shown = names
            .map(|name| head(name, TOOL_NAME))
            .collect::<Vec<_>>()
            .join(", ");
        let tools = match task.tool_calls.saturating_sub(TOOLS as u64) {
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
            duration: known(task.duration),
            tokens: task.tokens.map(|tokens| {
                (
                    format::count(tokens.prompt_tokens),
                    format::count(tokens.completion_tokens),
                )
            }),
            tools,
            input: shown_text(task.input.as_ref()),
            result: shown_text(task.result.as_ref()),
        }
    }
}

/// Clients send 0 for a duration that they do not know.
pub(super) fn known(duration: Option<f64>) -> Option<String> {
    duration
        .filter(|seconds| *seconds != 0.0)
        .map(format::duration)
}

fn shown_text(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty()).cloned()
}

fn whole(number: u64) -> String {
    format::count(i64::try_from(number).unwrap_or(i64::MAX))
}
