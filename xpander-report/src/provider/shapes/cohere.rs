use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, largest};

keys! {
    API_FORMAT BILLED_UNITS CACHED_TOKENS CONTENT FINISH_REASON GENERATIONS GENERATION_ID
    INPUT_TOKENS MESSAGE META MODEL NAME OUTPUT_TOKENS PROMPT PROMPT_TOKENS RESPONSE_ID ROLE TEXT
    TOKENS TOOL_CALLS USAGE
}

pub(in crate::provider) const V2: Format = Format {
    shape: Shape::CohereV2,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[MESSAGE].has(ROLE)
            && document.has(FINISH_REASON)
            && (is_usage(&document[USAGE]) || document[USAGE].has(PROMPT_TOKENS))
    },
    read: |document| {
        let message = &document[MESSAGE];
        let mut reading = Reading::of(document);
        reading.push_content(&message[CONTENT]);
        reading.push_tool_calls(&message[TOOL_CALLS]);
        reading.usage = usage(&document[USAGE]);
        reading.finish_reason = document[FINISH_REASON].text();
        reading
    },
};

pub(in crate::provider) const V1: Format = Format {
    shape: Shape::CohereV1,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let is_named = document[GENERATION_ID].is_text();
        document[TEXT].is_text()
            && (is_named && document[META].is_object()
                || document.has(FINISH_REASON)
                    && (is_named || document[META].is_object() || document[API_FORMAT].is_text()))
    },
    read: |document| {
        let mut reading = Reading {
            id: document[RESPONSE_ID].text(),
            model: document[MODEL].text(),
            ..Reading::default()
        };
        reading.push_text(&document[TEXT]);
        for call in document[TOOL_CALLS].items() {
            reading.push_tool(&call[NAME]);
        }
        reading.usage = match &document[META] {
            Node::Null => usage(&document[USAGE]),
            meta => usage(meta),
        };
        reading.finish_reason = document[FINISH_REASON].text();
        reading
    },
};

pub(in crate::provider) const GENERATE: Format = Format {
    shape: Shape::CohereGenerate,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let generation = &document[GENERATIONS][0];
        generation[TEXT].is_text()
            && (document.has(PROMPT) || document.has(META) || generation.has(FINISH_REASON))
    },
    read: |document| {
        let generation = &document[GENERATIONS][0];
        let mut reading = Reading::of(document);
        reading.push_text(&generation[TEXT]);
        reading.usage = usage(&document[META]);
        reading.finish_reason = generation[FINISH_REASON].text();
        reading
    },
};

fn is_usage(usage: &Node<'_>) -> bool {
    usage[TOKENS].is_object() || usage[BILLED_UNITS].is_object()
}

/// Oracle's cloud counts as OpenAI does.
pub(in crate::provider) fn usage(usage: &Node<'_>) -> Usage {
    let numbers = match &usage[TOKENS] {
        Node::Null => &usage[BILLED_UNITS],
        tokens => tokens,
    };
    if numbers.is_null() {
        return Usage::openai(usage);
    }
    Usage {
        prompt: numbers[INPUT_TOKENS].count(),
        completion: numbers[OUTPUT_TOKENS].count(),
        cache_read: largest([&usage[CACHED_TOKENS]]),
        charged: charged(&usage[BILLED_UNITS]),
        ..Usage::default()
    }
}

/// What is charged, which leaves out what Cohere itself put into the prompt.
fn charged(units: &Node<'_>) -> Option<(u64, u64)> {
    let output = units[OUTPUT_TOKENS].count().unwrap_or(0);
    Some((units[INPUT_TOKENS].count()?, output))
}
