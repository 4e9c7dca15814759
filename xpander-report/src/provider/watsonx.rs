use super::document::Key;
use super::reading::Reading;
use super::usage::{Usage, sum};
use super::{Format, Shape, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Watsonx,
    only_declared: false,
    matches: |document| {
        let result = &document[Key::Results][0];
        result[Key::GeneratedText].is_text()
            && (document[Key::ModelId].is_text() || result.has(Key::GeneratedTokenCount))
    },
    read: |document| {
        let results = document[Key::Results].items();
        let result = &document[Key::Results][0];
        let count = |key: Key| sum(results.iter().map(|result| result[key].count()));
        let mut reading = Reading::of(document);
        reading.push_text(&result[Key::GeneratedText]);
        reading.usage = Usage {
            prompt: count(Key::InputTokenCount),
            completion: count(Key::GeneratedTokenCount),
            ..Usage::default()
        };
        reading.finish_reason = result[Key::StopReason].text();
        reading.failure = match reading.finish_reason {
            Some(reason @ ("error" | "cancelled")) => Some(failure::failed(reason, None)),
            _ => None,
        };
        reading
    },
};
