//! What the crate `rig` makes of a response.

use crate::provider::document::Node;
use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, first, largest};

keys! {
    ABORTED CACHED_INPUT_TOKENS CACHE_CREATION_INPUT_TOKENS CHOICE COMPLETION_CALLS CONTENT ERROR
    FINISH_REASON FUNCTION INPUT_TOKENS MESSAGES MODEL NAME ORIGIN OTHER OUTPUT_TOKENS RAW
    REASONING_TOKENS RESPONSE_ID RESPONSE_MODEL ROLE USAGE
}

/// One answer of a model.
pub(in crate::provider) const COMPLETION: Format = Format {
    shape: Shape::Rig,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[CHOICE].is_list()
            && document[CHOICE].items().iter().all(Node::is_object)
            && document[USAGE].is_object()
            && (document[ORIGIN].is_object() || document.has(RAW))
    },
    read: |document| {
        let origin = &document[ORIGIN];
        let mut reading = Reading {
            id: origin[RESPONSE_ID].text(),
            model: origin[RESPONSE_MODEL]
                .text()
                .or_else(|| origin[MODEL].text()),
            ..Reading::default()
        };
        reading.push_content(&document[CHOICE]);
        push_tools(&mut reading, &document[CHOICE]);
        reading.usage = usage(&document[USAGE]);
        reading.finish_reason = finish_reason(&document[FINISH_REASON]);
        let aborted = document[ABORTED].text();
        reading.failure = failure::error(&document[ERROR])
            .or_else(|| aborted.map(|why| failure::failed("aborted", Some(why))));
        reading
    },
};

/// A run of an agent: the last answer, and the messages that led to it.
pub(in crate::provider) const PROMPT: Format = Format {
    shape: Shape::Rig,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[CONTENT].is_list()
            && document[USAGE].has(INPUT_TOKENS)
            && document[MESSAGES].is_list()
    },
    read: |document| {
        let mut reading = Reading::default();
        reading.push_content(&document[CONTENT]);
        for message in document[MESSAGES].items() {
            if message[ROLE].is("assistant") {
                push_tools(&mut reading, &message[CONTENT]);
                reading.model = message[ORIGIN][MODEL].text().or(reading.model);
            }
        }
        if reading.tools.is_empty() {
            push_tools(&mut reading, &document[CONTENT]);
        }
        reading.usage = usage(&document[USAGE]);
        if let Some(last) = document[COMPLETION_CALLS].items().last() {
            reading.finish_reason = finish_reason(&last[FINISH_REASON]);
        }
        reading
    },
};

fn push_tools<'n>(reading: &mut Reading<'n>, content: &'n Node<'_>) {
    for call in content.of_type("toolcall") {
        reading.push_tool(&call[FUNCTION][NAME]);
    }
}

fn finish_reason<'n>(reason: &'n Node<'_>) -> Option<&'n str> {
    reason.text().or_else(|| reason[OTHER].text())
}

fn usage(usage: &Node<'_>) -> Usage {
    Usage {
        prompt: first(usage, &[INPUT_TOKENS]),
        completion: first(usage, &[OUTPUT_TOKENS]),
        cache_read: largest([&usage[CACHED_INPUT_TOKENS]]),
        cache_write: largest([&usage[CACHE_CREATION_INPUT_TOKENS]]),
        thoughts: usage[REASONING_TOKENS].count(),
        ..Usage::default()
    }
}
