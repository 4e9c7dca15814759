//! The reports that the platform permanently refused.

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use xpander_report::DeadLetter;
use xpander_report::relay::Forwarder;
use xpander_report_http::access::Agents;
use xpander_report_http::caller::Id;
use xpander_report_http::problem::Problem;

use super::for_all_agents;
use crate::app::App;
use crate::status::DeadLetterEntry;

pub(super) async fn list(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
) -> Result<Json<Vec<DeadLetterEntry>>, Problem> {
    for_all_agents(&agents)?;
    let letters = move || app.forwarder.dead_letters().map(Into::into).collect();
    spawn_blocking(letters)
        .await
        .map(Json)
        .map_err(Problem::internal)
}

pub(super) async fn retry_all(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
) -> Result<Json<Value>, Problem> {
    work(app, &agents, |forwarder| {
        let retried = forwarder.retry_dead_letters(|_| true);
        json!({"retried": retried})
    })
    .await
}

pub(super) async fn retry(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
    Id(id): Id,
) -> Result<Json<Value>, Problem> {
    work(app, &agents, move |forwarder| {
        let retried = forwarder.retry_dead_letters(|letter| is_of(letter, &id));
        json!({"retried": retried})
    })
    .await
}

pub(super) async fn purge_all(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
) -> Result<Json<Value>, Problem> {
    work(app, &agents, |forwarder| {
        let deleted = forwarder.delete_dead_letters(|_| true);
        json!({"deleted": deleted})
    })
    .await
}

pub(super) async fn purge(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
    Id(id): Id,
) -> Result<Json<Value>, Problem> {
    work(app, &agents, move |forwarder| {
        let deleted = forwarder.delete_dead_letters(|letter| is_of(letter, &id));
        json!({"deleted": deleted})
    })
    .await
}

fn is_of(letter: &DeadLetter, task: &str) -> bool {
    letter.report.id.as_deref() == Some(task)
}

async fn work(
    app: App,
    agents: &Agents,
    work: impl FnOnce(&Forwarder) -> Value + Send + 'static,
) -> Result<Json<Value>, Problem> {
    for_all_agents(agents)?;
    spawn_blocking(move || work(&app.forwarder))
        .await
        .map(Json)
        .map_err(Problem::internal)
}
