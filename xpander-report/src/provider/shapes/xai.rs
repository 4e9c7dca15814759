use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, largest, sum};

keys! {
    CACHED_PROMPT_TEXT_TOKENS COMPLETION_TOKENS CONTENT FINISH_REASON MESSAGE OUTPUTS PROMPT_TOKENS
    REASONING_TOKENS ROLE TOOL_CALLS USAGE
}

const ASSISTANT: &str = "ROLE_ASSISTANT";

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Xai,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let mut outputs = document[OUTPUTS].items().iter();
        outputs.any(|output| output[MESSAGE][ROLE].is(ASSISTANT))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        for output in document[OUTPUTS].items() {
            let message = &output[MESSAGE];
            if message[ROLE].is(ASSISTANT) {
                reading.push_text(&message[CONTENT]);
                reading.push_tool_calls(&message[TOOL_CALLS]);
                reading.finish_reason = output[FINISH_REASON].text();
            }
        }
        let usage = &document[USAGE];
        reading.usage = Usage {
            prompt: usage[PROMPT_TOKENS].count(),
            completion: sum([
                usage[COMPLETION_TOKENS].count(),
                usage[REASONING_TOKENS].count(),
            ]),
            cache_read: largest([&usage[CACHED_PROMPT_TEXT_TOKENS]]),
            thoughts: usage[REASONING_TOKENS].count(),
            ..Usage::default()
        };
        reading
    },
};
