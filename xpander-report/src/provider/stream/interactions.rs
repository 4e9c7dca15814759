//! Gemini's interactions: steps, which were outputs once.

use super::part::{Part, Rule, field};
use crate::provider::event::Event;
use crate::provider::shapes::interactions;
use crate::provider::stream::protocol::Protocol;

keys! { CONTENT EVENT_TYPE INTERACTION STEP }

names! { DELTA INDEX TEXT }

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| match event[EVENT_TYPE].text() {
        Some("step.start") => event[STEP].is_object(),
        Some("content.start") => event[CONTENT].is_object(),
        Some(kind) => kind.starts_with("interaction.") && event[INTERACTION].is_object(),
        None => false,
    },
    take,
    finish: |_| &interactions::FORMAT,
};

const STEP_RULE: Rule = Rule::Fields(&[field("content", Rule::Parts(&PART_RULE))]);

const PART_RULE: Rule = Rule::Fields(&[field("text", Rule::Text)]);

const DELTA_RULE: Rule = Rule::Fields(&[
    field("arguments", Rule::Json),
    field("text", Rule::Dropped),
    field("type", Rule::Dropped),
]);

fn take(response: &mut Part, event: Event<'_>) {
    if let Some(interaction) = event.get(INTERACTION) {
        response.merge(interaction, &Rule::Fields(&[]));
    }
    let Some(index) = event.index(INDEX) else {
        return;
    };
    let mut merge = |list, key, rule| {
        if let Some(piece) = event.get(key) {
            response.field(list).item(index).merge(piece, rule);
        }
    };
    match &*event.text(EVENT_TYPE).unwrap_or_default() {
        "step.start" => merge("steps", STEP, &STEP_RULE),
        "step.delta" => {
            merge("steps", DELTA, &DELTA_RULE);
            add_text(response.field("steps").item(index), event.get(DELTA));
        }
        "content.start" => merge("outputs", CONTENT, &PART_RULE),
        "content.delta" => merge("outputs", DELTA, &PART_RULE),
        _ => {}
    }
}

fn add_text(step: &mut Part, delta: Option<Event<'_>>) {
    if let Some(text) = delta.filter(|delta| delta.get(TEXT).is_some()) {
        step.field("content")
            .merge_one(text, &Rule::Parts(&PART_RULE));
    }
}
