use super::document::Key;
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Replicate,
    only_declared: false,
    matches: |document| {
        document[Key::Status].is_text()
            && document[Key::Urls][Key::Get]
                .text()
                .is_some_and(|url| url.contains("/v1/predictions/"))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        let output = &document[Key::Output];
        reading.push_text(output);
        // One text for each step of the stream that it might have been.
        for text in output.items() {
            reading.push_text(text);
        }
        let metrics = &document[Key::Metrics];
        reading.usage = Usage {
            prompt: metrics[Key::InputTokenCount].count(),
            completion: metrics[Key::OutputTokenCount].count(),
            ..Usage::default()
        };
        reading.finish_reason = document[Key::Status].text();
        reading.failure = match reading.finish_reason {
            Some(status @ ("failed" | "canceled" | "aborted")) => {
                Some(failure::failed(status, document[Key::Error].text()))
            }
            _ => None,
        };
        reading
    },
};
