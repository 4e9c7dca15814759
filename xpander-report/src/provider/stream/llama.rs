//! Meta's own API of its Llama models.

use super::part::{Part, Rule, field};
use crate::provider::event::Event;
use crate::provider::shapes::llama;
use crate::provider::stream::protocol::Protocol;

keys! { DELTA EVENT EVENT_TYPE }

names! { ID METRICS STOP_REASON TYPE }

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        let event = &event[EVENT];
        event[EVENT_TYPE].is_text() && event[DELTA].is_object()
    },
    take,
    finish: |_| &llama::FORMAT,
};

const CONTENT_RULE: Rule = Rule::Fields(&[field("text", Rule::Text)]);

const CALLS_RULE: Rule = Rule::Items(&Rule::Fields(&[field(
    "function",
    Rule::Fields(&[field("arguments", Rule::Text)]),
)]));

fn take(response: &mut Part, event: Event<'_>) {
    if let Some(id) = event.get(ID) {
        response.field("id").keep(id);
    }
    let Some(event) = event.get(EVENT) else {
        return;
    };
    if let Some(metrics) = event.get(METRICS) {
        response.field("metrics").keep(metrics);
    }
    let message = response.field("completion_message");
    if let Some(reason) = event.get(STOP_REASON) {
        message.field("stop_reason").keep(reason);
    }
    let Some(delta) = event.get(DELTA) else {
        return;
    };
    match delta.text(TYPE).as_deref() {
        Some("text") => message.field("content").merge(delta, &CONTENT_RULE),
        Some("tool_call") => message.field("tool_calls").merge_one(delta, &CALLS_RULE),
        _ => {}
    }
}
