use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::body;
use super::caller::{Caller, Id};
use super::json::{self, ListedTaskJson};
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::query_string::{QueryString, parse_end, parse_time};
use crate::model::change::Change;
use crate::model::task::TaskRecord;
use crate::pricing::Prices;
use crate::query::filter::Filter;
use crate::query::history::History;

/// Tasks on a page of the history.
const DEFAULT_PER_PAGE: u32 = 50;
const MAX_PER_PAGE: u32 = 1000;

/// Tasks on a page of the public list.
const DEFAULT_PUBLIC_PER_PAGE: u32 = 20;

/// A larger body is parsed on a blocking thread, so that it does not delay other requests.
const MAX_INLINE_BYTES: usize = 64 * 1024;

type Parameters = Query<HashMap<String, String>>;

/// `GET /agent-execution/{task_id}/status`
pub(super) async fn status(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Problem> {
    app.run(
        move |store| match store.task(&id, Some(&caller.organization))? {
            Some(task) => Ok(answer(&task)),
            None => Err(missing(&id, &caller)),
        },
    )
    .await
}

/// `GET /agent-execution/{task_id}/response`: the raw response as it was reported.
pub(super) async fn response(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Problem> {
    app.run(move |store| {
        let Some(task) = store.task(&id, Some(&caller.organization))? else {
            return Err(missing(&id, &caller));
        };
        match task.llm_response {
            Some(response) => Ok(([(CONTENT_TYPE, "application/json")], response).into_response()),
            None => Err(Problem::not_found(format!(
                "No response of the task {id:?} was reported."
            ))),
        }
    })
    .await
}

/// `POST /agent-execution/{agent_id}`
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Id(agent): Id,
    request: Request,
) -> Result<Response, Problem> {
    let (body, _in_progress) = app.bodies.read_text(request.into_body()).await?;
    let task = accept_change(&app, caller, agent, body, body::create::parse).await?;
    Ok(answer(&task))
}

/// `POST /agents-metrics/{agent_id}/execution`
pub(super) async fn measure(
    State(app): State<App>,
    caller: Caller,
    Id(agent): Id,
    request: Request,
) -> Result<Response, Problem> {
    let (body, _in_progress) = app.bodies.read_text(request.into_body()).await?;
    let task = accept_change(&app, caller, agent, body, body::measure::parse).await?;
    Ok(answer(&task))
}

/// `PATCH /agent-execution/{task_id}/update`
pub(super) async fn update(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    request: Request,
) -> Result<Response, Problem> {
    let (body, _in_progress) = app.bodies.read_text(request.into_body()).await?;
    let task = id.clone();
    let change = parsed(body, move |body| body::update::parse(task, body)).await?;
    change_existing(&app, caller, id, change).await
}

/// `DELETE /agent-execution/{task_id}`: stops the task, does not delete it.
pub(super) async fn stop(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Problem> {
    let change = Change::stop(id.clone());
    change_existing(&app, caller, id, change).await
}

/// `GET /agent-execution/executions/history/{agent_id}`
pub(super) async fn history(
    State(app): State<App>,
    caller: Caller,
    Id(agent): Id,
    Query(parameters): Parameters,
) -> Result<Response, Problem> {
    let of = |filter: Filter| filter.agent_id(agent);
    listed(app, caller, parameters, of).await
}

/// `GET /agent-execution/executions/history/user/{user_id}`
pub(super) async fn history_of_user(
    State(app): State<App>,
    caller: Caller,
    Id(user): Id,
    Query(parameters): Parameters,
) -> Result<Response, Problem> {
    listed(app, caller, parameters, |filter| filter.user_id(user)).await
}

async fn listed(
    app: App,
    caller: Caller,
    parameters: HashMap<String, String>,
    of: impl FnOnce(Filter) -> Filter,
) -> Result<Response, Problem> {
    let mut query_string = QueryString::new(parameters);
    let page = query_string.number("page", 1, u32::MAX);
    let per_page = query_string.number("per_page", DEFAULT_PER_PAGE, MAX_PER_PAGE);
    let filter = Filter {
        organization_id: Some(caller.organization),
        statuses: query_string.statuses(),
        user_id: query_string.text("user_id"),
        internal_status: query_string.text("internal_status"),
        parent_task_id: query_string.text("parent_task_id"),
        triggering_agent_id: query_string.text("triggering_agent_id"),
        ..own_filter(&mut query_string)
    };
    let history = query_string.finish(History {
        filter: of(filter),
        page,
        per_page,
    })?;
    app.run(move |store| {
        let tasks = store.history(&history)?;
        Ok(Json(tasks.iter().map(ListedTaskJson::from).collect::<Vec<_>>()).into_response())
    })
    .await
}

/// `GET /v1/tasks`
pub(super) async fn page(
    State(app): State<App>,
    caller: Caller,
    Query(parameters): Parameters,
) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct TaskListing<'a> {
        items: Vec<ListedTaskJson<'a>>,
        total: u64,
        page: u32,
        per_page: u32,
        total_pages: u64,
    }

    let mut query_string = QueryString::new(parameters);
    let page = query_string.number("page", 1, u32::MAX);
    let per_page = query_string.number("per_page", DEFAULT_PUBLIC_PER_PAGE, MAX_PER_PAGE);
    let filter = Filter {
        organization_id: Some(caller.organization),
        agent_id: query_string.text("agent_id"),
        statuses: query_string.statuses(),
        user_id: query_string.text("user_id"),
        ..own_filter(&mut query_string)
    };
    let history = query_string.finish(History {
        filter,
        page,
        per_page,
    })?;
    app.run(move |store| {
        let paged = store.paged(&history)?;
        Ok(Json(TaskListing {
            items: paged.tasks.iter().map(ListedTaskJson::from).collect(),
            total: paged.total,
            page,
            per_page,
            total_pages: paged.total.div_ceil(per_page.into()),
        })
        .into_response())
    })
    .await
}

