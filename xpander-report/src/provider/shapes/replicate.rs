use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! { ERROR GET INPUT_TOKEN_COUNT METRICS OUTPUT OUTPUT_TOKEN_COUNT STATUS URLS }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Replicate,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[STATUS].is_text()
            && document[URLS][GET]
                .text()
                .is_some_and(|url| url.contains("/v1/predictions/"))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        let output = &document[OUTPUT];
        reading.push_text(output);
        // One text for each step of the stream that it might have been.
        for text in output.items() {
            reading.push_text(text);
        }
        let metrics = &document[METRICS];
        reading.usage = Usage {
            prompt: metrics[INPUT_TOKEN_COUNT].count(),
            completion: metrics[OUTPUT_TOKEN_COUNT].count(),
            ..Usage::default()
        };
        reading.finish_reason = document[STATUS].text();
        reading.failure = document[STATUS]
            .text()
            .and_then(|status| failure::of(status, document[ERROR].text()));
        reading
    },
};
