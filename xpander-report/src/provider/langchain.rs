//! What the crate `langchain-rust` makes of a response.

use super::document::Key;
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Langchain,
    only_declared: false,
    matches: |document| {
        document[Key::Generation].is_text()
            && (document[Key::Tokens].has(Key::PromptTokens)
                || document.has(Key::Tokens)
                    && document[Key::Tokens].is_null()
                    && document.has_only(&[Key::Generation, Key::Tokens, Key::ToolCalls]))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_tool_calls(&document[Key::ToolCalls]);
        // Beside calls, the text is the same calls as JSON.
        if reading.tools.is_empty() {
            reading.push_text(&document[Key::Generation]);
        }
        reading.usage = Usage::openai(&document[Key::Tokens]);
        reading
    },
};
