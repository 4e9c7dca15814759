//! The native API of llama.cpp's server.

use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, sum};

keys! { CACHE_N CONTENT PREDICTED_N PROMPT_N STOP_TYPE TOKENS_EVALUATED TOKENS_PREDICTED }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::LlamaCpp,
    keys: KEYS,
    only_declared: false,
    matches: |document| document[CONTENT].is_text() && document[TOKENS_PREDICTED].is_number(),
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_text(&document[CONTENT]);
        reading.usage = Usage {
            prompt: document[TOKENS_EVALUATED].count(),
            completion: document[TOKENS_PREDICTED].count(),
            ..Usage::default()
        };
        reading.finish_reason = document[STOP_TYPE].text();
        reading
    },
};

/// What its server says of time, where it says nothing of usage.
pub(in crate::provider) fn timings(timings: &Node<'_>) -> Usage {
    let cached = timings[CACHE_N].count();
    Usage {
        prompt: sum([timings[PROMPT_N].count(), cached]),
        completion: timings[PREDICTED_N].count(),
        cache_read: cached.unwrap_or(0),
        ..Usage::default()
    }
}
