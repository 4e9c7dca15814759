//! The words for a response that says it failed.

use std::borrow::Cow;

use super::document::{Key, Node};

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
    match reason {
        "failed" | "error" | "ERROR" => with("the answer failed", why),
        "cancelled" | "canceled" => with("the answer was cancelled", why),
        "aborted" => with("the answer was aborted", why),
        _ => with(&format!("the answer failed ({reason})"), why),
    }
}

/// An error that stands in the answer: an object with a message, or with another error; or a text.
pub(super) fn error(error: &Node<'_>) -> Option<String> {
    let inner = &error[Key::Error];
    if inner.is_object() {
        return self::error(inner);
    }
    let word = word(error);
    let message = message(error);
    if word.is_none() && message.is_none() {
        return None;
    }
    let what = match word.map(Cow::Borrowed).or_else(|| number(error)) {
        Some(code) => format!("the provider answered with an error ({code})"),
        None => "the provider answered with an error".to_owned(),
    };
    // Who only passes on what another provider says gives that beside its own words.
    let cause = error[Key::Metadata][Key::Raw].text();
    Some(with(&with(&what, message), cause))
}

/// What kind of error it is, in a word: the narrowest first.
fn word<'n>(error: &'n Node<'_>) -> Option<&'n str> {
    [
        Key::Code,
        Key::ErrorType,
        Key::Type,
        Key::Status,
        Key::Title,
    ]
    .into_iter()
    .filter_map(|key| error[key].text())
    .find(|word| *word != "error" && !is_number(word))
}

/// What kind of error it is where only a number says it, such as HTTP's status.
fn number<'n>(error: &'n Node<'_>) -> Option<Cow<'n, str>> {
    [Key::Code, Key::StatusCode, Key::Status]
        .into_iter()
        .find_map(|key| match &error[key] {
            number @ Node::Number(_) => number.count().map(|number| number.to_string().into()),
            text => text.text().map(Cow::Borrowed),
        })
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

fn message<'n>(error: &'n Node<'_>) -> Option<&'n str> {
    let message = &error[Key::Message];
    let places = [
        message,
        error,
        &error[Key::Error],
        &error[Key::Error][0],
        &error[Key::Detail],
        // What is wrong with each field.
        &error[Key::Detail][0][Key::Msg],
        &message[Key::Detail][0][Key::Msg],
    ];
    places.into_iter().find_map(Node::text)
}

fn with(what: &str, why: Option<&str>) -> String {
    match why {
        Some(why) => format!("{what}: {why}"),
        None => what.to_owned(),
    }
}
