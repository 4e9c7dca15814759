//! What Claude Code prints: the result of a run, with the messages that led to it where they were printed.

use super::document::Node;
use super::reading::Reading;
use super::{Format, Shape, anthropic, failure};

keys! {
    CONTENT CONVERSATION ERRORS IS_ERROR MODEL MODEL_USAGE RESULT SESSION_ID STOP_REASON SUBTYPE
    TYPE USAGE UUID
}

pub(super) const FORMAT: Format = Format {
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
