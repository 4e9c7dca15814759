//! Gemini's interactions: steps, which were outputs once.

use serde_json::value::RawValue;

use super::event::Event;
use super::part::{Part, Rule};
use super::{Key, Protocol};
use crate::provider::interactions;

pub(super) const PROTOCOL: Protocol = Protocol {
    matches: |event| match event[Key::EventType].text() {
        Some("step.start") => event[Key::Step].is_object(),
        Some("content.start") => event[Key::Content].is_object(),
        Some(kind) => kind.starts_with("interaction.") && event[Key::Interaction].is_object(),
        None => false,
    },
    take,
    finish: |_| &interactions::FORMAT,
};

const STEP: Rule = Rule::Fields(&[("content", Rule::Parts(&PART))]);

const PART: Rule = Rule::Fields(&[("text", Rule::Text)]);

const DELTA: Rule = Rule::Fields(&[
    ("arguments", Rule::Json),
    ("text", Rule::Dropped),
    ("type", Rule::Dropped),
]);

fn take(response: &mut Part, event: &Event<'_>) {
    if let Some(interaction) = event.get("interaction") {
        response.merge(interaction, &Rule::Fields(&[]));
    }
    let Some(index) = event.index("index") else {
        return;
    };
    let mut merge = |list, field, rule| {
        if let Some(piece) = event.get(field) {
            response.field(list).item(index).merge(piece, rule);
        }
    };
    match &*event.text("event_type").unwrap_or_default() {
        "step.start" => merge("steps", "step", &STEP),
        "step.delta" => {
            merge("steps", "delta", &DELTA);
            add_text(response.field("steps").item(index), event.get("delta"));
        }
        "content.start" => merge("outputs", "content", &PART),
        "content.delta" => merge("outputs", "delta", &PART),
        _ => {}
    }
}

fn add_text(step: &mut Part, delta: Option<&RawValue>) {
    if let Some(text) = delta.filter(|delta| Event::inside(delta).get("text").is_some()) {
        step.field("content").merge_one(text, &Rule::Parts(&PART));
    }
}
