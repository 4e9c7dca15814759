//! Streams of which each event is a whole response, with some more of the text.

use super::part::Rule;
use super::{Key, Protocol};
use crate::provider::{anthropic, llama_cpp, ollama, watsonx};

pub(super) const OLLAMA: Protocol = Protocol {
    matches: ollama::FORMAT.matches,
    take: |response, event| {
        const LINE: Rule = Rule::Fields(&[
            ("message", MESSAGE),
            ("response", Rule::Text),
            ("thinking", Rule::Text),
        ]);
        const MESSAGE: Rule = Rule::Fields(&[
            ("content", Rule::Text),
            ("thinking", Rule::Text),
            ("tool_calls", Rule::All),
        ]);
        response.merge(event.json(), &LINE);
    },
    finish: |_| &ollama::FORMAT,
};

/// Anthropic's first API.
pub(super) const LEGACY: Protocol = Protocol {
    matches: |event| {
        event[Key::Completion].is_text()
            && (event[Key::Type].is("completion")
                || event.has(Key::StopReason) && event.has(Key::Stop))
    },
    take: |response, event| {
        const EVENT: Rule = Rule::Fields(&[("completion", Rule::Text)]);
        // There is another that only keeps the connection open.
        if event.get("completion").is_some() {
            response.merge(event.json(), &EVENT);
        }
    },
    finish: |_| &anthropic::LEGACY,
};

pub(super) const LLAMA_CPP: Protocol = Protocol {
    matches: |event| event[Key::Stop].is_bool() && (llama_cpp::FORMAT.matches)(event),
    take: |response, event| {
        const EVENT: Rule = Rule::Fields(&[("content", Rule::Text)]);
        response.merge(event.json(), &EVENT);
    },
    finish: |_| &llama_cpp::FORMAT,
};

pub(super) const WATSONX: Protocol = Protocol {
    matches: watsonx::FORMAT.matches,
    take: |response, event| {
        const EVENT: Rule = Rule::Fields(&[("results", Rule::Choice(&RESULT))]);
        const RESULT: Rule = Rule::Fields(&[
            ("generated_text", Rule::Text),
            ("generated_token_count", Rule::Largest),
            // Only the first event has it; it is zero in all others.
            ("input_token_count", Rule::Largest),
        ]);
        response.merge(event.json(), &EVENT);
    },
    finish: |_| &watsonx::FORMAT,
};
