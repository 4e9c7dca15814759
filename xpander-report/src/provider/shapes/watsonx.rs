use crate::provider::format::Format;
use crate::provider::key::Key;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, sum};

keys! { GENERATED_TEXT GENERATED_TOKEN_COUNT INPUT_TOKEN_COUNT MODEL_ID RESULTS STOP_REASON }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Watsonx,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let result = &document[RESULTS][0];
        result[GENERATED_TEXT].is_text()
            && (document[MODEL_ID].is_text() || result.has(GENERATED_TOKEN_COUNT))
    },
    read: |document| {
        let results = document[RESULTS].items();
        let result = &document[RESULTS][0];
        let count = |key: Key| sum(results.iter().map(|result| result[key].count()));
        let mut reading = Reading::of(document);
        reading.push_text(&result[GENERATED_TEXT]);
        reading.usage = Usage {
            prompt: count(INPUT_TOKEN_COUNT),
            completion: count(GENERATED_TOKEN_COUNT),
            ..Usage::default()
        };
        reading.finish_reason = result[STOP_REASON].text();
        reading
    },
};
