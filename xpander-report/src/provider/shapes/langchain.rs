//! What the crate `langchain-rust` makes of a response.

use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! { GENERATION PROMPT_TOKENS TOKENS TOOL_CALLS }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Langchain,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[GENERATION].is_text()
            && (document[TOKENS].has(PROMPT_TOKENS)
                || document.has(TOKENS)
                    && document[TOKENS].is_null()
                    && document.has_only(&[GENERATION, TOKENS, TOOL_CALLS]))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_tool_calls(&document[TOOL_CALLS]);
        // Beside calls, the text is the same calls as JSON.
        if reading.tools.is_empty() {
            reading.push_text(&document[GENERATION]);
        }
        reading.usage = Usage::openai(&document[TOKENS]);
        reading
    },
};
