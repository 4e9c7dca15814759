//! Bedrock's answers from a knowledge base. They do not say what they took.

use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;

keys! { ACTION CITATIONS GUARDRAIL_ACTION OUTPUT SESSION_ID TEXT }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::BedrockKnowledgeBase,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[OUTPUT][TEXT].is_text()
            && document[SESSION_ID].is_text()
            && (document[CITATIONS].is_list() || document[GUARDRAIL_ACTION].is_text())
    },
    read: |document| {
        let mut reading = Reading::default();
        reading.push_text(&document[OUTPUT][TEXT]);
        let action = &document[GUARDRAIL_ACTION];
        // A stream has an object.
        reading.failure = (action.is("INTERVENED") || action[ACTION].is("INTERVENED"))
            .then(|| failure::blocked("guardrail", None));
        reading
    },
};
