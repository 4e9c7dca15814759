//! The native API of llama.cpp's server.

use super::document::Key;
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::LlamaCpp,
    only_declared: false,
    matches: |document| {
        document[Key::Content].is_text() && document[Key::TokensPredicted].is_number()
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_text(&document[Key::Content]);
        reading.usage = Usage {
            prompt: document[Key::TokensEvaluated].count(),
            completion: document[Key::TokensPredicted].count(),
            ..Usage::default()
        };
        reading.finish_reason = document[Key::StopType].text();
        reading
    },
};
