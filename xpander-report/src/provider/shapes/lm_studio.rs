//! LM Studio's own API.

use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    CONTENT INPUT_TOKENS MODEL_INSTANCE_ID OUTPUT RESPONSE_ID STATS TOOL TOTAL_OUTPUT_TOKENS TYPE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::LmStudio,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[OUTPUT].is_list()
            && (document[STATS].has(TOTAL_OUTPUT_TOKENS)
                || document[STATS].has(INPUT_TOKENS)
                || document[MODEL_INSTANCE_ID].is_text())
    },
    read: |document| {
        let mut reading = Reading {
            id: document[RESPONSE_ID].text(),
            model: document[MODEL_INSTANCE_ID].text(),
            ..Reading::default()
        };
        for output in document[OUTPUT].items() {
            match output[TYPE].text() {
                Some("message") => reading.push_content(&output[CONTENT]),
                Some("tool_call") => {
                    reading.push_tool(&output[TOOL]);
                }
                _ => {}
            }
        }
        reading.usage = Usage {
            prompt: document[STATS][INPUT_TOKENS].count(),
            completion: document[STATS][TOTAL_OUTPUT_TOKENS].count(),
            ..Usage::default()
        };
        reading
    },
};
