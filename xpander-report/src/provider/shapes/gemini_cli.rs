//! What Gemini CLI prints.

use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, sum};

keys! {
    BY_NAME CACHED CANDIDATES COUNT ERROR INPUT_TOKENS MODEL MODELS OUTPUT_TOKENS PROMPT RESPONSE
    STATS STATUS THOUGHTS TOKENS TOOL TOOLS TOOL_NAME TOOL_USES TOTAL_TOKENS TYPE
}

/// No run of it calls a tool more often.
const CALLS: u64 = 1000;

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::GeminiCli,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[STATS][MODELS].is_map() && (document.has(RESPONSE) || document.has(ERROR))
            || document[TYPE].is("result") && document[STATS].has(INPUT_TOKENS)
    },
    read: |document| {
        let stats = &document[STATS];
        let mut reading = Reading {
            model: document[MODEL].text(),
            ..Reading::default()
        };
        reading.push_text(&document[RESPONSE]);
        if let [(model, _)] = stats[MODELS].named() {
            reading.model = Some(model);
        }
        // The keys of an object have no order.
        let mut tools: Vec<_> = stats[TOOLS][BY_NAME].named().iter().collect();
        tools.sort_by(|(tool, _), (other, _)| tool.cmp(other));
        for (tool, told) in tools {
            let calls = told[COUNT].count().unwrap_or(1).min(CALLS);
            reading.tools.extend((0..calls).map(|_| tool.as_str()));
        }
        for call in document[TOOL_USES].items() {
            reading.push_tool(&call[TOOL_NAME]);
        }
        reading.usage = match stats[MODELS].is_map() {
            true => models(&stats[MODELS]),
            false => whole(stats),
        };
        reading.finish_reason = document[STATUS].text();
        reading
    },
};

/// What all its models took together.
fn models(models: &Node<'_>) -> Usage {
    let count = |read: fn(&Node<'_>) -> Option<u64>| {
        sum(models.named().iter().map(|(_, model)| read(&model[TOKENS])))
    };
    Usage {
        prompt: count(|tokens| sum([tokens[PROMPT].count(), tokens[TOOL].count()])),
        completion: count(|tokens| sum([tokens[CANDIDATES].count(), tokens[THOUGHTS].count()])),
        cache_read: count(|tokens| tokens[CACHED].count()).unwrap_or(0),
        ..Usage::default()
    }
}

/// What a stream says at its end.
fn whole(stats: &Node<'_>) -> Usage {
    Usage {
        prompt: stats[INPUT_TOKENS].count(),
        completion: stats[OUTPUT_TOKENS].count(),
        cache_read: stats[CACHED].count().unwrap_or(0),
        total: stats[TOTAL_TOKENS].count(),
        ..Usage::default()
    }
}
