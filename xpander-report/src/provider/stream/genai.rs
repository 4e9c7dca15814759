//! What the crate `genai` makes of a stream.

use super::part::Rule;
use crate::provider::shapes::genai;
use crate::provider::stream::protocol::Protocol;

keys! { CAPTURED_CONTENT CAPTURED_USAGE CHUNK CONTENT END }

names! { CAPTURED_RESPONSE_ID CAPTURED_STOP_REASON }

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        let end = &event[END];
        event.has_only(&[CHUNK, END])
            && (event[CHUNK][CONTENT].is_text()
                || end.has(CAPTURED_USAGE)
                || end.has(CAPTURED_CONTENT))
    },
    take: |response, event| {
        for inside in event.fields() {
            match &*inside.name() {
                "Chunk" => {
                    if let Some(text) = inside.get(CONTENT) {
                        let part = response.field("content").item(0);
                        part.field("Text").merge(text, &Rule::Text);
                    }
                }
                "End" => {
                    for (captured, name) in [
                        (CAPTURED_CONTENT, "whole"),
                        (CAPTURED_RESPONSE_ID, "response_id"),
                        (CAPTURED_STOP_REASON, "stop_reason"),
                        (CAPTURED_USAGE, "usage"),
                    ] {
                        if let Some(captured) = inside.get(captured) {
                            response.field(name).keep(captured);
                        }
                    }
                }
                _ => {}
            }
        }
    },
    finish: |response| {
        // It is there if the crate was asked to capture it, and has the calls of tools.
        let whole = response.take("whole");
        if !whole.is_nothing() {
            *response.field("content") = whole;
        }
        &genai::FORMAT
    },
};
