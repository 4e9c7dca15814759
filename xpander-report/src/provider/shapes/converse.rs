use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, first, largest};

keys! {
    CACHE_DETAILS CACHE_READ_INPUT_TOKENS CACHE_READ_INPUT_TOKEN_COUNT CACHE_WRITE_INPUT_TOKENS
    CACHE_WRITE_INPUT_TOKEN_COUNT CITATIONS_CONTENT CONTENT INPUT_TOKENS MESSAGE NAME OUTPUT
    OUTPUT_TOKENS STOP_REASON TEXT TOOL_USE TTL USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::BedrockConverse,
    keys: KEYS,
    only_declared: false,
    matches: |document| document[OUTPUT][MESSAGE][CONTENT].is_list() && document.has(STOP_REASON),
    read,
};

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let mut reading = Reading::of(document);
    for part in document[OUTPUT][MESSAGE][CONTENT].items() {
        reading.push_text(&part[TEXT]);
        for cited in part[CITATIONS_CONTENT][CONTENT].items() {
            reading.push_text(&cited[TEXT]);
        }
        reading.push_tool(&part[TOOL_USE][NAME]);
    }
    reading.usage = usage(&document[USAGE]);
    reading.finish_reason = document[STOP_REASON].text();
    reading
}

fn usage(usage: &Node<'_>) -> Usage {
    Usage {
        prompt: first(usage, &[INPUT_TOKENS]),
        completion: first(usage, &[OUTPUT_TOKENS]),
        cache_read: largest([
            &usage[CACHE_READ_INPUT_TOKENS],
            &usage[CACHE_READ_INPUT_TOKEN_COUNT],
        ]),
        cache_write: largest([
            &usage[CACHE_WRITE_INPUT_TOKENS],
            &usage[CACHE_WRITE_INPUT_TOKEN_COUNT],
        ]),
        cache_write_1h: usage[CACHE_DETAILS]
            .items()
            .iter()
            .filter(|detail| detail[TTL].is("1h"))
            .map(|detail| largest([&detail[INPUT_TOKENS]]))
            .fold(0, u64::saturating_add),
        is_cache_beside: true,
        provider: Some("aws"),
        ..Usage::default()
    }
}
