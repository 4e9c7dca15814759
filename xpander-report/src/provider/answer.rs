//! The answer in a document, be it in an envelope, or the error in its place.

use crate::provider::document::Node;
use crate::provider::envelope;
use crate::provider::reading::Reading;
use crate::provider::response::ProviderResponse;
use crate::provider::shape::Shape;
use crate::provider::shapes::FORMATS;

/// What a document says, or the answers in the envelope that it is say together.
pub(super) fn answer(document: &Node<'_>, is_declared: bool) -> Option<ProviderResponse> {
    ProviderResponse::together(answers(document, is_declared, 0))
}

/// The answer that a document is, or those in the envelope that it is.
pub(super) fn answers(
    document: &Node<'_>,
    is_declared: bool,
    depth: usize,
) -> Vec<ProviderResponse> {
    let mut formats = FORMATS
        .iter()
        .filter(|format| (is_declared || !format.only_declared) && format.shape != Shape::Error);
    if let Some(format) = formats.find(|format| (format.matches)(document)) {
        return vec![format.says(document)];
    }
    if depth < envelope::MAX_DEPTH {
        let of_all = |documents: &[Node<'_>]| -> Vec<ProviderResponse> {
            let documents = documents.iter();
            documents
                .flat_map(|each| answers(each, is_declared, depth + 1))
                .collect()
        };
        if is_declared && let Node::List(documents) = document {
            return of_all(documents);
        }
        let mut inside = envelope::inside(document, is_declared).map(of_all);
        if let Some(mut inside) = inside.find(|answers| !answers.is_empty()) {
            if envelope::is_of_a_batch(document) {
                for answer in &mut inside {
                    answer.billing.is_batch = true;
                }
            }
            return inside;
        }
    }
    let error = (is_declared && depth == 0).then(|| error(document, depth));
    error.flatten().into_iter().collect()
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
