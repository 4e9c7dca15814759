//! Gemini, on Google's own API and on Vertex AI: each chunk is a response with some more parts.

use super::Protocol;
use super::part::Rule;
use crate::provider::gemini;

pub(super) const PROTOCOL: Protocol = Protocol {
    matches: gemini::FORMAT.matches,
    take: |response, event| response.merge(event.json(), &CHUNK),
    finish: |_| &gemini::FORMAT,
};

const CHUNK: Rule = Rule::Fields(&[("candidates", Rule::Choice(&CANDIDATE))]);

const CANDIDATE: Rule =
    Rule::Fields(&[("content", Rule::Fields(&[("parts", Rule::Parts(&PART))]))]);

const PART: Rule = Rule::Fields(&[("text", Rule::Text)]);
