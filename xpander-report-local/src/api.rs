//! The platform's API.

mod agents;
mod caller;
mod json;
mod reports;
mod tasks;

use axum::Router;
use axum::routing::{get, post};

use crate::server::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/agent-execution/{id}/report_task", post(reports::accept))
        .route("/agent-execution/{id}/status", get(tasks::status))
        .route(
            "/agent-execution/executions/history/{id}",
            get(tasks::history),
        )
        .route("/agents/list", get(agents::list))
        .route("/agents/{id}", get(agents::agent))
}
