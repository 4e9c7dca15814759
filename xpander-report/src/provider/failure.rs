//! Whether an answer says that it failed, and the words for it.

use std::borrow::Cow;

use crate::provider::document::Node;

keys! {
    BASE_RESP CODE DETAIL ERROR ERRORS ERROR_CODE ERROR_MESSAGE ERROR_MSG ERROR_TYPE MESSAGE
    METADATA MSG RAW STATUS STATUS_CODE STATUS_MSG SUCCESS TITLE TYPE __TYPE
}

/// The kind of failure that a finish reason means.
#[derive(Clone, Copy)]
enum Kind {
    /// The model would not answer.
    Refused,
    /// The provider, or a guardrail, would not let the answer through.
    Blocked,
    Failed,
}

/// The prefixes of the finish reasons that are failures, for all providers.
const REASONS: &[(&str, Kind)] = &[
    ("abort", Kind::Failed),
    ("blocked", Kind::Blocked),
    ("blocklist", Kind::Blocked),
    ("cancel", Kind::Failed),
    ("content_blocked", Kind::Blocked),
    ("content_filter", Kind::Blocked),
    ("content_policy", Kind::Blocked),
    ("data_inspection", Kind::Blocked),
    ("error_toxic", Kind::Blocked),
    ("error", Kind::Failed),
    ("engine_", Kind::Failed),
    ("expired", Kind::Failed),
    ("fail", Kind::Failed),
    ("function_call_filter", Kind::Failed),
    ("guardrail", Kind::Blocked),
    ("image_", Kind::Blocked),
    ("insufficient_", Kind::Failed),
    ("internal_", Kind::Failed),
    ("jailbreak", Kind::Blocked),
    ("language", Kind::Blocked),
    ("malformed", Kind::Failed),
    ("missing_thought_signature", Kind::Failed),
    ("model_armor", Kind::Blocked),
    ("moderation", Kind::Blocked),
    ("network_error", Kind::Failed),
    ("no_image", Kind::Failed),
    ("overloaded", Kind::Failed),
    ("policy_violation", Kind::Blocked),
    ("prohibited_content", Kind::Blocked),
    ("rate_limit", Kind::Failed),
    ("recitation", Kind::Blocked),
    ("refusal", Kind::Refused),
    ("safety", Kind::Blocked),
    ("sensitive", Kind::Blocked),
    ("server_error", Kind::Failed),
    ("spii", Kind::Blocked),
    ("system_error", Kind::Failed),
    ("timeout", Kind::Failed),
    ("tool_call_parse_error", Kind::Failed),
    ("too_many_tool_calls", Kind::Failed),
    ("unexpected_tool_call", Kind::Failed),
    ("unsafe", Kind::Blocked),
    ("user_cancel", Kind::Failed),
];

/// What some put before each of their reasons.
const PREFIXES: &[&str] = &["alternative_status_", "finish_reason_", "reason_"];

/// The failure that a finish reason means, as text. `None` if it is not a failure. `why` is the provider's explanation.
pub(super) fn of(reason: &str, why: Option<&str>) -> Option<String> {
    // Google's endpoint for OpenAI's clients gives two: `content_filter: SAFETY`.
    let kind = reason.split(": ").find_map(kind)?;
    Some(match kind {
        Kind::Refused => refused(why),
        Kind::Blocked => blocked(reason, why),
        Kind::Failed => failed(reason, why),
    })
}

fn kind(reason: &str) -> Option<Kind> {
    let reason = reason.to_ascii_lowercase().replace(['-', ' '], "_");
    let prefix = PREFIXES.iter().find(|prefix| reason.starts_with(**prefix));
    let reason = &reason[prefix.map_or(0, |prefix| prefix.len())..];
    let (_, kind) = REASONS
        .iter()
        .find(|(start, _)| reason.starts_with(start))?;
    Some(*kind)
}

/// The model would not answer.
pub(super) fn refused(why: Option<&str>) -> String {
    with("the model refused", why)
}

