//! The reports that the platform permanently refused.

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};
use xpander_report_http::access::Agents;
use xpander_report_http::caller::Id;
use xpander_report_http::problem::Problem;

use super::{for_all_agents, not_done};
use crate::app::App;
use crate::status::DeadLetterEntry;

pub(super) async fn list(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
) -> Result<Json<Vec<DeadLetterEntry>>, Problem> {
    for_all_agents(&agents)?;
    app.store.dead_letters().await.map(Json).map_err(not_done)
}

pub(super) async fn retry_all(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
) -> Result<Json<Value>, Problem> {
    retry_those(app, &agents, None).await
}

pub(super) async fn retry(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
    Id(id): Id,
) -> Result<Json<Value>, Problem> {
    retry_those(app, &agents, Some(id)).await
}

pub(super) async fn purge_all(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
) -> Result<Json<Value>, Problem> {
    purge_those(app, &agents, None).await
}

pub(super) async fn purge(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
    Id(id): Id,
) -> Result<Json<Value>, Problem> {
    purge_those(app, &agents, Some(id)).await
}

/// Sends the dead letters of a task again, or all.
async fn retry_those(
    app: App,
    agents: &Agents,
    task: Option<String>,
) -> Result<Json<Value>, Problem> {
    for_all_agents(agents)?;
    let retried = app.store.retry_dead_letters(task).await;
    let retried = retried.map_err(not_done)?;
    Ok(Json(json!({"retried": retried})))
}

async fn purge_those(
    app: App,
    agents: &Agents,
    task: Option<String>,
) -> Result<Json<Value>, Problem> {
    for_all_agents(agents)?;
    let deleted = app.store.delete_dead_letters(task).await;
    let deleted = deleted.map_err(not_done)?;
    Ok(Json(json!({"deleted": deleted})))
}
