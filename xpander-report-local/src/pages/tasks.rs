//! The list of all tasks.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};

use super::excerpt::head;
use super::format::{self, Clock, Moment};
use super::view::{PageProblem, render};
use super::{task_path, task_query};
use crate::path::LOCAL;
use crate::server::App;
use crate::store::{Overview, Totals};
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
    range: String,
    newer: Option<u32>,
    older: Option<u32>,
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
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, PageProblem> {
    let page = query
        .get("page")
        .and_then(|page| page.parse().ok())
        .unwrap_or(1)
        .max(1);
    let offset = u64::from(page - 1) * u64::from(PER_PAGE);
    let (totals, tasks) = app
        .run(move |store| Ok((store.totals()?, store.overview(offset, PER_PAGE)?)))
        .await?;
    let url = app.url.to_string();
    Ok(render(&Page::new(url, page, offset, &totals, &tasks))?.into_response())
}

impl Page {
    fn new(url: String, page: u32, offset: u64, totals: &Totals, tasks: &[Overview]) -> Self {
        let clock = Clock::local();
        let end = offset + tasks.len() as u64;
        let uncounted = totals.runs - totals.counted;
        Self {
            url,
            runs: whole(totals.runs),
            ok: format::percent(totals.completed, totals.runs),
            tokens: format::compact(totals.tokens),
            uncounted: (uncounted > 0).then(|| whole(uncounted)),
            rows: tasks.iter().map(|task| Row::new(task, &clock)).collect(),
            range: format!(
                "{} – {} of {}",
                whole(offset + 1),
                whole(end),
                whole(totals.runs)
            ),
            newer: (page > 1).then(|| page - 1),
            older: (end < totals.runs && !tasks.is_empty()).then(|| page.saturating_add(1)),
        }
    }
}

impl Row {
    fn new(task: &Overview, clock: &Clock) -> Self {
        let agent = if task.organization_id == LOCAL {
            task.agent_id.clone()
        } else {
            format!("{} / {}", task.organization_id, task.agent_id)
        };
        let names = task.used_tools.iter().take(TOOLS);
        let shown = names
            .map(|name| head(name, TOOL_NAME))
            .collect::<Vec<_>>()
            .join(", ");
        let tools = match task.used_tools.len().saturating_sub(TOOLS) {
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
            finished: clock.moment(task.finished_at),
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
