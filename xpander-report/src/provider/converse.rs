use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, first, largest};
use super::{Format, Shape, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::BedrockConverse,
    only_declared: false,
    matches: |document| {
        document[Key::Output][Key::Message][Key::Content].is_list() && document.has(Key::StopReason)
    },
    read,
};

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let mut reading = Reading::of(document);
    for part in document[Key::Output][Key::Message][Key::Content].items() {
        reading.push_text(&part[Key::Text]);
        for cited in part[Key::CitationsContent][Key::Content].items() {
            reading.push_text(&cited[Key::Text]);
        }
        reading.push_tool(&part[Key::ToolUse][Key::Name]);
    }
    reading.usage = usage(&document[Key::Usage]);
    let stop_reason = document[Key::StopReason].text();
    reading.finish_reason = stop_reason;
    reading.failure = stop_reason.and_then(|reason| match reason {
        "guardrail_intervened" | "content_filtered" => Some(failure::blocked(reason, None)),
        _ if reason.starts_with("malformed_") => Some(failure::failed(reason, None)),
        _ => None,
    });
    reading
}

fn usage(usage: &Node<'_>) -> Usage {
    Usage {
        prompt: first(usage, &[Key::InputTokens]),
        completion: first(usage, &[Key::OutputTokens]),
        cache_read: largest([
            &usage[Key::CacheReadInputTokens],
            &usage[Key::CacheReadInputTokenCount],
        ]),
        cache_write: largest([
            &usage[Key::CacheWriteInputTokens],
            &usage[Key::CacheWriteInputTokenCount],
        ]),
        ..Usage::default()
    }
}
