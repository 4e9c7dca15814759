use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, first, largest, sum};
use super::{Format, Shape, failure};

pub(super) const MESSAGES: Format = Format {
    shape: Shape::AnthropicMessages,
    only_declared: false,
    matches: |document| {
        document[Key::Content].is_list()
            && document.has(Key::StopReason)
            && (document[Key::Usage].has(Key::InputTokens)
                || document[Key::Type].is("message")
                || document[Key::Content][0][Key::Type].is("text"))
    },
    read,
};

/// The first API, of one text.
pub(super) const LEGACY: Format = Format {
    shape: Shape::AnthropicLegacy,
    only_declared: false,
    matches: |document| {
        document[Key::Completion].is_text()
            && (document[Key::Type].is("completion") && document.has(Key::StopReason)
                || ["stop_sequence", "max_tokens"]
                    .into_iter()
                    .any(|reason| document[Key::StopReason].is(reason)))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_text(&document[Key::Completion]);
        reading.usage = usage(&document[Key::Usage]);
        reading.finish_reason = document[Key::StopReason].text();
        reading
    },
};

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let mut reading = Reading::of(document);
    reading.push_content(&document[Key::Content]);
    for part in document[Key::Content].items() {
        if matches!(
            part[Key::Type].text(),
            Some("tool_use" | "server_tool_use" | "mcp_tool_use")
        ) {
            reading.push_tool(&part[Key::Name]);
        }
    }
    reading.usage = usage(&document[Key::Usage]);
    reading.finish_reason = document[Key::StopReason].text();
    if document[Key::StopReason].is("refusal") {
        let details = &document[Key::StopDetails];
        let why = [Key::Explanation, Key::Category].map(|key| details[key].text());
        reading.failure = Some(failure::refused(why.into_iter().flatten().next()));
    }
    reading
}

/// What a compaction on the way took is not in the numbers of the whole.
fn usage(usage: &Node<'_>) -> Usage {
    let parts = || std::iter::once(usage).chain(usage[Key::Iterations].of_type("compaction"));
    Usage {
        prompt: sum(parts().map(|part| part[Key::InputTokens].count())),
        completion: sum(parts().map(|part| part[Key::OutputTokens].count())),
        cache_read: parts()
            .map(|part| largest([&part[Key::CacheReadInputTokens]]))
            .fold(0, u64::saturating_add),
        cache_write: parts()
            .map(|part| {
                first(
                    part,
                    &[Key::CacheCreationInputTokens, Key::CacheWriteInputTokens],
                )
            })
            .fold(0, |sum, count| sum.saturating_add(count.unwrap_or(0))),
        ..Usage::default()
    }
}
