use super::part::Rule;
use crate::provider::event::Event;
use crate::provider::shapes::tgi;
use crate::provider::stream::protocol::Protocol;

keys! { GENERATED_TEXT TEXT TOKEN }

/// The last event has the whole text.
pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| event[TOKEN][TEXT].is_text() && event.has(GENERATED_TEXT),
    take: |response, event| {
        if let Some(details) = event.get("details") {
            response.field("details").keep(details);
        }
        if let Some(text) = event.get("generated_text") {
            response.field("whole").keep(text);
        }
        let token = event.get("token");
        let text = token.filter(|token| !token.get("special").is_some_and(Event::is_true));
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
