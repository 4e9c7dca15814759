use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, largest, sum};
use super::{Format, Shape, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Gemini,
    only_declared: false,
    matches,
    read,
};

/// Reasons to stop that are failures: `true` where the answer was blocked.
const FAILURES: &[(&str, bool)] = &[
    ("SAFETY", true),
    ("RECITATION", true),
    ("BLOCKLIST", true),
    ("PROHIBITED_CONTENT", true),
    ("SPII", true),
    ("MODEL_ARMOR", true),
    ("LANGUAGE", true),
    ("IMAGE_", true),
    ("NO_IMAGE", false),
    ("MALFORMED_", false),
    ("UNEXPECTED_TOOL_CALL", false),
    ("TOO_MANY_TOOL_CALLS", false),
    ("MISSING_THOUGHT_SIGNATURE", false),
];

fn matches(document: &Node<'_>) -> bool {
    let candidate = &document[Key::Candidates][0];
    // A blocked prompt has no candidates.
    let content = &candidate[Key::Content];
    content[Key::Parts].is_list()
        || content.has(Key::Role)
        || candidate[Key::FinishReason].is_text()
        || (document[Key::UsageMetadata].is_object() || document[Key::Candidates].is_list())
            && (document[Key::PromptFeedback].is_object() || document[Key::ModelVersion].is_text())
        || document[Key::PromptFeedback][Key::BlockReason].is_text()
}

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let candidate = &document[Key::Candidates][0];
    let mut reading = Reading {
        id: document[Key::ResponseId].text(),
        model: document[Key::ModelVersion].text(),
        ..Reading::default()
    };
    for part in candidate[Key::Content][Key::Parts].items() {
        if part[Key::Thought] != Node::Bool(true) {
            reading.push_text(&part[Key::Text]);
        }
        reading.push_tool(&part[Key::FunctionCall][Key::Name]);
        reading.push_tool(&part[Key::ToolCall][Key::ToolType]);
        if part[Key::ExecutableCode].is_object() {
            reading.tools.push("code_execution");
        }
    }
    reading.usage = usage(&document[Key::UsageMetadata]);
    reading.finish_reason = candidate[Key::FinishReason].text();
    reading.failure = failure(&document[Key::PromptFeedback], candidate)
        .or_else(|| failure::error(&document[Key::Error]));
    if reading.failure.is_none() && reading.text.is_empty() && reading.tools.is_empty() {
        reading.failure = nothing(candidate);
    }
    reading
}

fn usage(usage: &Node<'_>) -> Usage {
    Usage {
        prompt: sum([
            usage[Key::PromptTokenCount].count(),
            usage[Key::ToolUsePromptTokenCount].count(),
        ]),
        completion: sum([
            usage[Key::CandidatesTokenCount].count(),
            usage[Key::ThoughtsTokenCount].count(),
        ]),
        cache_read: largest([&usage[Key::CachedContentTokenCount]]),
        ..Usage::default()
    }
}

fn failure(feedback: &Node<'_>, candidate: &Node<'_>) -> Option<String> {
    let block_reason = feedback[Key::BlockReason].text();
    if let Some(reason) = block_reason.filter(|reason| !reason.ends_with("_UNSPECIFIED")) {
        let why = feedback[Key::BlockReasonMessage].text();
        return Some(failure::blocked_prompt(reason, why));
    }
    let reason = candidate[Key::FinishReason].text()?;
    let (_, is_blocked) = FAILURES
        .iter()
        .find(|(start, _)| reason.starts_with(start))?;
    let why = candidate[Key::FinishMessage].text();
    Some(match is_blocked {
        true => failure::blocked(reason, why),
        false => failure::failed(reason, why),
    })
}

/// The reason that is no other is a failure where nothing came of it.
fn nothing(candidate: &Node<'_>) -> Option<String> {
    let reason = candidate[Key::FinishReason].text()?;
    let why = candidate[Key::FinishMessage].text();
    (reason == "OTHER").then(|| failure::failed(reason, why))
}
