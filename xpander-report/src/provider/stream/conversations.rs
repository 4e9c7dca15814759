//! Mistral's conversations.

use super::part::{Part, Rule, field};
use crate::provider::event::Event;
use crate::provider::shapes::conversations;
use crate::provider::stream::protocol::Protocol;

keys! { CONVERSATION_ID OUTPUT_INDEX TYPE }

names! { OUTPUTS USAGE }

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
        if response.get(OUTPUTS).is_none() {
            response.field("outputs").make_list();
        }
        &conversations::FORMAT
    },
};

const OUTPUT_RULE: Rule = Rule::Fields(&[
    field("arguments", Rule::Text),
    field(
        "content",
        Rule::Content(&Rule::Fields(&[field("text", Rule::Text)])),
    ),
    field("content_index", Rule::Dropped),
    field("output_index", Rule::Dropped),
    field("type", Rule::Dropped),
]);

fn take(response: &mut Part, event: Event<'_>) {
    if let Some(id) = event.get(CONVERSATION_ID) {
        response.field("conversation_id").keep(id);
    }
    if let Some(usage) = event.get(USAGE) {
        response.field("usage").merge(usage, &Rule::Counts);
    }
    let kind = match &*event.text(TYPE).unwrap_or_default() {
        "message.output.delta" => "message.output",
        "function.call.delta" => "function.call",
        "tool.execution.started" | "tool.execution.delta" | "tool.execution.done" => {
            "tool.execution"
        }
        _ => return,
    };
    if let Some(index) = event.index(OUTPUT_INDEX) {
        let output = response.field("outputs").item(index);
        output.field("type").keep_text(kind);
        output.merge(event, &OUTPUT_RULE);
    }
}
