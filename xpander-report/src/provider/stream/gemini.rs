//! Gemini, on Google's own API and on Vertex AI: each chunk is a response with some more parts.

use super::part::{Rule, field};
use crate::provider::shapes::gemini;
use crate::provider::stream::protocol::Protocol;

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: &[],
    matches: gemini::FORMAT.matches,
    take: |response, event| response.merge(event, &CHUNK_RULE),
    finish: |_| &gemini::FORMAT,
};

const CHUNK_RULE: Rule = Rule::Fields(&[field("candidates", Rule::Choice(&CANDIDATE_RULE))]);

const CANDIDATE_RULE: Rule = Rule::Fields(&[field(
    "content",
    Rule::Fields(&[field("parts", Rule::Parts(&PART_RULE))]),
)]);

const PART_RULE: Rule = Rule::Fields(&[field("text", Rule::Text)]);
