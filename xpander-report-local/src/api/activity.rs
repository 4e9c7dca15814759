//! The activity log of a task, made from its reports.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;

use super::caller::Caller;
use super::tasks::missing;
use crate::app::App;
use crate::http::problem::Problem;
use crate::model::task::TaskRecord;

#[derive(Debug, Serialize)]
struct Activity<'a> {
    id: &'a str,
    created_at: Timestamp,
    messages: Vec<Message<'a>>,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    id: String,
    created_at: Timestamp,
    #[serde(flatten)]
    said: Said<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Text {
        role: &'static str,
        content: Content<'a>,
    },
    Tool {
        tool_name: &'a str,
        payload: Nothing,
        result: Option<&'a str>,
        is_error: bool,
    },
}

#[derive(Debug, Serialize)]
struct Content<'a> {
    text: &'a str,
    files: [&'a str; 0],
}

/// `{}`: the arguments of a tool call are not reported.
#[derive(Debug, Serialize)]
struct Nothing {}

/// `GET /activity/{agent_id}/{task_id}`
pub(super) async fn activity(
    State(app): State<App>,
    caller: Caller,
    Path(mut path): Path<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let mut part = |name: &str| path.remove(name).unwrap_or_default();
    let (agent, id) = (part("agent"), part("id"));
    app.run(move |store| {
        let task = store
            .task(&id, Some(&caller.organization))?
            .filter(|task| task.agent_id == agent)
            .ok_or_else(|| missing(&id, &caller))?;
        Ok(Json(Activity::from(&task)).into_response())
    })
    .await
}

impl<'a> From<&'a TaskRecord> for Activity<'a> {
    fn from(task: &'a TaskRecord) -> Self {
        let started = task.started_at.unwrap_or(task.created_at);
        let ended = task.finished_at.unwrap_or(task.updated_at);
        let text = |name: &str, role, text: &'a Option<String>, at| {
            text.as_deref().map(|text| Message {
                id: format!("{}-{name}", task.id),
                created_at: at,
                said: Said::Text {
                    role,
                    content: Content { text, files: [] },
                },
            })
        };
        let tools = task
            .used_tools
            .iter()
            .enumerate()
            .map(|(at, tool)| Message {
                id: format!("{}-tool-{}", task.id, at + 1),
                created_at: ended,
                said: Said::Tool {
                    tool_name: tool,
                    payload: Nothing {},
                    result: None,
                    is_error: false,
                },
            });
        Activity {
            id: &task.id,
            created_at: task.created_at,
            messages: text("input", "user", &task.input, started)
                .into_iter()
                .chain(tools)
                .chain(text("result", "agent", &task.result, ended))
                .collect(),
        }
    }
}
