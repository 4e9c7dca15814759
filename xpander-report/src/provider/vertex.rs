//! The predictions of Vertex AI's older models of text.

use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::VertexPredict,
    only_declared: false,
    matches: |document| {
        document[Key::Metadata][Key::TokenMetadata].is_object()
            && content(&document[Key::Predictions][0]).is_text()
    },
    read: |document| {
        let tokens = &document[Key::Metadata][Key::TokenMetadata];
        let mut reading = Reading::of(document);
        reading.push_text(content(&document[Key::Predictions][0]));
        reading.usage = Usage {
            prompt: tokens[Key::InputTokenCount][Key::TotalTokens].count(),
            completion: tokens[Key::OutputTokenCount][Key::TotalTokens].count(),
            ..Usage::default()
        };
        reading
    },
};

/// A chat's prediction has candidates.
fn content<'n, 'a>(prediction: &'n Node<'a>) -> &'n Node<'a> {
    match &prediction[Key::Candidates] {
        Node::Null => &prediction[Key::Content],
        candidates => &candidates[0][Key::Content],
    }
}
