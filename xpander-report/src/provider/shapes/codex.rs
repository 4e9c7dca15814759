//! What Codex prints of a turn, put together of its events.

use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, largest};

keys! { CACHED_INPUT_TOKENS INPUT_TOKENS ITEMS OUTPUT_TOKENS TEXT TOOL TYPE USAGE }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Codex,
    keys: KEYS,
    only_declared: false,
    matches: |document| document[ITEMS].is_list() && document[USAGE].has(CACHED_INPUT_TOKENS),
    read: |document| {
        let mut reading = Reading::default();
        let mut said = None;
        for item in document[ITEMS].items() {
            match item[TYPE].text() {
                Some("agent_message" | "assistant_message") => said = Some(&item[TEXT]),
                Some("mcp_tool_call") => {
                    reading.push_tool(&item[TOOL]);
                }
                Some(tool @ ("command_execution" | "file_change" | "web_search")) => {
                    reading.tools.push(tool);
                }
                _ => {}
            }
        }
        // The last message is the answer; those before say what it is at.
        if let Some(text) = said {
            reading.push_text(text);
        }
        let usage = &document[USAGE];
        reading.usage = Usage {
            prompt: usage[INPUT_TOKENS].count(),
            completion: usage[OUTPUT_TOKENS].count(),
            cache_read: largest([&usage[CACHED_INPUT_TOKENS]]),
            ..Usage::default()
        };
        reading
    },
};
