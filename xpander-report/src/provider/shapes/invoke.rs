//! What Bedrock's `InvokeModel` gives for models that have a shape of their own.

use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, sum};

keys! {
    COMPLETIONS COMPLETION_REASON DATA FINISH_REASON GENERATION GENERATION_TOKEN_COUNT
    INPUT_TEXT_TOKEN_COUNT OUTPUTS OUTPUT_TEXT PROMPT PROMPT_TOKEN_COUNT REASON RESULTS STOP_REASON
    TEXT TOKENS TOKEN_COUNT
}

pub(in crate::provider) const TITAN: Format = Format {
    shape: Shape::BedrockTitan,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[RESULTS][0][OUTPUT_TEXT].is_text() && document.has(INPUT_TEXT_TOKEN_COUNT)
    },
    read: |document| {
        let result = &document[RESULTS][0];
        let mut reading = Reading::of(document);
        reading.push_text(&result[OUTPUT_TEXT]);
        let results = document[RESULTS].items();
        reading.usage = Usage {
            prompt: document[INPUT_TEXT_TOKEN_COUNT].count(),
            completion: sum(results.iter().map(|result| result[TOKEN_COUNT].count())),
            ..Usage::default()
        };
        reading.finish_reason = result[COMPLETION_REASON].text();
        reading
    },
};

pub(in crate::provider) const LLAMA: Format = Format {
    shape: Shape::BedrockLlama,
    keys: KEYS,
    only_declared: false,
    matches: |document| document[GENERATION].is_text() && document.has(GENERATION_TOKEN_COUNT),
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_text(&document[GENERATION]);
        reading.usage = Usage {
            prompt: document[PROMPT_TOKEN_COUNT].count(),
            completion: document[GENERATION_TOKEN_COUNT].count(),
            ..Usage::default()
        };
        reading.finish_reason = document[STOP_REASON].text();
        reading
    },
};

pub(in crate::provider) const MISTRAL: Format = Format {
    shape: Shape::BedrockMistral,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let output = &document[OUTPUTS][0];
        output[TEXT].is_text() && output.has(STOP_REASON)
    },
    read: |document| {
        let output = &document[OUTPUTS][0];
        let mut reading = Reading::of(document);
        reading.push_text(&output[TEXT]);
        reading.finish_reason = output[STOP_REASON].text();
        reading
    },
};

pub(in crate::provider) const AI21: Format = Format {
    shape: Shape::BedrockAi21,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let completion = &document[COMPLETIONS][0];
        completion[DATA][TEXT].is_text() && completion.has(FINISH_REASON)
    },
    read: |document| {
        let completion = &document[COMPLETIONS][0];
        let tokens = |data: &Node<'_>| u64::try_from(data[TOKENS].items().len()).ok();
        let mut reading = Reading::of(document);
        reading.push_text(&completion[DATA][TEXT]);
        reading.usage = Usage {
            prompt: tokens(&document[PROMPT]),
            completion: tokens(&completion[DATA]),
            ..Usage::default()
        };
        reading.finish_reason = completion[FINISH_REASON][REASON].text();
        reading
    },
};
