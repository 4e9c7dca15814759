//! What Bedrock streams of models that have a shape of their own.

use super::part::Rule;
use super::{Key, METRICS, Protocol};
use crate::provider::invoke;

pub(super) const TITAN: Protocol = Protocol {
    matches: |event| {
        event[Key::OutputText].is_text()
            && (event.has(Key::InputTextTokenCount)
                || event.has(Key::TotalOutputTextTokenCount)
                || event.has(Key::CompletionReason))
    },
    take: |response, event| {
        const RESULT: Rule = Rule::Fields(&[
            (METRICS, Rule::Dropped),
            ("inputTextTokenCount", Rule::Dropped),
            ("outputText", Rule::Text),
            (
                "totalOutputTextTokenCount",
                Rule::As("tokenCount", &Rule::Last),
            ),
        ]);
        if let Some(count) = event.get("inputTextTokenCount") {
            response.field("inputTextTokenCount").keep(count);
        }
        response
            .field("results")
            .item(0)
            .merge(event.json(), &RESULT);
    },
    finish: |_| &invoke::TITAN,
};

pub(super) const LLAMA: Protocol = Protocol {
    matches: invoke::LLAMA.matches,
    take: |response, event| {
        const EVENT: Rule = Rule::Fields(&[("generation", Rule::Text)]);
        response.merge(event.json(), &EVENT);
    },
    finish: |_| &invoke::LLAMA,
};

pub(super) const MISTRAL: Protocol = Protocol {
    matches: invoke::MISTRAL.matches,
    take: |response, event| {
        const EVENT: Rule = Rule::Fields(&[("outputs", Rule::Choice(&OUTPUT))]);
        const OUTPUT: Rule = Rule::Fields(&[("text", Rule::Text)]);
        response.merge(event.json(), &EVENT);
    },
    finish: |_| &invoke::MISTRAL,
};
