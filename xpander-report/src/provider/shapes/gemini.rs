use crate::provider::document::Node;
use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, largest, sum};

keys! {
    BLOCK_REASON BLOCK_REASON_MESSAGE CACHED_CONTENT_TOKEN_COUNT CANDIDATES CANDIDATES_TOKEN_COUNT
    CONTENT EXECUTABLE_CODE FINISH_MESSAGE FINISH_REASON FUNCTION_CALL MODEL_VERSION NAME PARTS
    PROMPT_FEEDBACK PROMPT_TOKEN_COUNT RESPONSE_ID RESPONSE_TOKEN_COUNT ROLE TEXT THOUGHT
    THOUGHTS_TOKEN_COUNT TOOL_CALL TOOL_TYPE TOOL_USE_PROMPT_TOKEN_COUNT USAGE_METADATA
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Gemini,
    keys: KEYS,
    only_declared: false,
    matches,
    read,
};

/// The reasons to stop, by the numbers that Vertex AI gives to those who ask for numbers.
const REASONS: &[&str] = &[
    "",
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "RECITATION",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
    "MODEL_ARMOR",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "IMAGE_OTHER",
    "UNEXPECTED_TOOL_CALL",
    "NO_IMAGE",
];

/// Why a prompt is blocked, likewise.
const BLOCK_REASONS: &[&str] = &[
    "",
    "SAFETY",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "MODEL_ARMOR",
    "JAILBREAK",
];

fn matches(document: &Node<'_>) -> bool {
    let candidate = &document[CANDIDATES][0];
    // A blocked prompt has no candidates.
    let content = &candidate[CONTENT];
    content[PARTS].is_list()
        || content.has(ROLE)
        || candidate[FINISH_REASON].is_text()
        || word(&candidate[FINISH_REASON], REASONS).is_some()
            && document[USAGE_METADATA].is_object()
        || (document[USAGE_METADATA].is_object() || document[CANDIDATES].is_list())
            && (document[PROMPT_FEEDBACK].is_object() || document[MODEL_VERSION].is_text())
        || word(&document[PROMPT_FEEDBACK][BLOCK_REASON], BLOCK_REASONS).is_some()
}

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let candidate = &document[CANDIDATES][0];
    let mut reading = Reading {
        id: document[RESPONSE_ID].text(),
        model: document[MODEL_VERSION].text(),
        ..Reading::default()
    };
    push_parts(&mut reading, &candidate[CONTENT][PARTS]);
    reading.usage = usage(&document[USAGE_METADATA]);
    reading.finish_reason = word(&candidate[FINISH_REASON], REASONS);
    reading.why = candidate[FINISH_MESSAGE].text();
    reading.failure = blocked(&document[PROMPT_FEEDBACK]);
    // The reason that is no other is a failure where nothing came of it.
    let is_empty = reading.text.is_empty() && reading.tools.is_empty();
    if reading.failure.is_none() && is_empty && reading.finish_reason == Some("OTHER") {
        reading.failure = Some(failure::failed("OTHER", reading.why));
    }
    reading
}

pub(in crate::provider) fn push_parts<'n>(reading: &mut Reading<'n>, parts: &'n Node<'_>) {
    for part in parts.items() {
        if part[THOUGHT] != Node::Bool(true) {
            reading.push_text(&part[TEXT]);
        }
        reading.push_tool(&part[FUNCTION_CALL][NAME]);
        reading.push_tool(&part[TOOL_CALL][TOOL_TYPE]);
        if part[EXECUTABLE_CODE].is_object() {
            reading.tools.push("code_execution");
        }
    }
}

pub(in crate::provider) fn usage(usage: &Node<'_>) -> Usage {
    Usage {
        prompt: sum([
            usage[PROMPT_TOKEN_COUNT].count(),
            usage[TOOL_USE_PROMPT_TOKEN_COUNT].count(),
        ]),
        completion: sum([
            usage[CANDIDATES_TOKEN_COUNT].count(),
            // What a live session says in its place.
            usage[RESPONSE_TOKEN_COUNT].count(),
            usage[THOUGHTS_TOKEN_COUNT].count(),
        ]),
        cache_read: largest([&usage[CACHED_CONTENT_TOKEN_COUNT]]),
        thoughts: usage[THOUGHTS_TOKEN_COUNT].count(),
        ..Usage::default()
    }
}

fn blocked(feedback: &Node<'_>) -> Option<String> {
    let reason = word(&feedback[BLOCK_REASON], BLOCK_REASONS);
    let reason = reason.filter(|reason| !reason.ends_with("_UNSPECIFIED"))?;
    Some(failure::blocked_prompt(
        reason,
        feedback[BLOCK_REASON_MESSAGE].text(),
    ))
}

/// A word, or the one that its number stands for.
fn word<'n>(reason: &'n Node<'_>, words: &[&'static str]) -> Option<&'n str> {
    let numbered = || {
        let number = usize::try_from(reason.count()?).ok()?;
        words.get(number).copied().filter(|word| !word.is_empty())
    };
    reason.text().or_else(numbered)
}
