//! Dify's apps and workflows.

use super::part::{Part, Rule};
use crate::provider::event::Event;
use crate::provider::shapes::dify;
use crate::provider::stream::protocol::Protocol;

keys! { EVENT TASK_ID }

names! { ANSWER CONVERSATION_ID DATA MESSAGE_ID METADATA POSITION TEXT WORKFLOW_RUN_ID }

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
    finish: |response| match response.has(ANSWER) {
        true => &dify::MESSAGE,
        false => &dify::WORKFLOW,
    },
};

fn take(response: &mut Part, event: Event<'_>) {
    for (key, name) in [
        (CONVERSATION_ID, "conversation_id"),
        (MESSAGE_ID, "message_id"),
        (TASK_ID, "task_id"),
        (WORKFLOW_RUN_ID, "workflow_run_id"),
    ] {
        if let Some(id) = event.get(key) {
            response.field(name).keep(id);
        }
    }
    let inside = event.get(DATA);
    match &*event.text(EVENT).unwrap_or_default() {
        "message" | "agent_message" => add(response, event.get(ANSWER)),
        "text_chunk" => add(response, inside.and_then(|data| data.get(TEXT))),
        // What was said is taken back.
        "message_replace" => {
            response.take("answer");
            add(response, event.get(ANSWER));
        }
        "agent_thought" => {
            if let Some(position) = event.index(POSITION) {
                let thoughts = response.field("agent_thoughts");
                thoughts.item(position).keep(event);
            }
        }
        "message_end" => {
            if let Some(metadata) = event.get(METADATA) {
                response.field("metadata").keep(metadata);
            }
        }
        "workflow_finished" => {
            if let Some(data) = event.get(DATA) {
                response.field("data").keep(data);
            }
        }
        _ => {}
    }
}

fn add(response: &mut Part, text: Option<Event<'_>>) {
    if let Some(text) = text {
        response.field("answer").merge(text, &Rule::Text);
    }
}
