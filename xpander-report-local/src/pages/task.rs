//! The page of one task.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::excerpt::{Content, Excerpt};
use super::filter_params::FilterParams;
use super::format::{self, Clock, Moment};
use super::links::{encode, task_path, task_query};
use super::task_key::{TaskKey, no_task};
use super::tree::Step;
use super::view::{PageProblem, render};
use crate::app::App;
use crate::http::path::LOCAL;
use crate::model::charge::{Basis, Charge};
use crate::model::revision::{Changed, RevisionKind};
use crate::model::task::{TaskRecord, TaskStatus, Tokens};
use crate::model::text::first_bytes;
use crate::store::revisions::RevisionHead;

/// How many of the latest reports the page lists.
const MAX_REVISIONS: u32 = 100;

/// How many of the used tools the page lists.
const MAX_TOOLS: usize = 200;

/// How many charges the page lists.
const MAX_CHARGES: usize = 100;

/// How many bytes of a failure's reason, or of a tool's name, are shown.
const MAX_SHOWN_BYTES: usize = 300;

#[derive(Template)]
#[template(path = "task.html")]
struct TaskDetailPage {
    id: String,
    title: Option<String>,
    status: TaskStatus,
    reason: Option<String>,
    agent: String,
    /// The link to the list of the agent's tasks.
    agent_link: String,
    organization: Option<String>,
    started: Option<Moment>,
    finished: Option<Moment>,
    duration: Option<String>,
    /// Further fields: a name and a value each.
    facts: Vec<(&'static str, String)>,
    input: Option<Part>,
    result: Option<Part>,
    response: Option<Part>,
    details: Option<Part>,
    tokens: Option<Used>,
    /// The cost in dollars.
    cost: Option<String>,
    /// The cost of each response.
    charges: Vec<ChargeRow>,
    /// How many charges are not listed.
    more_charges: usize,
    /// The assumptions of the prices.
    assumptions: Vec<String>,
    tools: Vec<Tool>,
    /// How many tools are not listed.
    more_tools: usize,
    revisions: Vec<RevisionRow>,
    /// How many older reports are not listed.
    earlier: u64,
    live: String,
    delete: String,
}

/// An excerpt of a text, with the link to the whole text.
struct Part {
    /// One word, for ids in the page.
    name: &'static str,
    excerpt: Excerpt,
    /// `None` when the whole text has no page of its own.
    link: Option<String>,
    file: String,
}

struct Used {
    prompt: String,
    completion: String,
    total: String,
    /// Tokens read from the cache and written to it, if there are any.
    cache: Option<(String, String)>,
}

struct ChargeRow {
    model: String,
    /// The link to the list of the model's tasks.
    link: Option<String>,
    /// How many responses it is for, if there are several.
    responses: Option<String>,
    input: String,
    output: String,
    /// Tokens read from the cache and written to it, if there are any.
    cache: Option<(String, String)>,
    cost: Option<String>,
    basis: String,
}

struct Tool {
    name: String,
    /// The link to the list of the tasks that used it.
    link: String,
}

struct RevisionRow {
    number: u64,
    kind: RevisionKind,
    changes: Vec<Changed>,
    link: String,
    status: TaskStatus,
    agent: String,
    received: Moment,
    size: String,
}

/// `GET /tasks/{id}`
pub(super) async fn task(State(app): State<App>, key: TaskKey) -> Result<Response, PageProblem> {
    let page = app
        .run(move |store| {
            let Some(task) = store.task(&key.id, key.organization.as_deref())? else {
                return Err(no_task(&key));
            };
            let revisions = store.revision_heads(&task.id, &task.organization_id, MAX_REVISIONS)?;
            Ok(TaskDetailPage::new(task, revisions))
        })
        .await?;
    Ok(render(&page)?.into_response())
}

impl TaskDetailPage {
    fn new(task: TaskRecord, revisions: Vec<RevisionHead>) -> Self {
        let clock = Clock::local();
        let query = task_query(&task.organization_id);
        let path = task_path(&task.id);
        let link = |part: &str| format!("{path}/{part}{query}");
        let part = |text: &Option<String>, name: &'static str, ending: &str| {
            text.as_ref().map(|text| Part {
                name,
                excerpt: Excerpt::of(text),
                link: Some(link(name)),
                file: format!("{name}{ending}"),
            })
        };
        let failed = matches!(task.status, TaskStatus::Failed | TaskStatus::Error);
        let mut facts = Vec::new();
        for (name, value) in [
            ("Own status", &task.internal_status),
            ("Source", &task.source),
        ] {
            if let Some(value) = value {
                facts.push((name, first_bytes(value, MAX_SHOWN_BYTES).to_owned()));
            }
        }
        let mut tools = task.used_tools.iter();
        Self {
            status: task.status,
            reason: failed.then(|| {
                task.result
                    .as_deref()
                    .map_or("no reason was given", start)
                    .to_owned()
            }),
            agent_link: FilterParams::default()
                .with_agent(&task.agent_id, &task.organization_id)
                .at("/"),
            live: format!(
                "/live?id={}&organization={}",
                encode(&task.id),
                encode(&task.organization_id)
            ),
            delete: link("delete"),
            started: task.started_at.map(|at| clock.moment(at)),
            finished: task.finished_at.map(|at| clock.moment(at)),
            duration: format::known_duration(task.duration),
            facts,
            input: part(&task.input, "input", ".txt"),
            result: part(&task.result, "result", ".txt"),
            response: part(&task.llm_response, "response", ".json"),
            details: task.details.as_deref().map(|details| Part {
                name: "details",
                excerpt: Excerpt::of(details),
                link: None,
                file: String::new(),
            }),
            cost: task.cost.map(|cost| format::dollars(cost.dollars())),
            more_charges: task.charges.len().saturating_sub(MAX_CHARGES),
            assumptions: assumptions(&task.charges),
            charges: task
                .charges
                .iter()
                .take(MAX_CHARGES)
                .map(ChargeRow::new)
                .collect(),
            tokens: task.tokens.map(Used::new),
            earlier: revisions.last().map_or(0, |oldest| oldest.number - 1),
            revisions: revisions
                .into_iter()
                .map(|revision| RevisionRow {
                    number: revision.number,
                    kind: revision.kind,
                    changes: revision.changes,
                    link: link(&format!("revisions/{}", revision.number)),
                    status: revision.status,
                    agent: revision.agent_id,
                    received: clock.moment(revision.received_at),
                    size: format::size(revision.size),
                })
                .collect(),
            more_tools: tools.len().saturating_sub(MAX_TOOLS),
            tools: tools
                .by_ref()
                .take(MAX_TOOLS)
                .map(|name| Tool {
                    name: first_bytes(name, MAX_SHOWN_BYTES).to_owned(),
                    link: format!("/?tool={}", encode(first_bytes(name, MAX_SHOWN_BYTES))),
                })
                .collect(),
            agent: task.agent_id,
            organization: (task.organization_id != LOCAL).then_some(task.organization_id),
            title: task.title,
            id: task.id,
        }
    }
}

