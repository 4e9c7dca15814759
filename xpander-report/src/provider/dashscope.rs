use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::DashScope,
    only_declared: false,
    matches: |document| {
        let output = &document[Key::Output];
        document[Key::RequestId].is_text()
            && (document[Key::Usage].has(Key::InputTokens)
                || document[Key::Usage].has(Key::TotalTokens))
            && (output[Key::Text].is_text() || output[Key::Choices][0][Key::Message].is_object())
    },
    read: |document| {
        let output = &document[Key::Output];
        let choice = &output[Key::Choices][0];
        let message = &choice[Key::Message];
        let mut reading = Reading {
            id: document[Key::RequestId].text(),
            ..Reading::default()
        };
        reading.push_text(&output[Key::Text]);
        reading.push_content(&message[Key::Content]);
        reading.push_tool_calls(&message[Key::ToolCalls]);
        reading.usage = Usage::openai(&document[Key::Usage]);
        reading.finish_reason =
            reason(&choice[Key::FinishReason]).or(reason(&output[Key::FinishReason]));
        reading
    },
};

/// While there is none, it is this word.
fn reason<'n>(reason: &'n Node<'_>) -> Option<&'n str> {
    reason.text().filter(|reason| *reason != "null")
}
