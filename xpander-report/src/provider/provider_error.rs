use super::document::{Key, Node};
use super::reading::Reading;
use super::{Format, Shape, failure};

/// What stands beside an error that is no more than a text. Such texts are in many other answers as well.
const BESIDE: &[Key] = &[Key::Code, Key::Error, Key::ErrorType, Key::EstimatedTime];

pub(super) const FORMAT: Format = Format {
    shape: Shape::Error,
    only_declared: true,
    matches: |document| {
        let document = one(document);
        is_error(document) && failure::error(document).is_some()
    },
    read: |document| {
        let document = one(document);
        let mut reading = Reading::of(document);
        reading.failure = failure::error(document);
        reading
    },
};

fn is_error(document: &Node<'_>) -> bool {
    let error = &document[Key::Error];
    let has_message = |error: &Node<'_>| error[Key::Message].text().is_some();
    let is_text = error.text().or_else(|| error[0].text()).is_some();
    let is_named = document[Key::Type].is("error") || document[Key::Object].is("error");
    has_message(error)
        || has_message(&error[Key::Error])
        || is_text && document.has_only(BESIDE)
        || is_named && (error.is_object() || !document[Key::Message].is_null())
}

/// Google gives a list of one where it would have streamed.
fn one<'n, 'a>(document: &'n Node<'a>) -> &'n Node<'a> {
    match document.items() {
        [one] => one,
        _ => document,
    }
}
