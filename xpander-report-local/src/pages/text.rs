//! The whole of a task's texts, as they came.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::unmarked;
use super::view::PageProblem;
use crate::problem::Problem;
use crate::server::App;
use crate::task::TaskRecord;

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// Which task a page is about.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) id: String,
    /// Any organization, when the address names none.
    pub(super) organization: Option<String>,
    /// Of the revision, where the address has one.
    number: Option<u32>,
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = PageProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageProblem> {
        let Path(mut path) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
        let Query(mut query) = Query::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
        Ok(Self {
            id: path.remove("id").map(unmarked).unwrap_or_default(),
            organization: query.remove("organization"),
            number: path.get("number").and_then(|number| number.parse().ok()),
        })
    }
}

/// `GET /tasks/{id}/input`
pub(super) async fn input(State(app): State<App>, key: Key) -> Result<Response, PageProblem> {
    part(app, key, TEXT, "input", |task| task.input).await
}

/// `GET /tasks/{id}/result`
pub(super) async fn result(State(app): State<App>, key: Key) -> Result<Response, PageProblem> {
    part(app, key, TEXT, "result", |task| task.result).await
}

/// `GET /tasks/{id}/response`
pub(super) async fn response(State(app): State<App>, key: Key) -> Result<Response, PageProblem> {
    part(app, key, JSON, "raw response", |task| task.llm_response).await
}

/// `GET /tasks/{id}/revisions/{number}`
pub(super) async fn revision(State(app): State<App>, key: Key) -> Result<Response, PageProblem> {
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
    key: Key,
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

pub(super) fn no_task(key: &Key) -> Problem {
    Problem::not_found(match &key.organization {
        Some(organization) => {
            format!(
                "There is no task {:?} in the organization {organization:?}.",
                key.id
            )
        }
        None => format!(
            "There is no task {:?}. It may not have reported yet.",
            key.id
        ),
    })
}
