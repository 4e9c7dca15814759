use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, largest};
use super::{Format, Shape, failure};

pub(super) const V2: Format = Format {
    shape: Shape::CohereV2,
    only_declared: false,
    matches: |document| {
        document[Key::Message].has(Key::Role)
            && document.has(Key::FinishReason)
            && is_usage(&document[Key::Usage])
    },
    read: |document| {
        let message = &document[Key::Message];
        let mut reading = Reading::of(document);
        reading.push_content(&message[Key::Content]);
        reading.push_tool_calls(&message[Key::ToolCalls]);
        reading.usage = usage(&document[Key::Usage]);
        finish(reading, &document[Key::FinishReason])
    },
};

pub(super) const V1: Format = Format {
    shape: Shape::CohereV1,
    only_declared: false,
    matches: |document| {
        let is_named = document[Key::GenerationId].is_text();
        document[Key::Text].is_text()
            && (is_named && document[Key::Meta].is_object()
                || document.has(Key::FinishReason) && (is_named || document[Key::Meta].is_object()))
    },
    read: |document| {
        let mut reading = Reading {
            id: document[Key::ResponseId].text(),
            model: document[Key::Model].text(),
            ..Reading::default()
        };
        reading.push_text(&document[Key::Text]);
        for call in document[Key::ToolCalls].items() {
            reading.push_tool(&call[Key::Name]);
        }
        reading.usage = usage(&document[Key::Meta]);
        finish(reading, &document[Key::FinishReason])
    },
};

pub(super) const GENERATE: Format = Format {
    shape: Shape::CohereGenerate,
    only_declared: false,
    matches: |document| {
        let generation = &document[Key::Generations][0];
        generation[Key::Text].is_text()
            && (document.has(Key::Prompt)
                || document.has(Key::Meta)
                || generation.has(Key::FinishReason))
    },
    read: |document| {
        let generation = &document[Key::Generations][0];
        let mut reading = Reading::of(document);
        reading.push_text(&generation[Key::Text]);
        reading.usage = usage(&document[Key::Meta]);
        finish(reading, &generation[Key::FinishReason])
    },
};

fn is_usage(usage: &Node<'_>) -> bool {
    usage[Key::Tokens].is_object() || usage[Key::BilledUnits].is_object()
}

pub(super) fn usage(usage: &Node<'_>) -> Usage {
    let numbers = match &usage[Key::Tokens] {
        Node::Null => &usage[Key::BilledUnits],
        tokens => tokens,
    };
    Usage {
        prompt: numbers[Key::InputTokens].count(),
        completion: numbers[Key::OutputTokens].count(),
        cache_read: largest([&usage[Key::CachedTokens]]),
        ..Usage::default()
    }
}

fn finish<'n>(mut reading: Reading<'n>, reason: &'n Node<'_>) -> Reading<'n> {
    reading.finish_reason = reason.text();
    reading.failure = reason.text().and_then(|reason| match reason {
        "ERROR_TOXIC" => Some(failure::blocked(reason, None)),
        "TIMEOUT" => Some(failure::failed(reason, None)),
        _ if reason.starts_with("ERROR") => Some(failure::failed(reason, None)),
        _ => None,
    });
    reading
}
