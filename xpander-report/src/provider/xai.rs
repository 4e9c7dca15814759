use super::document::Key;
use super::reading::Reading;
use super::usage::{Usage, largest, sum};
use super::{Format, Shape};

const ASSISTANT: &str = "ROLE_ASSISTANT";

pub(super) const FORMAT: Format = Format {
    shape: Shape::Xai,
    only_declared: false,
    matches: |document| {
        let mut outputs = document[Key::Outputs].items().iter();
        outputs.any(|output| output[Key::Message][Key::Role].is(ASSISTANT))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        for output in document[Key::Outputs].items() {
            let message = &output[Key::Message];
            if message[Key::Role].is(ASSISTANT) {
                reading.push_text(&message[Key::Content]);
                reading.push_tool_calls(&message[Key::ToolCalls]);
                reading.finish_reason = output[Key::FinishReason].text();
            }
        }
        let usage = &document[Key::Usage];
        reading.usage = Usage {
            prompt: usage[Key::PromptTokens].count(),
            completion: sum([
                usage[Key::CompletionTokens].count(),
                usage[Key::ReasoningTokens].count(),
            ]),
            cache_read: largest([&usage[Key::CachedPromptTextTokens]]),
            ..Usage::default()
        };
        reading
    },
};
