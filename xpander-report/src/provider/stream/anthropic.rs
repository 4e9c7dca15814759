//! Anthropic's Messages API, also on Bedrock and Vertex AI.

use super::event::Event;
use super::part::{Part, Rule};
use super::{Key, Protocol};
use crate::provider::anthropic;

pub(super) const PROTOCOL: Protocol = Protocol {
    matches: |event| match event[Key::Type].text() {
        Some("message_start") => event[Key::Message].is_object(),
        Some("content_block_start") => event.has(Key::ContentBlock),
        Some("content_block_delta") => event[Key::Delta].is_object(),
        Some("message_delta") => event[Key::Delta].has(Key::StopReason),
        _ => false,
    },
    take,
    finish: |message| {
        // It is there before the first block, and why it stopped before it did.
        if message.get("content").is_none() {
            message.field("content").make_list();
        }
        message.field("stop_reason");
        &anthropic::MESSAGES
    },
};

const MESSAGE: Rule = Rule::Fields(&[("content", Rule::All), ("usage", Rule::Fields(&[]))]);

const BLOCK: Rule = Rule::Fields(&[
    ("citations", Rule::All),
    ("text", Rule::Text),
    ("thinking", Rule::Text),
]);

const DELTA: Rule = Rule::Fields(&[
    ("citation", Rule::Dropped),
    ("partial_json", Rule::As("input", &Rule::Json)),
    ("text", Rule::Text),
    ("thinking", Rule::Text),
    ("type", Rule::Dropped),
]);

fn take(message: &mut Part, event: &Event<'_>) {
    let kind = event.text("type").unwrap_or_default();
    let block = event.index("index");
    match (&*kind, block) {
        ("message_start", _) => {
            // Of several messages the last counts.
            *message = Part::default();
            if let Some(start) = event.get("message") {
                message.merge(start, &MESSAGE);
            }
        }
        ("content_block_start", Some(index)) => {
            if let Some(start) = event.get("content_block") {
                message.field("content").item(index).merge(start, &BLOCK);
            }
        }
        ("content_block_delta", Some(index)) => {
            if let Some(delta) = event.get("delta") {
                let block = message.field("content").item(index);
                block.merge(delta, &DELTA);
                if let Some(citation) = Event::inside(delta).get("citation") {
                    block.field("citations").push(citation);
                }
            }
        }
        ("message_delta", _) => {
            if let Some(delta) = event.get("delta") {
                message.merge(delta, &MESSAGE);
            }
            if let Some(usage) = event.get("usage") {
                message.field("usage").merge(usage, &Rule::Fields(&[]));
            }
        }
        _ => {}
    }
}
