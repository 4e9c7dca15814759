//! Bedrock's Converse API, and Nova's own.

use super::part::{Part, Rule, field};
use crate::provider::event::Event;
use crate::provider::shapes::converse;
use crate::provider::stream::protocol::Protocol;

keys! {
    CONTENT_BLOCK_DELTA CONTENT_BLOCK_START DELTA MESSAGE_START MESSAGE_STOP ROLE START STOP_REASON
}

names! { CITATION CONTENT CONTENT_BLOCK_INDEX REASONING_CONTENT }

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        event[MESSAGE_START][ROLE].is_text()
            || event[CONTENT_BLOCK_START].has(START)
            || event[CONTENT_BLOCK_DELTA][DELTA].is_object()
            || event[MESSAGE_STOP][STOP_REASON].is_text()
    },
    take,
    finish: |response| {
        let message = message(response);
        if message.get(CONTENT).is_none() {
            message.field("content").make_list();
        }
        response.field("stopReason");
        &converse::FORMAT
    },
};

const START_RULE: Rule = Rule::Fields(&[field("toolUse", TOOL_RULE)]);

const DELTA_RULE: Rule = Rule::Fields(&[
    field("citation", Rule::Dropped),
    field("reasoningContent", Rule::Dropped),
    field("text", Rule::Text),
    field("toolUse", TOOL_RULE),
]);

const TOOL_RULE: Rule = Rule::Fields(&[field("input", Rule::Json)]);

const REASONING_RULE: Rule = Rule::Fields(&[field("text", Rule::Text)]);

fn take(response: &mut Part, event: Event<'_>) {
    for inside in event.fields() {
        let index = inside.index(CONTENT_BLOCK_INDEX);
        match &*inside.name() {
            "messageStart" => message(response).merge(inside, &Rule::Fields(&[])),
            "contentBlockStart" => {
                if let (Some(index), Some(start)) = (index, inside.get(START)) {
                    block(response, index).merge(start, &START_RULE);
                }
            }
            "contentBlockDelta" => {
                if let (Some(index), Some(delta)) = (index, inside.get(DELTA)) {
                    add(block(response, index), delta);
                }
            }
            "messageStop" | "metadata" => response.merge(inside, &Rule::Fields(&[])),
            _ => {}
        }
    }
}

fn message(response: &mut Part) -> &mut Part {
    response.field("output").field("message")
}

fn block(response: &mut Part, index: u64) -> &mut Part {
    message(response).field("content").item(index)
}

/// What a block has beside text and tools is spelled otherwise in a whole response.
fn add(block: &mut Part, delta: Event<'_>) {
    if let Some(citation) = delta.get(CITATION) {
        let cited = block.field("citationsContent");
        cited.field("citations").push(citation);
    }
    if let Some(reasoning) = delta.get(REASONING_CONTENT) {
        let text = block.field("reasoningContent").field("reasoningText");
        text.merge(reasoning, &REASONING_RULE);
    }
    block.merge(delta, &DELTA_RULE);
}
