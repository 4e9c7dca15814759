//! The answer in a document, be it in an envelope, or the error in its place.

use crate::provider::document::Node;
use crate::provider::envelope;
use crate::provider::reading::Reading;
use crate::provider::response::ProviderResponse;
use crate::provider::shape::Shape;
use crate::provider::shapes::FORMATS;

/// What a document says, or the answers in the envelope that it is.
pub(super) fn answer(
    document: &Node<'_>,
    is_declared: bool,
    depth: usize,
) -> Option<ProviderResponse> {
    let mut formats = FORMATS
        .iter()
        .filter(|format| (is_declared || !format.only_declared) && format.shape != Shape::Error);
    if let Some(format) = formats.find(|format| (format.matches)(document)) {
        return Some(format.says(document));
    }
    if depth < envelope::MAX_DEPTH {
        if is_declared && let Node::List(answers) = document {
            return together(answers, is_declared, depth);
        }
        let inside = envelope::inside(document, is_declared)
            .find_map(|answers| together(answers, is_declared, depth));
        if inside.is_some() {
            return inside;
        }
    }
    (is_declared && depth == 0)
        .then(|| error(document, depth))
        .flatten()
}

/// What those of several documents say together that are answers.
fn together(documents: &[Node<'_>], is_declared: bool, depth: usize) -> Option<ProviderResponse> {
    let answers = documents.iter();
    let answers = answers.filter_map(|each| answer(each, is_declared, depth + 1));
    ProviderResponse::together(answers.collect())
}

/// The error that stands in place of an answer, or in the envelope of one.
fn error(document: &Node<'_>, depth: usize) -> Option<ProviderResponse> {
    let mut formats = FORMATS
        .iter()
        .filter(|format| (depth == 0 || !format.only_declared) && format.shape == Shape::Error);
    if let Some(format) = formats.find(|format| (format.matches)(document)) {
        return Some(format.says(document));
    }
    if depth == envelope::MAX_DEPTH || !envelope::is_one(document) {
        return None;
    }
    let inside = envelope::inside(document, true).find_map(|answers| {
        let errors = answers.iter().filter_map(|each| error(each, depth + 1));
        ProviderResponse::together(errors.collect())
    });
    inside.or_else(|| {
        let reading = Reading {
            failure: Some(envelope::trouble(document)?),
            ..Reading::default()
        };
        Some(reading.into_response(Shape::Error, document))
    })
}
