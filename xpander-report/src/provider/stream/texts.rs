//! Streams of which each event is a whole response, with some more of the text.

use super::part::{Rule, field};
use crate::provider::shapes::{anthropic, llama_cpp, ollama, watsonx};
use crate::provider::stream::protocol::Protocol;

keys! { COMPLETION STOP STOP_REASON TYPE }

pub(super) const OLLAMA: Protocol = Protocol {
    keys: KEYS,
    matches: ollama::FORMAT.matches,
    take: |response, event| {
        const LINE_RULE: Rule = Rule::Fields(&[
            field("message", MESSAGE_RULE),
            field("response", Rule::Text),
            field("thinking", Rule::Text),
        ]);
        const MESSAGE_RULE: Rule = Rule::Fields(&[
            field("content", Rule::Text),
            field("thinking", Rule::Text),
            field("tool_calls", Rule::All),
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
        const EVENT_RULE: Rule = Rule::Fields(&[field("completion", Rule::Text)]);
        // There is another that only keeps the connection open.
        if event.get(COMPLETION).is_some() {
            response.merge(event, &EVENT_RULE);
        }
    },
    finish: |_| &anthropic::LEGACY,
};

pub(super) const LLAMA_CPP: Protocol = Protocol {
    keys: KEYS,
    matches: |event| event[STOP].is_bool() && (llama_cpp::FORMAT.matches)(event),
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[field("content", Rule::Text)]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &llama_cpp::FORMAT,
};

pub(super) const WATSONX: Protocol = Protocol {
    keys: KEYS,
    matches: watsonx::FORMAT.matches,
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[field("results", Rule::Choice(&RESULT_RULE))]);
        const RESULT_RULE: Rule = Rule::Fields(&[
            field("generated_text", Rule::Text),
            field("generated_token_count", Rule::Largest),
            // Only the first event has it; it is zero in all others.
            field("input_token_count", Rule::Largest),
        ]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &watsonx::FORMAT,
};
