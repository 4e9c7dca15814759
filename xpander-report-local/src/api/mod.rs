//! The platform's API.

mod activity;
mod agents;
mod body;
mod json;
mod reports;
mod tasks;

use axum::Router;
use axum::routing::{get, patch, post};
use xpander_report_http::caller;

use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/agent-execution/{id}/report_task", post(reports::accept))
        .route(
            "/agent-execution/{id}",
            post(tasks::create).delete(tasks::stop),
        )
        .route("/agent-execution/{id}/status", get(tasks::status))
        .route("/agent-execution/{id}/response", get(tasks::response))
        .route("/agent-execution/{id}/update", patch(tasks::update))
        .route(
            "/agent-execution/executions/history/{id}",
            get(tasks::history),
        )
        .route(
            "/agent-execution/executions/history/user/{id}",
            get(tasks::history_of_user),
        )
        .route("/activity/{agent}/{id}", get(activity::activity))
        .route("/agents-metrics/{id}/execution", post(tasks::measure))
        .route("/agents/list", get(agents::list))
        .route("/agents/{id}", get(agents::agent))
        .route(
            "/agents/{id}/sync_local_tools",
            patch(agents::sync_local_tools),
        )
        .route("/v1/tasks", get(tasks::page))
}
