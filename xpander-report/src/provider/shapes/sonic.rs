//! A session with Nova Sonic, put together of its events.

use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    COMPLETION_ID CONTENT ROLE STAGE STOP_REASON TEXT_OUTPUTS TOOL_NAME TOOL_USES TOTAL_INPUT_TOKENS
    TOTAL_OUTPUT_TOKENS USAGE_EVENT
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::BedrockSonic,
    keys: KEYS,
    only_declared: false,
    matches: |document| document[TEXT_OUTPUTS].is_list() && document[USAGE_EVENT].is_object(),
    read: |document| {
        let outputs = || document[TEXT_OUTPUTS].items().iter();
        let mut reading = Reading {
            id: document[COMPLETION_ID].text(),
            ..Reading::default()
        };
        // What it means to say, it says once more when it has said it.
        let is_said = outputs().any(|output| output[STAGE].is("FINAL"));
        for output in outputs() {
            if output[ROLE].is("ASSISTANT") && (!is_said || output[STAGE].is("FINAL")) {
                reading.push_text(&output[CONTENT]);
            }
        }
        for call in document[TOOL_USES].items() {
            reading.push_tool(&call[TOOL_NAME]);
        }
        let usage = &document[USAGE_EVENT];
        reading.usage = Usage {
            prompt: usage[TOTAL_INPUT_TOKENS].count(),
            completion: usage[TOTAL_OUTPUT_TOKENS].count(),
            ..Usage::default()
        };
        reading.finish_reason = document[STOP_REASON].text();
        reading
    },
};
