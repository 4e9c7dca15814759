//! Anthropic's Messages API, also on Bedrock and Vertex AI.

use super::part::{Part, Rule, field};
use crate::provider::event::Event;
use crate::provider::shapes::anthropic;
use crate::provider::stream::protocol::Protocol;

keys! { CONTENT_BLOCK DELTA MESSAGE STOP_REASON TYPE }

names! { CITATION CONTENT INDEX USAGE }

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| match event[TYPE].text() {
        Some("message_start") => event[MESSAGE].is_object(),
        Some("content_block_start") => event.has(CONTENT_BLOCK),
        Some("content_block_delta") => event[DELTA].is_object(),
        Some("message_delta") => event[DELTA].has(STOP_REASON),
        _ => false,
    },
    take,
    finish: |message| {
        // It is there before the first block, and why it stopped before it did.
        if message.get(CONTENT).is_none() {
            message.field("content").make_list();
        }
        message.field("stop_reason");
        &anthropic::MESSAGES
    },
};

const MESSAGE_RULE: Rule =
    Rule::Fields(&[field("content", Rule::All), field("usage", Rule::Counts)]);

const BLOCK_RULE: Rule = Rule::Fields(&[
    field("citations", Rule::All),
    field("text", Rule::Text),
    field("thinking", Rule::Text),
]);

const DELTA_RULE: Rule = Rule::Fields(&[
    field("citation", Rule::Dropped),
    field("partial_json", Rule::As("input", &Rule::Json)),
    field("text", Rule::Text),
    field("thinking", Rule::Text),
    field("type", Rule::Dropped),
]);

fn take(message: &mut Part, event: Event<'_>) {
    let kind = event.text(TYPE).unwrap_or_default();
    let block = event.index(INDEX);
    match (&*kind, block) {
        ("message_start", _) => {
            // Of several messages the last counts.
            *message = Part::default();
            if let Some(start) = event.get(MESSAGE) {
                message.merge(start, &MESSAGE_RULE);
            }
        }
        ("content_block_start", Some(index)) => {
            if let Some(start) = event.get(CONTENT_BLOCK) {
                message
                    .field("content")
                    .item(index)
                    .merge(start, &BLOCK_RULE);
            }
        }
        ("content_block_delta", Some(index)) => {
            if let Some(delta) = event.get(DELTA) {
                let block = message.field("content").item(index);
                block.merge(delta, &DELTA_RULE);
                if let Some(citation) = delta.get(CITATION) {
                    block.field("citations").push(citation);
                }
            }
        }
        ("message_delta", _) => {
            if let Some(delta) = event.get(DELTA) {
                message.merge(delta, &MESSAGE_RULE);
            }
            if let Some(usage) = event.get(USAGE) {
                message.field("usage").merge(usage, &Rule::Counts);
            }
        }
        _ => {}
    }
}
