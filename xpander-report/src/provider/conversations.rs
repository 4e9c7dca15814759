//! Mistral's conversations, with its agents and the tools that it runs itself.

use super::document::Key;
use super::reading::Reading;
use super::usage::{Usage, sum};
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::MistralConversations,
    only_declared: false,
    matches: |document| {
        document[Key::Outputs].is_list()
            && (document[Key::Object].is("conversation.response")
                || document[Key::ConversationId].is_text())
    },
    read: |document| {
        // The conversation's id is not the response's: it is the same for all of them.
        let mut reading = Reading::default();
        for output in document[Key::Outputs].items() {
            match output[Key::Type].text() {
                Some("message.output") => {
                    reading.push_content(&output[Key::Content]);
                    reading.id = output[Key::Id].text();
                    reading.model = output[Key::Model].text();
                }
                Some("tool.execution" | "function.call") => {
                    reading.push_tool(&output[Key::Name]);
                    reading.id = reading.id.or(output[Key::Id].text());
                    reading.model = reading.model.or(output[Key::Model].text());
                }
                _ => {}
            }
        }
        let usage = &document[Key::Usage];
        reading.usage = Usage::openai(usage);
        // What its own tools brought in.
        reading.usage.prompt = sum([reading.usage.prompt, usage[Key::ConnectorTokens].count()]);
        reading
    },
};
