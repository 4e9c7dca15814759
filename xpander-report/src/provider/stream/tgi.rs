use super::part::Rule;
use crate::provider::event::Event;
use crate::provider::shapes::tgi;
use crate::provider::stream::protocol::Protocol;

keys! { GENERATED_TEXT TEXT TOKEN }

names! { DETAILS SPECIAL }

/// The last event has the whole text.
pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| event[TOKEN][TEXT].is_text() && event.has(GENERATED_TEXT),
    take: |response, event| {
        if let Some(details) = event.get(DETAILS) {
            response.field("details").keep(details);
        }
        if let Some(text) = event.get(GENERATED_TEXT) {
            response.field("whole").keep(text);
        }
        let token = event.get(TOKEN);
        let text = token.filter(|token| !token.get(SPECIAL).is_some_and(Event::is_true));
        if let Some(text) = text.and_then(|token| token.get(TEXT)) {
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
