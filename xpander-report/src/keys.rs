//! What the attribute's keys take, with messages for what they do not.

use crate::{Reporter, Tokens};

/// What the keys `id` and `agent_id` take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an id. Give a text, such as `format!(\"order-{{n}}\")`.",
    label = "this is no text"
)]
pub trait IntoId {
    /// The id.
    fn into_id(self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: Into<String>> IntoId for T {
    fn into_id(self) -> String {
        self.into()
    }
}

/// What the key `tokens` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a number of tokens. Give `Tokens::new(in, out)`, or an \
               `Option` of it.",
    label = "these are no `Tokens`"
)]
pub trait IntoTokens {
    /// The tokens; `None` leaves them open.
    fn into_tokens(self) -> Option<Tokens>;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Tokens>> IntoTokens for T {
    fn into_tokens(self) -> Option<Tokens> {
        Some(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Into<Tokens>> IntoTokens for Option<T> {
    fn into_tokens(self) -> Option<Tokens> {
        self.map(Into::into)
    }
}

/// What the key `used_tools` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the names of tools. Give texts, such as \
               `answer.calls.iter().map(|call| &call.name)`.",
    label = "these are no texts"
)]
pub trait IntoTools {
    /// The names.
    fn into_tools(self) -> Vec<String>;
}

#[diagnostic::do_not_recommend]
impl<T: IntoIterator<Item: AsRef<str>>> IntoTools for T {
    fn into_tools(self) -> Vec<String> {
        let tools = self.into_iter();
        tools.map(|tool| tool.as_ref().to_owned()).collect()
    }
}

/// What the key `reporter` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a reporter. Give a `Reporter`, or a reference to one.",
    label = "this is no `Reporter`"
)]
pub trait AsReporter {
    /// The reporter.
    fn reporter(&self) -> Reporter;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<Reporter>> AsReporter for T {
    fn reporter(&self) -> Reporter {
        self.as_ref().clone()
    }
}
