//! The predictions of Vertex AI's older models of text.

use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    CANDIDATES CONTENT INPUT_TOKEN_COUNT METADATA OUTPUT_TOKEN_COUNT PREDICTIONS TOKEN_METADATA
    TOTAL_TOKENS
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::VertexPredict,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[METADATA][TOKEN_METADATA].is_object()
            && content(&document[PREDICTIONS][0]).is_text()
    },
    read: |document| {
        let tokens = &document[METADATA][TOKEN_METADATA];
        let mut reading = Reading::of(document);
        reading.push_text(content(&document[PREDICTIONS][0]));
        reading.usage = Usage {
            prompt: tokens[INPUT_TOKEN_COUNT][TOTAL_TOKENS].count(),
            completion: tokens[OUTPUT_TOKEN_COUNT][TOTAL_TOKENS].count(),
            ..Usage::default()
        };
        reading
    },
};

/// A chat's prediction has candidates.
fn content<'n, 'a>(prediction: &'n Node<'a>) -> &'n Node<'a> {
    match &prediction[CANDIDATES] {
        Node::Null => &prediction[CONTENT],
        candidates => &candidates[0][CONTENT],
    }
}
