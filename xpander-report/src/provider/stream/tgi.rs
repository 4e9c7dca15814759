use super::event::{Event, is_true};
use super::part::Rule;
use super::{Key, Protocol};
use crate::provider::tgi;

/// The last event has the whole text.
pub(super) const PROTOCOL: Protocol = Protocol {
    matches: |event| event[Key::Token][Key::Text].is_text() && event.has(Key::GeneratedText),
    take: |response, event| {
        if let Some(details) = event.get("details") {
            response.field("details").keep(details);
        }
        if let Some(text) = event.get("generated_text") {
            response.field("whole").keep(text);
        }
        let token = event.get("token").map(Event::inside);
        let text = token.filter(|token| !is_true(token.get("special")));
        if let Some(text) = text.and_then(|token| token.get("text")) {
            response.field("generated_text").merge(text, &Rule::Text);
        }
    },
    finish: |response| {
        let whole = response.take("whole");
        if !whole.is_nothing() {
            *response.field("generated_text") = whole;
        }
        &tgi::FORMAT
    },
};
