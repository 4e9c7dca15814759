//! What OpenRouter tells of a generation that has ended.

use crate::provider::document::Node;
use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, first, largest};

keys! {
    CANCELLED DATA FINISH_REASON ID NATIVE_TOKENS_CACHED NATIVE_TOKENS_COMPLETION
    NATIVE_TOKENS_PROMPT TOKENS_COMPLETION TOKENS_PROMPT
}

pub(in crate::provider) const GENERATION: Format = Format {
    shape: Shape::OpenRouterGeneration,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let data = &document[DATA];
        data[ID].is_text() && (data.has(NATIVE_TOKENS_PROMPT) || data.has(TOKENS_PROMPT))
    },
    read: |document| {
        let data = &document[DATA];
        let mut reading = Reading::of(data);
        // The model's own numbers are those that cost.
        reading.usage = Usage {
            prompt: first(data, &[NATIVE_TOKENS_PROMPT, TOKENS_PROMPT]),
            completion: first(data, &[NATIVE_TOKENS_COMPLETION, TOKENS_COMPLETION]),
            cache_read: largest([&data[NATIVE_TOKENS_CACHED]]),
            ..Usage::default()
        };
        reading.finish_reason = data[FINISH_REASON].text();
        reading.failure =
            (data[CANCELLED] == Node::Bool(true)).then(|| failure::failed("cancelled", None));
        reading
    },
};
