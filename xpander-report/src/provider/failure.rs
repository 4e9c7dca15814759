//! The words for a response that says it failed.

use super::document::{Key, Node};

/// The model would not answer.
pub(super) fn refused(why: Option<&str>) -> String {
    with("the model refused", why)
}

/// The provider, or a guardrail, would not let the answer through.
pub(super) fn blocked(reason: &str, why: Option<&str>) -> String {
    with(&format!("the provider blocked the answer ({reason})"), why)
}

/// The provider says the answer failed, for this reason.
pub(super) fn failed(reason: &str, why: Option<&str>) -> String {
    with(&format!("the answer failed ({reason})"), why)
}

/// An error that stands in the answer: an object with a message, or a text.
pub(super) fn error(error: &Node<'_>) -> Option<String> {
    let code = [Key::Type, Key::Code, Key::Status]
        .into_iter()
        .find_map(|key| error[key].text());
    let message = error[Key::Message]
        .text()
        .or_else(|| error.text())
        .or_else(|| error[Key::Error].text());
    if code.is_none() && message.is_none() {
        return None;
    }
    let what = match code {
        Some(code) => format!("the provider answered with an error ({code})"),
        None => "the provider answered with an error".to_owned(),
    };
    Some(with(&what, message))
}

fn with(what: &str, why: Option<&str>) -> String {
    match why {
        Some(why) => format!("{what}: {why}"),
        None => what.to_owned(),
    }
}
