//! What the attribute's keys take, with messages for what they do not.

use crate::Tokens;

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
    message = "`{Self}` cannot be a number of tokens. Give `Tokens::new(in, out)`, or implement \
               `From<{Self}>` for `Tokens`.",
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
