//! The pages: HTML rendered on the server, readable without a script. The templates escape all data.

mod agents;
mod assets;
mod chart;
mod choice;
mod delete;
mod excerpt;
mod export;
mod filter_params;
mod format;
pub(crate) mod links;
mod live;
mod metrics;
mod task;
mod task_key;
mod tasks;
mod text;
mod totals;
mod tree;
mod view;
mod zone;

use axum::Router;
use axum::routing::get;

use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(tasks::tasks))
        .route("/live", get(live::live))
        .route("/tasks.csv", get(export::csv))
        .route("/tasks.jsonl", get(export::jsonl))
        .route("/delete", get(delete::confirm).post(delete::delete))
        .route("/metrics", get(metrics::metrics))
        .route("/agents", get(agents::agents))
        .route("/tasks/{id}", get(task::task))
        .route(
            "/tasks/{id}/delete",
            get(delete::confirm_task).post(delete::delete_task),
        )
        .route("/tasks/{id}/input", get(text::input))
        .route("/tasks/{id}/result", get(text::result))
        .route("/tasks/{id}/response", get(text::response))
        .route("/tasks/{id}/revisions/{number}", get(text::revision))
        .route("/assets/style.css", get(assets::style))
        .route("/assets/pages.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
}
