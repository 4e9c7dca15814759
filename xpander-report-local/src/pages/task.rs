//! The page of one task.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::excerpt::Excerpt;
use super::format::{self, Clock, Moment};
use super::tasks::known;
use super::text::{self, Key};
use super::view::{PageProblem, render};
use super::{task_path, task_query};
use crate::head::head;
use crate::path::LOCAL;
use crate::revision::{Changed, RevisionKind};
use crate::server::App;
use crate::store::RevisionHead;
use crate::task::{TaskRecord, TaskStatus};

/// How many of the latest reports the page lists.
const REVISIONS: u32 = 100;

/// How many of the used tools the page lists.
const TOOLS: usize = 200;

/// How much of a failure's reason, or of a tool's name, is shown.
const SHOWN: usize = 300;

#[derive(Template)]
#[template(path = "task.html")]
struct Page {
    id: String,
    status: TaskStatus,
    reason: Option<String>,
    agent: String,
    organization: Option<String>,
    started: Option<Moment>,
    finished: Option<Moment>,
    duration: Option<String>,
    input: Option<Part>,
    result: Option<Part>,
    response: Option<Part>,
    tokens: Option<[(&'static str, String); 5]>,
    tools: Vec<String>,
    /// How many tools follow the listed ones.
    more_tools: usize,
    revisions: Vec<Listed>,
    /// How many reports are older than the listed ones.
    earlier: u64,
}

/// A text with the address of all of it.
struct Part {
    excerpt: Excerpt,
    link: String,
}

struct Listed {
    number: u64,
    kind: RevisionKind,
    /// The names of the fields that it changed.
    changed: String,
    link: String,
    status: TaskStatus,
    agent: String,
    received: Moment,
    size: String,
}

/// `GET /tasks/{id}`
pub(super) async fn task(State(app): State<App>, key: Key) -> Result<Response, PageProblem> {
    let page = app
        .run(move |store| {
            let Some(task) = store.task(&key.id, key.organization.as_deref())? else {
                return Err(text::no_task(&key));
            };
            let revisions = store.revision_heads(&task.id, &task.organization_id, REVISIONS)?;
            Ok(Page::new(task, &revisions))
        })
        .await?;
    Ok(render(&page)?.into_response())
}

impl Page {
    fn new(task: TaskRecord, revisions: &[RevisionHead]) -> Self {
        let clock = Clock::local();
        let query = task_query(&task.organization_id);
        let path = task_path(&task.id);
        let link = |part: &str| format!("{path}/{part}{query}");
        let text = |text: &Option<String>, part: &str| {
            text.as_ref().map(|text| Part {
                excerpt: Excerpt::of(text),
                link: link(part),
            })
        };
        Self {
            status: task.status,
            reason: (task.status == TaskStatus::Failed).then(|| {
                task.result
                    .as_deref()
                    .map_or("no reason was given", start)
                    .to_owned()
            }),
            organization: (task.organization_id != LOCAL).then_some(task.organization_id),
            started: task.started_at.map(|at| clock.moment(at)),
            finished: task.finished_at.map(|at| clock.moment(at)),
            duration: known(task.duration),
            input: text(&task.input, "input"),
            result: text(&task.result, "result"),
            response: task.llm_response.as_ref().map(|response| Part {
                excerpt: Excerpt::of_json(response),
                link: link("response"),
            }),
            tokens: task.tokens.map(|tokens| {
                [
                    ("Prompt", tokens.prompt_tokens),
                    ("Completion", tokens.completion_tokens),
                    ("Total", tokens.total_tokens),
                    ("Cache read", tokens.cache_read_tokens),
                    ("Cache write", tokens.cache_write_tokens),
                ]
                .map(|(name, number)| (name, format::count(number)))
            }),
            revisions: revisions
                .iter()
                .map(|revision| Listed {
                    number: revision.number,
                    kind: revision.kind,
                    changed: changed(&revision.changes),
                    link: link(&format!("revisions/{}", revision.number)),
                    status: revision.status,
                    agent: revision.agent_id.clone(),
                    received: clock.moment(revision.received_at),
                    size: format::size(revision.size),
                })
                .collect(),
            earlier: revisions.last().map_or(0, |oldest| oldest.number - 1),
            agent: task.agent_id,
            more_tools: task.used_tools.len().saturating_sub(TOOLS),
            tools: task
                .used_tools
                .iter()
                .take(TOOLS)
                .map(|name| head(name, SHOWN).to_owned())
                .collect(),
            id: task.id,
        }
    }
}

fn changed(changes: &[Changed]) -> String {
    let names: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    names.join(", ")
}

/// The first line, or as much of it as a headline can hold.
fn start(text: &str) -> &str {
    let line = text.trim_start().lines().next().unwrap_or_default();
    head(line, SHOWN)
}
