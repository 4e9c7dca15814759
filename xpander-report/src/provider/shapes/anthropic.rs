use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, first, largest, sum};

keys! {
    CACHE_CREATION CACHE_CREATION_INPUT_TOKENS CACHE_READ_INPUT_TOKENS CACHE_WRITE_INPUT_TOKENS
    CATEGORY COMPLETION CONTENT EPHEMERAL_1H_INPUT_TOKENS EXPLANATION INPUT_TOKENS ITERATIONS NAME OUTPUT_TOKENS OUTPUT_TOKENS_DETAILS
    SERVER_TOOL_USE STOP_DETAILS STOP_REASON THINKING_TOKENS TYPE USAGE WEB_SEARCH_REQUESTS
}

pub(in crate::provider) const MESSAGES: Format = Format {
    shape: Shape::AnthropicMessages,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[CONTENT].is_list()
            && document.has(STOP_REASON)
            && (document[USAGE].has(INPUT_TOKENS)
                || document[TYPE].is("message")
                || document[CONTENT][0][TYPE].is("text"))
    },
    read,
};

/// The first API, of one text.
pub(in crate::provider) const LEGACY: Format = Format {
    shape: Shape::AnthropicLegacy,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[COMPLETION].is_text()
            && (document[TYPE].is("completion") && document.has(STOP_REASON)
                || ["stop_sequence", "max_tokens"]
                    .into_iter()
                    .any(|reason| document[STOP_REASON].is(reason)))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_text(&document[COMPLETION]);
        reading.usage = usage(&document[USAGE]);
        reading.finish_reason = document[STOP_REASON].text();
        reading
    },
};

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let mut reading = Reading::of(document);
    reading.push_content(&document[CONTENT]);
    push_tools(&mut reading, &document[CONTENT]);
    reading.usage = usage(&document[USAGE]);
    reading.finish_reason = document[STOP_REASON].text();
    let details = &document[STOP_DETAILS];
    reading.why = details[EXPLANATION]
        .text()
        .or_else(|| details[CATEGORY].text());
    reading
}

pub(in crate::provider) fn push_tools<'n>(reading: &mut Reading<'n>, content: &'n Node<'_>) {
    for part in content.items() {
        if matches!(
            part[TYPE].text(),
            Some("tool_use" | "server_tool_use" | "mcp_tool_use")
        ) {
            reading.push_tool(&part[NAME]);
        }
    }
}

/// What a compaction on the way took is not in the numbers of the whole.
pub(in crate::provider) fn usage(usage: &Node<'_>) -> Usage {
    let parts = || std::iter::once(usage).chain(usage[ITERATIONS].of_type("compaction"));
    Usage {
        prompt: sum(parts().map(|part| part[INPUT_TOKENS].count())),
        completion: sum(parts().map(|part| part[OUTPUT_TOKENS].count())),
        cache_read: parts()
            .map(|part| largest([&part[CACHE_READ_INPUT_TOKENS]]))
            .fold(0, u64::saturating_add),
        cache_write: parts()
            .map(|part| {
                first(
                    part,
                    &[CACHE_CREATION_INPUT_TOKENS, CACHE_WRITE_INPUT_TOKENS],
                )
            })
            .fold(0, |sum, count| sum.saturating_add(count.unwrap_or(0))),
        cache_write_1h: parts()
            .map(|part| largest([&part[CACHE_CREATION][EPHEMERAL_1H_INPUT_TOKENS]]))
            .fold(0, u64::saturating_add),
        is_cache_beside: true,
        thoughts: usage[OUTPUT_TOKENS_DETAILS][THINKING_TOKENS].count(),
        web_searches: largest([&usage[SERVER_TOOL_USE][WEB_SEARCH_REQUESTS]]),
        ..Usage::default()
    }
}
