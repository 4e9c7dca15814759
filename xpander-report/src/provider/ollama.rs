use super::document::Key;
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Ollama,
    only_declared: false,
    matches: |document| {
        document[Key::Model].is_text()
            && document[Key::Done].is_bool()
            && (document[Key::Message][Key::Role].is("assistant")
                || document[Key::Response].is_text()
                    && [Key::CreatedAt, Key::EvalCount, Key::DoneReason]
                        .into_iter()
                        .any(|key| document.has(key)))
    },
    read: |document| {
        let message = &document[Key::Message];
        let mut reading = Reading::of(document);
        reading.push_text(&message[Key::Content]);
        reading.push_text(&document[Key::Response]);
        reading.push_tool_calls(&message[Key::ToolCalls]);
        reading.usage = Usage {
            // Absent when the whole prompt was in the cache.
            prompt: document[Key::PromptEvalCount].count(),
            completion: document[Key::EvalCount].count(),
            ..Usage::default()
        };
        reading.finish_reason = document[Key::DoneReason].text();
        reading.failure = failure::error(&document[Key::Error]);
        reading
    },
};