/// The conditions that every list supports. On the public platform, the history has none of them and the list has only
/// those of time. Days are those of UTC, as all times of the API.
fn own_filter(query_string: &mut QueryString) -> Filter {
    const EXPECTED: &str = "Input should be a time such as 2026-01-31T09:00:00Z or 2026-01-31";
    Filter {
        tool: query_string.text("tool"),
        model: query_string.text("model"),
        search: query_string.text("q"),
        from: query_string.read(
            "from_date",
            |text| parse_time(text, &TimeZone::UTC),
            EXPECTED,
        ),
        to: query_string.read("to_date", |text| parse_end(text, &TimeZone::UTC), EXPECTED),
        ..Filter::default()
    }
}

/// Parses a body about a task of the agent and stores the change. The task may be new.
pub(super) async fn accept_change(
    app: &App,
    caller: Caller,
    agent: String,
    body: String,
    parse: fn(String) -> Result<Change, Problem>,
) -> Result<TaskRecord, Problem> {
    let prices = Arc::clone(&app.prices);
    let now = app.store.now();
    let priced = move |body| {
        let mut change = parse(body)?;
        price(&mut change, &prices, now);
        Ok(change)
    };
    let change = parsed(body, priced).await?;
    let task = app
        .store
        .change(caller.organization, Some(agent), change, now)
        .await?;
    task.ok_or_else(|| Problem::internal("a stored task is missing"))
}

/// Finds out what the responses of a report cost.
fn price(change: &mut Change, prices: &Prices, now: Timestamp) {
    if let Some(response) = &change.llm_response {
        change.charges = prices.charges(response, change.tokens, now);
    }
}

async fn change_existing(
    app: &App,
    caller: Caller,
    id: String,
    change: Change,
) -> Result<Response, Problem> {
    let organization = caller.organization.clone();
    let now = app.store.now();
    match app.store.change(organization, None, change, now).await? {
        Some(task) => Ok(answer(&task)),
        None => Err(missing(&id, &caller)),
    }
}

async fn parsed(
    body: String,
    parse: impl FnOnce(String) -> Result<Change, Problem> + Send + 'static,
) -> Result<Change, Problem> {
    if body.len() <= MAX_INLINE_BYTES {
        return parse(body);
    }
    tokio::task::spawn_blocking(move || parse(body))
        .await
        .map_err(Problem::internal)?
}

pub(super) fn answer(task: &TaskRecord) -> Response {
    Json(json::task(task)).into_response()
}

pub(super) fn missing(id: &str, caller: &Caller) -> Problem {
    Problem::not_found(format!(
        "There is no task {id:?} in the organization {:?}.",
        caller.organization
    ))
}
