use super::document::{Key, Node};
use super::reading::Reading;
use super::{Format, Shape, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Error,
    only_declared: true,
    matches: |document| {
        let error = &document[Key::Error];
        let only_text = error.is_text()
            && document.has_only(&[Key::Error, Key::ErrorType, Key::Code, Key::Status]);
        let is_named = document[Key::Type].is("error") || document[Key::Object].is("error");
        error[Key::Message].is_text()
            || only_text
            || is_named && (error.is_object() || document[Key::Message].is_text())
    },
    read: |document| {
        let mut reading = Reading::of(document);
        let error = match &document[Key::Error] {
            Node::Null => document,
            error => error,
        };
        reading.failure = failure::error(error);
        reading
    },
};
