use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};
use xpander_report_http::problem::Problem;

use super::RETRY_AFTER;
use crate::app::App;
use crate::status::Status;

#[derive(Serialize)]
pub(super) struct Answer {
    status: &'static str,
}

/// `GET /healthz`: the process runs.
pub(super) async fn alive() -> Json<Answer> {
    Json(Answer { status: "ok" })
}

/// `GET /readyz`: a report would be accepted now.
pub(super) async fn ready(State(app): State<App>) -> Result<Json<Value>, Problem> {
    if let Some(refusal) = app.store.key_refusal() {
        let detail = format!("The platform refuses this relay's key: {refusal}");
        return Err(Problem::unavailable(detail, RETRY_AFTER));
    }
    match app.store.check().await {
        Ok(()) => Ok(Json(json!({"status": "ready"}))),
        Err(not_done) => Err(Problem::unavailable(
            format!("No report is accepted now: {not_done}."),
            RETRY_AFTER,
        )),
    }
}

/// `GET /xpander-relay`
pub(super) async fn status(State(app): State<App>) -> Json<Status> {
    Json(app.status().await)
}
