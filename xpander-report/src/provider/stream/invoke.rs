//! What Bedrock streams of models that have a shape of their own.

use super::metrics::METRICS;
use super::part::{Rule, field};
use crate::provider::shapes::invoke;
use crate::provider::stream::protocol::Protocol;

keys! { COMPLETION_REASON INPUT_TEXT_TOKEN_COUNT OUTPUT_TEXT TOTAL_OUTPUT_TEXT_TOKEN_COUNT }

pub(super) const TITAN: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        event[OUTPUT_TEXT].is_text()
            && (event.has(INPUT_TEXT_TOKEN_COUNT)
                || event.has(TOTAL_OUTPUT_TEXT_TOKEN_COUNT)
                || event.has(COMPLETION_REASON))
    },
    take: |response, event| {
        const RESULT_RULE: Rule = Rule::Fields(&[
            field(METRICS, Rule::Dropped),
            field("inputTextTokenCount", Rule::Dropped),
            field("outputText", Rule::Text),
            field(
                "totalOutputTextTokenCount",
                Rule::As("tokenCount", &Rule::Last),
            ),
        ]);
        if let Some(count) = event.get(INPUT_TEXT_TOKEN_COUNT) {
            response.field("inputTextTokenCount").keep(count);
        }
        response.field("results").item(0).merge(event, &RESULT_RULE);
    },
    finish: |_| &invoke::TITAN,
};

pub(super) const LLAMA: Protocol = Protocol {
    keys: KEYS,
    matches: invoke::LLAMA.matches,
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[field("generation", Rule::Text)]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &invoke::LLAMA,
};

pub(super) const MISTRAL: Protocol = Protocol {
    keys: KEYS,
    matches: invoke::MISTRAL.matches,
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[field("outputs", Rule::Choice(&OUTPUT_RULE))]);
        const OUTPUT_RULE: Rule = Rule::Fields(&[field("text", Rule::Text)]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &invoke::MISTRAL,
};
