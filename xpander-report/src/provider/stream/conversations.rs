//! Mistral's conversations.

use super::part::{Part, Rule};
use crate::provider::event::Event;
use crate::provider::shapes::conversations;
use crate::provider::stream::protocol::Protocol;

keys! { CONVERSATION_ID OUTPUT_INDEX TYPE }

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| match event[TYPE].text() {
        Some("conversation.response.started") => event[CONVERSATION_ID].is_text(),
        Some("message.output.delta" | "function.call.delta" | "tool.execution.started") => {
            event.has(OUTPUT_INDEX)
        }
        _ => false,
    },
    take,
    finish: |response| {
        response.field("object").keep_text("conversation.response");
        if response.get("outputs").is_none() {
            response.field("outputs").make_list();
        }
        &conversations::FORMAT
    },
};

const OUTPUT_RULE: Rule = Rule::Fields(&[
    ("arguments", Rule::Text),
    (
        "content",
        Rule::Content(&Rule::Fields(&[("text", Rule::Text)])),
    ),
    ("content_index", Rule::Dropped),
    ("output_index", Rule::Dropped),
    ("type", Rule::Dropped),
]);

fn take(response: &mut Part, event: &Event<'_>) {
    if let Some(id) = event.get("conversation_id") {
        response.field("conversation_id").keep(id);
    }
    if let Some(usage) = event.get("usage") {
        response.field("usage").merge(usage, &Rule::Counts);
    }
    let kind = match &*event.text("type").unwrap_or_default() {
        "message.output.delta" => "message.output",
        "function.call.delta" => "function.call",
        "tool.execution.started" | "tool.execution.delta" | "tool.execution.done" => {
            "tool.execution"
        }
        _ => return,
    };
    if let Some(index) = event.index("output_index") {
        let output = response.field("outputs").item(index);
        output.field("type").keep_text(kind);
        output.merge(event, &OUTPUT_RULE);
    }
}