impl Used {
    fn new(tokens: Tokens) -> Self {
        let cached = tokens.cache_read_tokens != 0 || tokens.cache_write_tokens != 0;
        Self {
            prompt: format::count(tokens.prompt_tokens),
            completion: format::count(tokens.completion_tokens),
            total: format::count(tokens.total_tokens),
            cache: cached.then(|| {
                (
                    format::count(tokens.cache_read_tokens),
                    format::count(tokens.cache_write_tokens),
                )
            }),
        }
    }
}

impl ChargeRow {
    fn new(charge: &Charge) -> Self {
        let count = format::whole;
        let cached = charge.cache_read_tokens != 0 || charge.cache_write_tokens != 0;
        let mut basis = match &charge.basis {
            Basis::Charged => "charged by the provider".to_owned(),
            Basis::Own => "your own price".to_owned(),
            Basis::List {
                provider, model, ..
            } => format!("the price list: {provider} {model}"),
            Basis::Local { server } => format!("{server} on your own computer costs nothing"),
            Basis::Unknown => "no price is known".to_owned(),
            Basis::Unmeasured => "the response contains no usage".to_owned(),
        };
        if let Some(tier) = &charge.tier {
            basis.push_str(&format!(", {tier}"));
        }
        Self {
            model: charge
                .model
                .as_deref()
                .unwrap_or("a model without a name")
                .to_owned(),
            link: charge
                .model
                .as_deref()
                .map(|model| FilterParams::default().with("model", model).at("/")),
            responses: (charge.responses > 1).then(|| count(charge.responses.into())),
            input: count(charge.input_tokens),
            output: count(charge.output_tokens),
            cache: cached.then(|| {
                (
                    count(charge.cache_read_tokens),
                    count(charge.cache_write_tokens),
                )
            }),
            cost: charge.cost.map(|cost| format::dollars(cost.dollars())),
            basis,
        }
    }
}

/// The assumptions of the prices, each once: the provider if the response does not show it, and the usual price if the
/// list has none for the tier.
fn assumptions(charges: &[Charge]) -> Vec<String> {
    let mut assumptions = Vec::new();
    let mut add = |assumption: String| {
        if !assumptions.contains(&assumption) {
            assumptions.push(assumption);
        }
    };
    for charge in charges {
        let Basis::List {
            provider,
            assumed,
            usual,
            ..
        } = &charge.basis
        else {
            continue;
        };
        let model = charge.model.as_deref().unwrap_or_default();
        let model = first_bytes(model, MAX_SHOWN_BYTES);
        if *assumed {
            add(format!(
                "The price assumes that {provider} answered as {model}: the response does not show its provider."
            ));
        }
        if let (true, Some(tier)) = (usual, &charge.tier) {
            add(format!(
                "The price list has no {tier} price for {model}: the standard price is used."
            ));
        }
    }
    assumptions
}

/// The start of the first line.
fn start(text: &str) -> &str {
    let line = text.trim_start().lines().next().unwrap_or_default();
    first_bytes(line, MAX_SHOWN_BYTES)
}
