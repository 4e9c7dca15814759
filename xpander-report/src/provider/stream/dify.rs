//! Dify's apps and workflows.

use super::part::{Part, Rule};
use crate::provider::event::Event;
use crate::provider::shapes::dify;
use crate::provider::stream::protocol::Protocol;

keys! { EVENT TASK_ID }

const EVENTS: &[&str] = &[
    "agent_message",
    "agent_thought",
    "message",
    "message_end",
    "text_chunk",
    "workflow_finished",
    "workflow_started",
];

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        event[TASK_ID].is_text()
            && event[EVENT]
                .text()
                .is_some_and(|name| EVENTS.contains(&name))
    },
    take,
    finish: |response| match response.has("answer") {
        true => &dify::MESSAGE,
        false => &dify::WORKFLOW,
    },
};

fn take(response: &mut Part, event: &Event<'_>) {
    for name in [
        "conversation_id",
        "message_id",
        "task_id",
        "workflow_run_id",
    ] {
        if let Some(id) = event.get(name) {
            response.field(name).keep(id);
        }
    }
    let inside = event.get("data");
    match &*event.text("event").unwrap_or_default() {
        "message" | "agent_message" => add(response, event.get("answer")),
        "text_chunk" => add(response, inside.and_then(|data| data.get("text"))),
        // What was said is taken back.
        "message_replace" => {
            response.take("answer");
            add(response, event.get("answer"));
        }
        "agent_thought" => {
            if let Some(position) = event.index("position") {
                let thoughts = response.field("agent_thoughts");
                thoughts.item(position).keep(event);
            }
        }
        "message_end" => {
            if let Some(metadata) = event.get("metadata") {
                response.field("metadata").keep(metadata);
            }
        }
        "workflow_finished" => {
            if let Some(data) = event.get("data") {
                response.field("data").keep(data);
            }
        }
        _ => {}
    }
}

fn add(response: &mut Part, text: Option<&Event<'_>>) {
    if let Some(text) = text {
        response.field("answer").merge(text, &Rule::Text);
    }
}
