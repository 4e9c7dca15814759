//! Gemini's interactions, which may go on in the background.

use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, largest, sum};

keys! {
    AGENT CONTENT MODEL NAME OBJECT OUTPUTS STATUS STEPS TEXT TOTAL_CACHED_TOKENS TOTAL_INPUT_TOKENS
    TOTAL_OUTPUT_TOKENS TOTAL_THOUGHT_TOKENS TOTAL_TOOL_USE_TOKENS TYPE USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::GeminiInteractions,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[OBJECT].is("interaction")
            && (document[MODEL].is_text() || document[AGENT].is_text())
    },
    read,
};

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let mut reading = Reading::of(document);
    let steps = document[STEPS].items().iter();
    for step in steps.chain(document[OUTPUTS].items()) {
        match step[TYPE].text().unwrap_or_default() {
            "text" => reading.push_text(&step[TEXT]),
            "model_output" => reading.push_content(&step[CONTENT]),
            // A tool of the provider's own has no name, such as `google_search_call`.
            kind if !reading.push_tool(&step[NAME]) => {
                reading.tools.extend(kind.strip_suffix("_call"));
            }
            _ => {}
        }
    }
    reading.usage = usage(&document[USAGE]);
    reading.finish_reason = document[STATUS].text();
    reading
}

fn usage(usage: &Node<'_>) -> Usage {
    Usage {
        prompt: sum([
            usage[TOTAL_INPUT_TOKENS].count(),
            usage[TOTAL_TOOL_USE_TOKENS].count(),
        ]),
        completion: sum([
            usage[TOTAL_OUTPUT_TOKENS].count(),
            usage[TOTAL_THOUGHT_TOKENS].count(),
        ]),
        cache_read: largest([&usage[TOTAL_CACHED_TOKENS]]),
        ..Usage::default()
    }
}
