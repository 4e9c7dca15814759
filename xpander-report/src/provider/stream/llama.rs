//! Meta's own API of its Llama models.

use super::event::Event;
use super::part::{Part, Rule};
use super::{Key, Protocol};
use crate::provider::llama;

pub(super) const PROTOCOL: Protocol = Protocol {
    matches: |event| {
        let event = &event[Key::Event];
        event[Key::EventType].is_text() && event[Key::Delta].is_object()
    },
    take,
    finish: |_| &llama::FORMAT,
};

const CONTENT: Rule = Rule::Fields(&[("text", Rule::Text)]);

const CALLS: Rule = Rule::Items(&Rule::Fields(&[(
    "function",
    Rule::Fields(&[("arguments", Rule::Text)]),
)]));

fn take(response: &mut Part, event: &Event<'_>) {
    if let Some(id) = event.get("id") {
        response.field("id").keep(id);
    }
    let Some(event) = event.get("event").map(Event::inside) else {
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
    match Event::inside(delta).text("type").as_deref() {
        Some("text") => message.field("content").merge(delta, &CONTENT),
        Some("tool_call") => message.field("tool_calls").merge_one(delta, &CALLS),
        _ => {}
    }
}
