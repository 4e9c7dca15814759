//! What Bedrock's `InvokeModel` gives for models that have a shape of their own.

use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, sum};
use super::{Format, Shape, failure};

pub(super) const TITAN: Format = Format {
    shape: Shape::BedrockTitan,
    only_declared: false,
    matches: |document| {
        document[Key::Results][0][Key::OutputText].is_text()
            && document.has(Key::InputTextTokenCount)
    },
    read: |document| {
        let result = &document[Key::Results][0];
        let mut reading = Reading::of(document);
        reading.push_text(&result[Key::OutputText]);
        let results = document[Key::Results].items();
        reading.usage = Usage {
            prompt: document[Key::InputTextTokenCount].count(),
            completion: sum(results.iter().map(|result| result[Key::TokenCount].count())),
            ..Usage::default()
        };
        stopped(&mut reading, &result[Key::CompletionReason]);
        reading
    },
};

pub(super) const LLAMA: Format = Format {
    shape: Shape::BedrockLlama,
    only_declared: false,
    matches: |document| {
        document[Key::Generation].is_text() && document.has(Key::GenerationTokenCount)
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_text(&document[Key::Generation]);
        reading.usage = Usage {
            prompt: document[Key::PromptTokenCount].count(),
            completion: document[Key::GenerationTokenCount].count(),
            ..Usage::default()
        };
        stopped(&mut reading, &document[Key::StopReason]);
        reading
    },
};

pub(super) const MISTRAL: Format = Format {
    shape: Shape::BedrockMistral,
    only_declared: false,
    matches: |document| {
        let output = &document[Key::Outputs][0];
        output[Key::Text].is_text() && output.has(Key::StopReason)
    },
    read: |document| {
        let output = &document[Key::Outputs][0];
        let mut reading = Reading::of(document);
        reading.push_text(&output[Key::Text]);
        stopped(&mut reading, &output[Key::StopReason]);
        reading
    },
};

pub(super) const AI21: Format = Format {
    shape: Shape::BedrockAi21,
    only_declared: false,
    matches: |document| {
        let completion = &document[Key::Completions][0];
        completion[Key::Data][Key::Text].is_text() && completion.has(Key::FinishReason)
    },
    read: |document| {
        let completion = &document[Key::Completions][0];
        let tokens = |data: &Node<'_>| u64::try_from(data[Key::Tokens].items().len()).ok();
        let mut reading = Reading::of(document);
        reading.push_text(&completion[Key::Data][Key::Text]);
        reading.usage = Usage {
            prompt: tokens(&document[Key::Prompt]),
            completion: tokens(&completion[Key::Data]),
            ..Usage::default()
        };
        reading.finish_reason = completion[Key::FinishReason][Key::Reason].text();
        reading
    },
};

fn stopped<'n>(reading: &mut Reading<'n>, reason: &'n Node<'_>) {
    reading.finish_reason = reason.text();
    reading.failure = reason
        .text()
        .filter(|reason| reason.eq_ignore_ascii_case("content_filtered"))
        .map(|reason| failure::blocked(reason, None));
}