/// The provider, or a guardrail, would not let the answer through.
pub(super) fn blocked(reason: &str, why: Option<&str>) -> String {
    with(&format!("the provider blocked the answer ({reason})"), why)
}

/// The provider, or a guardrail, would not let the prompt through.
pub(super) fn blocked_prompt(reason: &str, why: Option<&str>) -> String {
    with(&format!("the provider blocked the prompt ({reason})"), why)
}

/// The provider says the answer failed, for this reason.
pub(super) fn failed(reason: &str, why: Option<&str>) -> String {
    match reason.to_ascii_lowercase().as_str() {
        "failed" | "error" | "errored" => with("the answer failed", why),
        "cancelled" | "canceled" => with("the answer was cancelled", why),
        "abort" | "aborted" => with("the answer was aborted", why),
        "expired" => with("the request expired before it was answered", why),
        _ => with(&format!("the answer failed ({reason})"), why),
    }
}

/// What a document says of an error, beside its answer or in place of it.
pub(super) fn said(document: &Node<'_>) -> Option<String> {
    let base = &document[BASE_RESP];
    let unsuccessful = || {
        let is_unsuccessful = document[SUCCESS] == Node::Bool(false);
        is_unsuccessful
            .then(|| error(&document[ERRORS][0]))
            .flatten()
    };
    error(&document[ERROR])
        .or_else(|| {
            let code = base[STATUS_CODE].count().filter(|code| *code != 0)?;
            Some(answered(Some(&code.to_string()), base[STATUS_MSG].text()))
        })
        .or_else(unsuccessful)
}

/// An error: an object with a message, or with another error; or a text.
pub(super) fn error(error: &Node<'_>) -> Option<String> {
    let inner = &error[ERROR];
    if inner.is_object() {
        return self::error(inner);
    }
    let word = word(error);
    let message = message(error);
    if word.is_none() && message.is_none() {
        return None;
    }
    let code = word.map(Cow::Borrowed).or_else(|| number(error));
    // A gateway that forwards another provider's error adds that error to its own message.
    let cause = error[METADATA][RAW].text();
    Some(with(&answered(code.as_deref(), message), cause))
}

fn answered(code: Option<&str>, message: Option<&str>) -> String {
    match code {
        Some(code) => with(
            &format!("the provider answered with an error ({code})"),
            message,
        ),
        None => with("the provider answered with an error", message),
    }
}

/// What kind of error it is, in a word: the narrowest first.
fn word<'n>(error: &'n Node<'_>) -> Option<&'n str> {
    [CODE, ERROR_CODE, ERROR_TYPE, TYPE, __TYPE, STATUS, TITLE]
        .into_iter()
        .filter_map(|key| error[key].text())
        .find(|word| *word != "error" && !is_number(word))
}

/// What kind of error it is where only a number says it, such as HTTP's status.
fn number<'n>(error: &'n Node<'_>) -> Option<Cow<'n, str>> {
    [CODE, ERROR_CODE, STATUS_CODE, STATUS]
        .into_iter()
        .find_map(|key| match &error[key] {
            number @ Node::Number(_) => number.count().map(|number| number.to_string().into()),
            text => text.text().map(Cow::Borrowed),
        })
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a person reads of it.
pub(super) fn message<'n>(error: &'n Node<'_>) -> Option<&'n str> {
    let message = &error[MESSAGE];
    let places = [
        message,
        error,
        &error[ERROR],
        &error[ERROR][0],
        &error[ERROR_MESSAGE],
        &error[ERROR_MSG],
        &error[MSG],
        &error[DETAIL],
        &error[DETAIL][MESSAGE],
        &error[DETAIL][ERROR],
        // What is wrong with each field.
        &error[DETAIL][0][MSG],
        &message[DETAIL][0][MSG],
        &error[ERRORS][0],
        &error[ERRORS][0][MESSAGE],
    ];
    places.into_iter().find_map(Node::text)
}

fn with(what: &str, why: Option<&str>) -> String {
    match why {
        Some(why) => format!("{what}: {why}"),
        None => what.to_owned(),
    }
}
