//! Streams of which each event is a whole response, with some more of the text.

use super::part::Rule;
use crate::provider::shapes::{anthropic, llama_cpp, ollama, watsonx};
use crate::provider::stream::protocol::Protocol;

keys! { COMPLETION STOP STOP_REASON TYPE }

pub(super) const OLLAMA: Protocol = Protocol {
    keys: KEYS,
    matches: ollama::FORMAT.matches,
    take: |response, event| {
        const LINE_RULE: Rule = Rule::Fields(&[
            ("message", MESSAGE_RULE),
            ("response", Rule::Text),
            ("thinking", Rule::Text),
        ]);
        const MESSAGE_RULE: Rule = Rule::Fields(&[
            ("content", Rule::Text),
            ("thinking", Rule::Text),
            ("tool_calls", Rule::All),
        ]);
        response.merge(event, &LINE_RULE);
    },
    finish: |_| &ollama::FORMAT,
};

/// Anthropic's first API.
pub(super) const LEGACY: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        event[COMPLETION].is_text()
            && (event[TYPE].is("completion") || event.has(STOP_REASON) && event.has(STOP))
    },
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[("completion", Rule::Text)]);
        // There is another that only keeps the connection open.
        if event.get("completion").is_some() {
            response.merge(event, &EVENT_RULE);
        }
    },
    finish: |_| &anthropic::LEGACY,
};

pub(super) const LLAMA_CPP: Protocol = Protocol {
    keys: KEYS,
    matches: |event| event[STOP].is_bool() && (llama_cpp::FORMAT.matches)(event),
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[("content", Rule::Text)]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &llama_cpp::FORMAT,
};

pub(super) const WATSONX: Protocol = Protocol {
    keys: KEYS,
    matches: watsonx::FORMAT.matches,
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[("results", Rule::Choice(&RESULT_RULE))]);
        const RESULT_RULE: Rule = Rule::Fields(&[
            ("generated_text", Rule::Text),
            ("generated_token_count", Rule::Largest),
            // Only the first event has it; it is zero in all others.
            ("input_token_count", Rule::Largest),
        ]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &watsonx::FORMAT,
};
