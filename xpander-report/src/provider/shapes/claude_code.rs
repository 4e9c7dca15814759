//! What Claude Code prints: the result of a run, with the messages that led to it where they were printed.

use super::anthropic;
use crate::provider::document::Node;
use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    CONTENT CONVERSATION ERRORS ID IS_ERROR MODEL MODEL_USAGE RESULT SESSION_ID STOP_REASON SUBTYPE
    TYPE USAGE UUID
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::ClaudeCode,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[TYPE].is("result")
            && document[IS_ERROR].is_bool()
            && (document[SUBTYPE].is_text() || document[SESSION_ID].is_text())
    },
    read,
};

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let messages = document[CONVERSATION].items();
    let mut reading = Reading {
        id: document[UUID].text(),
        ..Reading::default()
    };
    for message in messages {
        reading.model = message[MODEL].text().or(reading.model);
        anthropic::push_tools(&mut reading, &message[CONTENT]);
    }
    if let [(model, _)] = document[MODEL_USAGE].named() {
        reading.model = Some(model);
    }
    reading.push_text(&document[RESULT]);
    reading.usage = anthropic::usage(&document[USAGE]);
    if document[RESULT].is_null() && document[USAGE].is_null() {
        push_messages(&mut reading, messages);
    }
    reading.finish_reason = document[STOP_REASON].text();
    let kind = document[SUBTYPE].text().unwrap_or("error");
    if document[IS_ERROR] == Node::Bool(true) || kind.starts_with("error_") {
        let why = document[ERRORS][0]
            .text()
            .or_else(|| document[RESULT].text());
        reading.failure = Some(failure::failed(
            if kind == "success" { "error" } else { kind },
            why,
        ));
    }
    reading
}

/// What the messages say of a run that was cut off: each comes in parts, which say what all of it took.
fn push_messages<'n>(reading: &mut Reading<'n>, messages: &'n [Node<'_>]) {
    let texts = messages.iter().rev();
    let mut texts = texts.filter(|message| message[CONTENT].of_type("text").next().is_some());
    if let Some(last) = texts.next() {
        reading.push_content(&last[CONTENT]);
    }
    let is_last = |(at, message): &(usize, &Node<'_>)| {
        let next = messages.get(at + 1);
        next.is_none_or(|next| next[ID] != message[ID])
    };
    let last = messages.iter().enumerate().filter(is_last);
    let usages = last.map(|(_, message)| anthropic::usage(&message[USAGE]));
    reading.usage = usages.fold(reading.usage, Usage::and);
}
