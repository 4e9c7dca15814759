//! Deletes tasks after a confirmation. The guard refuses requests from other origins.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::filter_params::FilterParams;
use super::format;
use super::links::{task_path, task_query};
use super::task_key::{TaskKey, no_task};
use super::view::{PageProblem, render};
use super::zone;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::query_string::QueryString;

#[derive(Template)]
#[template(path = "delete.html")]
struct ConfirmPage {
    title: String,
    /// The criteria of the tasks to delete: a label and a value each.
    of: Vec<(&'static str, String)>,
    /// The URL of the confirmation. `None` when there is nothing to delete.
    action: Option<String>,
    back: String,
}

#[derive(Template)]
#[template(path = "deleted.html")]
struct DeletedPage {
    message: String,
    back: String,
}

/// `GET /tasks/{id}/delete`
pub(super) async fn confirm_task(
    State(app): State<App>,
    key: TaskKey,
) -> Result<Response, PageProblem> {
    let page = app
        .run(move |store| {
            let Some(task) = store.task(&key.id, key.organization.as_deref())? else {
                return Err(no_task(&key));
            };
            let query = task_query(&task.organization_id);
            let path = task_path(&task.id);
            Ok(ConfirmPage {
                title: "Delete this task?".to_owned(),
                of: vec![
                    ("Task", task.id),
                    ("Agent", task.agent_id),
                    ("Status", task.status.to_string()),
                ],
                action: Some(format!("{path}/delete{query}")),
                back: format!("{path}{query}"),
            })
        })
        .await?;
    Ok(render(&page)?.into_response())
}

/// `POST /tasks/{id}/delete`
pub(super) async fn delete_task(
    State(app): State<App>,
    key: TaskKey,
) -> Result<Response, PageProblem> {
    let page = app
        .run(move |store| {
            if !store.delete_task(&key.id, key.organization.as_deref())? {
                return Err(no_task(&key));
            }
            Ok(DeletedPage {
                message: format!("The task {} is deleted.", key.id),
                back: "/".to_owned(),
            })
        })
        .await?;
    Ok(render(&page)?.into_response())
}

/// `GET /delete`
pub(super) async fn confirm(
    State(app): State<App>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Response, PageProblem> {
    let params = FilterParams::of(&parameters);
    let zone = zone::zone();
    let mut query_string = QueryString::new(parameters);
    let mut filter = query_string.filter(&zone);
    // Tasks that arrive before the confirmation are not deleted.
    let now = Timestamp::now();
    filter.to = Some(filter.to.map_or(now, |to| to.min(now)));
    let filter = query_string.finish(filter)?;
    let mut settled = params.without(&["last"]);
    for (name, time) in [("from", filter.from), ("to", filter.to)] {
        if let Some(time) = time {
            settled = settled.with(name, time.to_string());
        }
    }
    let summary = app.run(move |store| Ok(store.summary(&filter)?)).await?;
    let tasks = if summary.tasks.number == 1 {
        "task"
    } else {
        "tasks"
    };
    let names = [
        ("Status", "status"),
        ("Agent", "agent"),
        ("Organization", "organization"),
        ("Tool", "tool"),
        ("Model", "model"),
        ("Search", "q"),
        ("Time", "last"),
        ("From", "from"),
        ("To", "to"),
    ];
    let mut of: Vec<(&str, String)> = names
        .into_iter()
        .filter_map(|(label, name)| Some((label, params.get(name)?.to_owned())))
        .collect();
    if params.get("from").or(params.get("to")).is_some() {
        of.push(("Time zone", zone::name(&zone)));
    }
    if of.is_empty() {
        of.push(("Which", "all tasks".to_owned()));
    }
    let page = ConfirmPage {
        title: if summary.tasks.number == 0 {
            "There is nothing to delete".to_owned()
        } else {
            format!("Delete {} {tasks}?", summary.tasks)
        },
        of,
        action: (summary.tasks.number > 0).then(|| settled.at("/delete")),
        back: params.at("/"),
    };
    Ok(render(&page)?.into_response())
}

/// `POST /delete`
pub(super) async fn delete(
    State(app): State<App>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Response, PageProblem> {
    let zone = zone::zone();
    let mut query_string = QueryString::new(parameters);
    let filter = query_string.filter(&zone);
    let filter = query_string.finish(filter)?;
    if filter.to.is_none() {
        return Err(Problem::bad_request(
            "The address lacks the time up to which tasks are deleted (to=…). Start from the \
             page /delete.",
        )
        .into());
    }
    let deleted = app.run(move |store| Ok(store.delete(&filter)?)).await?;
    let message = match deleted {
        1 => "1 task is deleted.".to_owned(),
        number => format!("{} tasks are deleted.", format::whole(number)),
    };
    Ok(render(&DeletedPage {
        message,
        back: "/".to_owned(),
    })?
    .into_response())
}
