//! What the keys may give.

use crate::report::tokens::Tokens;

/// What the keys `id` and `agent_id` take. `Via` tells a text from an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an id. Pass a string, such as `format!(\"order-{{n}}\")`, or an `Option` of \
               one.",
    label = "expected a string"
)]
pub trait IntoId<Via> {
    /// The id; `None` leaves it open.
    fn into_id(self) -> Option<String>;
}

/// The way of a text.
#[derive(Debug)]
pub struct Text;

#[diagnostic::do_not_recommend]
impl<T: Into<String>> IntoId<Text> for T {
    fn into_id(self) -> Option<String> {
        Some(self.into())
    }
}

/// The way of an `Option`.
#[derive(Debug)]
pub struct OptionalText;

#[diagnostic::do_not_recommend]
impl<T: Into<String>> IntoId<OptionalText> for Option<T> {
    fn into_id(self) -> Option<String> {
        self.map(Into::into)
    }
}

/// What the key `tokens` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a token count. Pass `Tokens::new(in, out)` or an \
               `Option` of it.",
    label = "expected `Tokens`"
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
    message = "`{Self}` is not a list of tool names. Pass strings, such as \
               `answer.calls.iter().map(|call| &call.name)`.",
    label = "expected strings"
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
