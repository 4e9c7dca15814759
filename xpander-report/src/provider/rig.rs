//! What the crate `rig` makes of a response.

use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, first, largest};
use super::{Format, Shape, failure};

/// One answer of a model.
pub(super) const COMPLETION: Format = Format {
    shape: Shape::Rig,
    only_declared: false,
    matches: |document| {
        document[Key::Choice].is_list()
            && document[Key::Choice].items().iter().all(Node::is_object)
            && document[Key::Usage].is_object()
            && (document[Key::Origin].is_object() || document.has(Key::Raw))
    },
    read: |document| {
        let origin = &document[Key::Origin];
        let mut reading = Reading {
            id: origin[Key::ResponseId].text(),
            model: origin[Key::ResponseModel]
                .text()
                .or_else(|| origin[Key::Model].text()),
            ..Reading::default()
        };
        reading.push_content(&document[Key::Choice]);
        push_tools(&mut reading, &document[Key::Choice]);
        reading.usage = usage(&document[Key::Usage]);
        reading.finish_reason = finish_reason(&document[Key::FinishReason]);
        let error = failure::error(&document[Key::Error]);
        let aborted = document[Key::Aborted].text();
        reading.failure = match reading.finish_reason {
            _ if error.is_some() => error,
            _ if aborted.is_some() => Some(failure::failed("aborted", aborted)),
            Some(reason @ "content_filter") => Some(failure::blocked(reason, None)),
            _ => None,
        };
        reading
    },
};

/// A run of an agent: the last answer, and the messages that led to it.
pub(super) const PROMPT: Format = Format {
    shape: Shape::Rig,
    only_declared: false,
    matches: |document| {
        document[Key::Content].is_list()
            && document[Key::Usage].has(Key::InputTokens)
            && document[Key::Messages].is_list()
    },
    read: |document| {
        let mut reading = Reading::default();
        reading.push_content(&document[Key::Content]);
        for message in document[Key::Messages].items() {
            if message[Key::Role].is("assistant") {
                push_tools(&mut reading, &message[Key::Content]);
                reading.model = message[Key::Origin][Key::Model].text().or(reading.model);
            }
        }
        if reading.tools.is_empty() {
            push_tools(&mut reading, &document[Key::Content]);
        }
        reading.usage = usage(&document[Key::Usage]);
        if let Some(last) = document[Key::CompletionCalls].items().last() {
            reading.finish_reason = finish_reason(&last[Key::FinishReason]);
        }
        reading
    },
};

fn push_tools<'n>(reading: &mut Reading<'n>, content: &'n Node<'_>) {
    for call in content.of_type("toolcall") {
        reading.push_tool(&call[Key::Function][Key::Name]);
    }
}

fn finish_reason<'n>(reason: &'n Node<'_>) -> Option<&'n str> {
    reason.text().or_else(|| reason[Key::Other].text())
}

fn usage(usage: &Node<'_>) -> Usage {
    Usage {
        prompt: first(usage, &[Key::InputTokens]),
        completion: first(usage, &[Key::OutputTokens]),
        cache_read: largest([&usage[Key::CachedInputTokens]]),
        cache_write: largest([&usage[Key::CacheCreationInputTokens]]),
        ..Usage::default()
    }
}
