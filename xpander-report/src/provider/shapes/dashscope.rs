use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    CHOICES CONTENT FINISH_REASON INPUT_TOKENS MESSAGE OUTPUT REQUEST_ID TEXT TOOL_CALLS
    TOTAL_TOKENS USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::DashScope,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let output = &document[OUTPUT];
        document[REQUEST_ID].is_text()
            && (document[USAGE].has(INPUT_TOKENS) || document[USAGE].has(TOTAL_TOKENS))
            && (output[TEXT].is_text() || output[CHOICES][0][MESSAGE].is_object())
    },
    read: |document| {
        let output = &document[OUTPUT];
        let choice = &output[CHOICES][0];
        let message = &choice[MESSAGE];
        let mut reading = Reading {
            id: document[REQUEST_ID].text(),
            ..Reading::default()
        };
        reading.push_text(&output[TEXT]);
        reading.push_content(&message[CONTENT]);
        reading.push_tool_calls(&message[TOOL_CALLS]);
        reading.usage = Usage::openai(&document[USAGE]);
        reading.finish_reason = reason(&choice[FINISH_REASON]).or(reason(&output[FINISH_REASON]));
        reading
    },
};

/// While there is none, it is this word.
fn reason<'n>(reason: &'n Node<'_>) -> Option<&'n str> {
    reason.text().filter(|reason| *reason != "null")
}
