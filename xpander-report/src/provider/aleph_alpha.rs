use super::document::Key;
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::AlephAlpha,
    only_declared: false,
    matches: |document| {
        let completion = &document[Key::Completions][0];
        completion[Key::Completion].is_text()
            && completion.has(Key::FinishReason)
            && (document.has(Key::ModelVersion) || document.has(Key::NumTokensGenerated))
    },
    read: |document| {
        let completion = &document[Key::Completions][0];
        let mut reading = Reading {
            model: document[Key::ModelVersion].text(),
            ..Reading::default()
        };
        reading.push_text(&completion[Key::Completion]);
        reading.usage = Usage {
            prompt: document[Key::NumTokensPromptTotal].count(),
            completion: document[Key::NumTokensGenerated].count(),
            ..Usage::default()
        };
        reading.finish_reason = completion[Key::FinishReason].text();
        reading
    },
};
