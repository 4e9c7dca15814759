//! What the agents print that are programs: Claude Code, Codex and Gemini CLI.

use super::part::Rule;
use crate::provider::shapes::{claude_code, codex, gemini_cli};
use crate::provider::stream::protocol::Protocol;

keys! {
    CONTENT IS_ERROR ITEM MESSAGE MODEL ROLE SESSION_ID STATS STATUS SUBTYPE THREAD_ID TYPE USAGE
}

/// The last line has the result; the lines before it have the messages.
pub(super) const CLAUDE_CODE: Protocol = Protocol {
    keys: KEYS,
    matches: |line| match line[TYPE].text() {
        Some("system") => line[SUBTYPE].is("init") && line[SESSION_ID].is_text(),
        Some("assistant") => line[MESSAGE].is_object() && line[SESSION_ID].is_text(),
        Some("result") => line[IS_ERROR].is_bool(),
        _ => false,
    },
    take: |response, line| match &*line.text(TYPE).unwrap_or_default() {
        "assistant" => {
            if let Some(message) = line.get(MESSAGE) {
                response.field("conversation").push(message);
            }
        }
        "result" => response.merge(line, &Rule::Fields(&[])),
        _ => {}
    },
    finish: |_| &claude_code::FORMAT,
};

pub(super) const CODEX: Protocol = Protocol {
    keys: KEYS,
    matches: |line| match line[TYPE].text() {
        Some("thread.started") => line[THREAD_ID].is_text(),
        Some("item.started" | "item.completed") => line[ITEM][TYPE].is_text(),
        Some("turn.completed") => line[USAGE].is_object(),
        _ => false,
    },
    take: |response, line| {
        if let Some(thread) = line.get(THREAD_ID) {
            response.field("thread_id").keep(thread);
        }
        match &*line.text(TYPE).unwrap_or_default() {
            "item.completed" => {
                if let Some(item) = line.get(ITEM) {
                    response.field("items").push(item);
                }
            }
            "turn.completed" => {
                if let Some(usage) = line.get(USAGE) {
                    response.field("usage").merge(usage, &Rule::Counts);
                }
            }
            _ => {}
        }
    },
    finish: |_| &codex::FORMAT,
};

pub(super) const GEMINI_CLI: Protocol = Protocol {
    keys: KEYS,
    matches: |line| match line[TYPE].text() {
        Some("init") => line[SESSION_ID].is_text() && line[MODEL].is_text(),
        Some("message") => line[ROLE].is_text() && line[CONTENT].is_text(),
        Some("result") => line[STATS].is_object() && line[STATUS].is_text(),
        _ => false,
    },
    take: |response, line| match &*line.text(TYPE).unwrap_or_default() {
        "init" => {
            if let Some(model) = line.get(MODEL) {
                response.field("model").keep(model);
            }
        }
        "message" if line.text(ROLE).as_deref() == Some("assistant") => {
            if let Some(content) = line.get(CONTENT) {
                response.field("response").merge(content, &Rule::Text);
            }
        }
        "tool_use" => response.field("tool_uses").push(line),
        "result" => response.merge(line, &Rule::Fields(&[])),
        _ => {}
    },
    finish: |_| &gemini_cli::FORMAT,
};
