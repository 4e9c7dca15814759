//! Gemini's interactions, which may go on in the background.

use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, largest, sum};
use super::{Format, Shape, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::GeminiInteractions,
    only_declared: false,
    matches: |document| {
        document[Key::Object].is("interaction")
            && (document[Key::Model].is_text() || document[Key::Agent].is_text())
    },
    read,
};

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let mut reading = Reading::of(document);
    let steps = document[Key::Steps].items().iter();
    for step in steps.chain(document[Key::Outputs].items()) {
        match step[Key::Type].text().unwrap_or_default() {
            "text" => reading.push_text(&step[Key::Text]),
            "model_output" => reading.push_content(&step[Key::Content]),
            // A tool of the provider's own has no name, such as `google_search_call`.
            kind if !reading.push_tool(&step[Key::Name]) => {
                reading.tools.extend(kind.strip_suffix("_call"));
            }
            _ => {}
        }
    }
    reading.usage = usage(&document[Key::Usage]);
    let status = document[Key::Status].text();
    reading.finish_reason = status;
    reading.failure = failure::error(&document[Key::Error]).or(match status {
        Some(status @ ("failed" | "cancelled")) => Some(failure::failed(status, None)),
        _ => None,
    });
    reading
}

fn usage(usage: &Node<'_>) -> Usage {
    Usage {
        prompt: sum([
            usage[Key::TotalInputTokens].count(),
            usage[Key::TotalToolUseTokens].count(),
        ]),
        completion: sum([
            usage[Key::TotalOutputTokens].count(),
            usage[Key::TotalThoughtTokens].count(),
        ]),
        cache_read: largest([&usage[Key::TotalCachedTokens]]),
        ..Usage::default()
    }
}
