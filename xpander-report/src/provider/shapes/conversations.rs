//! Mistral's conversations, with its agents and the tools that it runs itself.

use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, sum};

keys! { CONNECTOR_TOKENS CONTENT CONVERSATION_ID ID MODEL NAME OBJECT OUTPUTS TYPE USAGE }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::MistralConversations,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[OUTPUTS].is_list()
            && (document[OBJECT].is("conversation.response") || document[CONVERSATION_ID].is_text())
    },
    read: |document| {
        // The conversation's id is not the response's: it is the same for all of them.
        let mut reading = Reading::default();
        for output in document[OUTPUTS].items() {
            match output[TYPE].text() {
                Some("message.output") => {
                    reading.push_content(&output[CONTENT]);
                    reading.id = output[ID].text();
                    reading.model = output[MODEL].text();
                }
                Some("tool.execution" | "function.call") => {
                    reading.push_tool(&output[NAME]);
                    reading.id = reading.id.or(output[ID].text());
                    reading.model = reading.model.or(output[MODEL].text());
                }
                _ => {}
            }
        }
        let usage = &document[USAGE];
        reading.usage = Usage::openai(usage);
        // What its own tools brought in.
        reading.usage.prompt = sum([reading.usage.prompt, usage[CONNECTOR_TOKENS].count()]);
        reading
    },
};
