//! The pages: HTML made on the server, which can be read without a script. Everything that came from outside
//! is escaped by the templates.

mod address;
mod agents;
mod assets;
mod chart;
#[cfg(feature = "cost")]
mod cost;
mod delete;
mod excerpt;
mod export;
mod format;
mod json;
mod live;
mod metrics;
mod task;
mod tasks;
mod text;
mod view;

use axum::Router;
use axum::routing::get;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::path::LOCAL;
use crate::server::App;

/// All but the characters that URLs never need to encode.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(tasks::tasks))
        .route("/live", get(live::live))
        .route("/tasks.csv", get(export::csv))
        .route("/tasks.jsonl", get(export::jsonl))
        .route("/delete", get(delete::ask).post(delete::delete))
        .route("/metrics", get(metrics::metrics))
        .route("/agents", get(agents::agents))
        .route("/tasks/{id}", get(task::task))
        .route(
            "/tasks/{id}/delete",
            get(delete::ask_task).post(delete::delete_task),
        )
        .route("/tasks/{id}/input", get(text::input))
        .route("/tasks/{id}/result", get(text::result))
        .route("/tasks/{id}/response", get(text::response))
        .route("/tasks/{id}/revisions/{number}", get(text::revision))
        .route("/assets/style.css", get(assets::style))
        .route("/assets/pages.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
}

/// The path of a task's page.
pub(crate) fn task_path(id: &str) -> String {
    let mark = if marked(id) { "~" } else { "" };
    format!("/tasks/{mark}{}", encode(id))
}

/// Ids that browsers would take for a way up or for nothing get a mark in front, and so do ids that begin with
/// the mark.
fn marked(id: &str) -> bool {
    id == "." || id == ".." || id.starts_with('~')
}

/// The id in the path of a task's page, once it is decoded.
fn unmarked(id: String) -> String {
    match id.strip_prefix('~') {
        Some(rest) if marked(rest) => rest.to_owned(),
        _ => id,
    }
}

/// The part of a task's links that tells which organization's task it is; empty for the local one.
fn task_query(organization: &str) -> String {
    if organization == LOCAL {
        String::new()
    } else {
        format!("?organization={}", encode(organization))
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}
