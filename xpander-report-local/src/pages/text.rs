//! The whole texts of a task, as they were sent.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::task_key::{TaskKey, no_task};
use super::view::PageProblem;
use crate::app::App;
use crate::http::problem::Problem;
use crate::model::task::TaskRecord;

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// `GET /tasks/{id}/input`
pub(super) async fn input(State(app): State<App>, key: TaskKey) -> Result<Response, PageProblem> {
    part(app, key, TEXT, "input", |task| task.input).await
}

/// `GET /tasks/{id}/result`
pub(super) async fn result(State(app): State<App>, key: TaskKey) -> Result<Response, PageProblem> {
    part(app, key, TEXT, "result", |task| task.result).await
}

/// `GET /tasks/{id}/response`
pub(super) async fn response(
    State(app): State<App>,
    key: TaskKey,
) -> Result<Response, PageProblem> {
    part(app, key, JSON, "raw response", |task| task.llm_response).await
}

/// `GET /tasks/{id}/revisions/{number}`
pub(super) async fn revision(
    State(app): State<App>,
    key: TaskKey,
) -> Result<Response, PageProblem> {
    let body = app
        .run(move |store| {
            let number = key.number.filter(|number| *number > 0);
            let body = match number {
                Some(number) => {
                    store.revision_body(&key.id, key.organization.as_deref(), number)?
                }
                None => None,
            };
            body.ok_or_else(|| {
                Problem::not_found(format!("The task {:?} has no such revision.", key.id))
            })
        })
        .await?;
    Ok(([(CONTENT_TYPE, JSON)], body).into_response())
}

async fn part(
    app: App,
    key: TaskKey,
    content_type: &'static str,
    name: &'static str,
    of: impl FnOnce(TaskRecord) -> Option<String> + Send + 'static,
) -> Result<Response, PageProblem> {
    let text = app
        .run(move |store| {
            let Some(task) = store.task(&key.id, key.organization.as_deref())? else {
                return Err(no_task(&key));
            };
            of(task)
                .ok_or_else(|| Problem::not_found(format!("The task {:?} has no {name}.", key.id)))
        })
        .await?;
    Ok(([(CONTENT_TYPE, content_type)], text).into_response())
}
