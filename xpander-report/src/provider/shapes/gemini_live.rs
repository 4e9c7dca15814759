//! Messages of a session with Gemini's Live API: what a turn brought, or one message of it.

use super::gemini;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;

keys! {
    FUNCTION_CALLS MODEL_TURN NAME OUTPUT_TRANSCRIPTION PARTS RESPONSE_TOKEN_COUNT SERVER_CONTENT
    TEXT TOOL_CALL TURN_COMPLETE USAGE_METADATA
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::GeminiLive,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let content = &document[SERVER_CONTENT];
        content[MODEL_TURN].is_object()
            || content[OUTPUT_TRANSCRIPTION].is_object()
            || content.has(TURN_COMPLETE)
            || document[TOOL_CALL][FUNCTION_CALLS].is_list()
            || document[USAGE_METADATA].has(RESPONSE_TOKEN_COUNT)
    },
    read: |document| {
        let content = &document[SERVER_CONTENT];
        let mut reading = Reading::default();
        gemini::push_parts(&mut reading, &content[MODEL_TURN][PARTS]);
        // What was said, where it was not written.
        if reading.text.is_empty() {
            reading.push_text(&content[OUTPUT_TRANSCRIPTION][TEXT]);
        }
        for call in document[TOOL_CALL][FUNCTION_CALLS].items() {
            reading.push_tool(&call[NAME]);
        }
        reading.usage = gemini::usage(&document[USAGE_METADATA]);
        reading
    },
};
