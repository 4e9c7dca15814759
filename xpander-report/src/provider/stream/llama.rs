//! Meta's own API of its Llama models.

use super::part::{Part, Rule};
use crate::provider::event::Event;
use crate::provider::shapes::llama;
use crate::provider::stream::protocol::Protocol;

keys! { DELTA EVENT EVENT_TYPE }

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        let event = &event[EVENT];
        event[EVENT_TYPE].is_text() && event[DELTA].is_object()
    },
    take,
    finish: |_| &llama::FORMAT,
};

const CONTENT_RULE: Rule = Rule::Fields(&[("text", Rule::Text)]);

const CALLS_RULE: Rule = Rule::Items(&Rule::Fields(&[(
    "function",
    Rule::Fields(&[("arguments", Rule::Text)]),
)]));

fn take(response: &mut Part, event: &Event<'_>) {
    if let Some(id) = event.get("id") {
        response.field("id").keep(id);
    }
    let Some(event) = event.get("event") else {
        return;
    };
    if let Some(metrics) = event.get("metrics") {
        response.field("metrics").keep(metrics);
    }
    let message = response.field("completion_message");
    if let Some(reason) = event.get("stop_reason") {
        message.field("stop_reason").keep(reason);
    }
    let Some(delta) = event.get("delta") else {
        return;
    };
    match delta.text("type").as_deref() {
        Some("text") => message.field("content").merge(delta, &CONTENT_RULE),
        Some("tool_call") => message.field("tool_calls").merge_one(delta, &CALLS_RULE),
        _ => {}
    }
}
