use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};

use super::caller::{Caller, Id};
use super::json::{ListedTask, Task};
use crate::problem::{Invalid, Place, Problem};
use crate::server::App;
use crate::store::History;
use crate::task::TaskStatus;

/// Tasks on a page of the history when the request does not say.
const PER_PAGE: u32 = 50;
const MOST_PER_PAGE: u32 = 1000;

/// Filters on what no reported task has, so that any value leaves nothing.
const NEVER_SET: [&str; 4] = [
    "user_id",
    "parent_task_id",
    "triggering_agent_id",
    "internal_status",
];

/// `GET /agent-execution/{task_id}/status`
pub(super) async fn status(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Problem> {
    app.run(
        move |store| match store.task(&id, Some(&caller.organization))? {
            Some(task) => Ok(Json(Task::from(&task)).into_response()),
            None => Err(Problem::not_found(format!(
                "There is no task {id:?} in the organization {:?}.",
                caller.organization
            ))),
        },
    )
    .await
}

/// `GET /agent-execution/executions/history/{agent_id}`
pub(super) async fn history(
    State(app): State<App>,
    caller: Caller,
    Id(agent): Id,
    Query(mut filters): Query<HashMap<String, String>>,
) -> Result<Response, Problem> {
    filters.retain(|_, value| !value.is_empty());
    let history = parse(&filters)?;
    if NEVER_SET.iter().any(|filter| filters.contains_key(*filter)) {
        return Ok(Json([(); 0]).into_response());
    }
    app.run(move |store| {
        let tasks = store.history(&caller.organization, &agent, &history)?;
        Ok(Json(tasks.iter().map(ListedTask::from).collect::<Vec<_>>()).into_response())
    })
    .await
}

fn parse(filters: &HashMap<String, String>) -> Result<History, Problem> {
    let mut invalid = Vec::new();
    let mut number = |name: &'static str, default: u32, most: u32| {
        let Some(value) = filters.get(name) else {
            return default;
        };
        value
            .parse()
            .ok()
            .filter(|number| (1..=most).contains(number))
            .unwrap_or_else(|| {
                let message = format!("Input should be an integer from 1 to {most}");
                invalid.push(Invalid::new(
                    &[Place::Name("query"), Place::Name(name)],
                    "int_parsing",
                    message,
                ));
                default
            })
    };
    let page = number("page", 1, u32::MAX);
    let per_page = number("per_page", PER_PAGE, MOST_PER_PAGE);
    let status = filters.get("status").and_then(|value| {
        // Python's clients may send the name of the enumeration's member.
        let word = value.strip_prefix("AgentExecutionStatus.").unwrap_or(value);
        let status = TaskStatus::from_word(word);
        if status.is_none() {
            let loc = [Place::Name("query"), Place::Name("status")];
            let message = "Input should be 'pending', 'executing', 'paused', 'error', 'failed', 'completed' \
                           or 'stopped'";
            invalid.push(Invalid::new(&loc, "enum", message));
        }
        status
    });
    if invalid.is_empty() {
        Ok(History {
            status,
            page,
            per_page,
        })
    } else {
        Err(Problem::invalid(invalid))
    }
}
