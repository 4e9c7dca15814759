//! The end of a run: what came out of it, and what its keys say.

use std::any::{Any, type_name};
use std::borrow::Cow;
use std::sync::Arc;

use crate::envelope::response::Declared;
use crate::envelope::value::{Captured, Produced};
use crate::envelope::{Envelope, Field};
use crate::provider::llm_response::LlmResponse;
use crate::report::json;
use crate::run::capture::{Capture, captured};
use crate::run::current::RunState;
use crate::run::key_values::{IntoTokens, IntoTools};
use crate::support::bounded::MAX_CAPTURED;
use crate::support::panics::catch_panic;

/// A run whose body has given a value: what came out is captured here.
#[derive(Debug)]
pub struct End {
    pub(super) shared: Arc<RunState>,
    pub(super) envelope: Box<Envelope>,
}

impl End {
    /// Takes what the body gave.
    pub(super) fn look(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) {
        let captured = self.captured(look);
        self.take(captured);
    }

    pub(super) fn captured(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) -> Produced {
        let content = self.shared.reporter.captures_content();
        let mut outcome = Outcome::new(content, MAX_CAPTURED, Some(self));
        catch_panic(|| look(&mut outcome));
        outcome.captured
    }

    pub(super) fn take(&mut self, captured: Produced) {
        let envelope = &mut self.envelope;
        let (reason, error_type) = match captured {
            Produced::Nothing => return envelope.is_success.capture(Some(true)),
            Produced::Value(value) => {
                envelope.is_success.capture(Some(true));
                return envelope.capture_returned(value);
            }
            Produced::Error(reason, error_type) => (reason, error_type),
        };
        // If `fail` was called, its reason stays.
        let is_told = envelope.is_success == Field::Explicit(false);
        envelope.is_success.capture(Some(false));
        envelope.error_type = Some(Cow::Borrowed(error_type));
        match envelope.result {
            Field::Explicit(_) if is_told => {}
            Field::Explicit(_) => envelope.failure = reason.map(Captured::into_text),
            Field::Absent | Field::Captured(_) => envelope.result.capture(reason),
        }
    }

    /// The key `result`.
    pub fn result(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) {
        if self.shared.reporter.captures_content()
            && let Some(value) = extracted(look)
        {
            self.envelope.result.set(value);
        }
    }

    /// The key `llm_response`.
    pub fn llm_response<Via, T: LlmResponse<Via>>(&mut self, response: impl FnOnce() -> T) {
        let response = catch_panic(|| json::raw(&response().response()));
        self.envelope
            .responses
            .extend(response.map(Declared::Given));
    }

    /// The key `tokens`.
    pub fn tokens<T: IntoTokens>(&mut self, tokens: impl FnOnce() -> T) {
        if let Some(tokens) = catch_panic(|| tokens().into_tokens()).flatten() {
            self.envelope.tokens = Some(tokens);
        }
    }

    /// The key `used_tools`.
    pub fn used_tools<T: IntoTools>(&mut self, tools: impl FnOnce() -> T) {
        if let Some(tools) = catch_panic(|| tools().into_tools()) {
            self.envelope.used_tools.set(tools);
        }
    }

    /// The key `is_success`.
    pub fn is_success(&mut self, is_success: impl FnOnce() -> bool) {
        if let Some(is_success) = catch_panic(is_success) {
            self.envelope.is_success.set(is_success);
        }
    }

    /// Hands the report over.
    pub fn report(self) {
        self.shared.hand_over(self.envelope);
    }

    /// The stream that the body gave is over.
    pub(super) fn streamed(mut self) {
        let is_success = self.envelope.failure.is_none();
        self.envelope.is_success.capture(Some(is_success));
        self.report();
    }

    pub(super) fn panicked(self, payload: &(dyn Any + Send)) {
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        self.broken("panicked", message);
    }

    /// The consumer has stopped reading the stream.
    pub(super) fn cancelled(mut self) {
        // A provider's stream may have ended all the same, which its chunks say.
        self.envelope.may_be_finished = !self.envelope.chunks.is_empty();
        self.broken("cancelled", None);
    }

    /// The body ended before it was done.
    pub(super) fn broken(mut self, word: &'static str, why: Option<&str>) {
        self.envelope.failure = Some(match why {
            Some(why) => format!("{word}: {why}"),
            None => word.to_owned(),
        });
        self.envelope.error_type = Some(Cow::Borrowed(word));
        if !self.envelope.may_be_finished {
            self.envelope.is_success.set(false);
        }
        self.report();
    }
}

/// What a key gives, unless it panics.
pub(super) fn extracted(look: &mut dyn FnMut(&mut Outcome<'_>)) -> Option<Captured> {
    let mut outcome = Outcome::new(true, MAX_CAPTURED, None);
    catch_panic(|| look(&mut outcome));
    match outcome.captured {
        Produced::Value(value) => Some(value),
        Produced::Nothing | Produced::Error(..) => None,
    }
}

/// Takes what came out of a run, or what a stream gives on the way.
#[derive(Debug)]
pub struct Outcome<'a> {
    content: bool,
    room: usize,
    end: Option<&'a mut End>,
    pub(crate) captured: Produced,
}

impl<'a> Outcome<'a> {
    pub(crate) fn new(content: bool, room: usize, end: Option<&'a mut End>) -> Self {
        Self {
            content,
            room,
            end,
            captured: Produced::Nothing,
        }
    }

    /// The end of the run, for the user's keys.
    pub fn end(&mut self) -> Option<&mut End> {
        self.end.as_deref_mut()
    }

    /// The run returned this value. If content may not be sent, the value is captured only if it may be a provider's
    /// response, for its tokens.
    pub fn value(&mut self, value: &dyn Capture) {
        if self.content || value.may_be_a_response() {
            let value = captured(value, self.room);
            let value = value.filter(|it| self.content || matches!(it, Captured::Json(_)));
            self.captured = value.map_or(Produced::Nothing, Produced::Value);
        }
    }

    /// The stream gave this item. The value that the function itself returned is not captured.
    pub fn item(&mut self, value: &dyn Capture) {
        if self.end.is_none() {
            self.value(value);
        }
    }

    /// The run returned this error.
    pub fn error(&mut self, error: &dyn Capture) {
        let name = error.type_name();
        let reason = self.content.then(|| captured(error, self.room)).flatten();
        self.captured = Produced::Error(reason, name);
    }

    /// The run returned an error of which only the type may be sent.
    pub fn error_by_name<E: ?Sized>(&mut self, _: &E) {
        let name = type_name::<E>();
        let reason = self.content.then(|| Captured::Text(format!("<{name}>")));
        self.captured = Produced::Error(reason, name);
    }

    /// What a key gave tells an error of this type.
    pub(crate) fn is_error(&mut self, type_name: &'static str) {
        let told = match std::mem::replace(&mut self.captured, Produced::Nothing) {
            Produced::Value(told) if self.content => Some(told),
            _ => None,
        };
        self.captured = Produced::Error(told, type_name);
    }
}
