//! Sessions that are spoken: Gemini's Live API and Nova Sonic.

use super::part::{Part, Rule};
use crate::provider::event::Event;
use crate::provider::shapes::{gemini_live, sonic};
use crate::provider::stream::protocol::Protocol;

keys! { COMPLETION_START EVENT TEXT_OUTPUT USAGE_EVENT }

/// A session has turns, each with what it took.
pub(super) const GEMINI_LIVE: Protocol = Protocol {
    keys: KEYS,
    matches: gemini_live::FORMAT.matches,
    take: |session, message| {
        let begins = ["serverContent", "toolCall"];
        let begins = begins.into_iter().any(|name| message.get(name).is_some());
        let turns = session.field("turns");
        let turn = turns.open_item(|turn| begins && is_complete(turn));
        turn.merge(message, &MESSAGE_RULE);
    },
    finish: |session| {
        if let Some(turn) = session.field("turns").take_only_item() {
            *session = turn;
        }
        &gemini_live::FORMAT
    },
};

const MESSAGE_RULE: Rule = Rule::Fields(&[
    ("serverContent", CONTENT_RULE),
    ("toolCall", Rule::Fields(&[("functionCalls", Rule::All)])),
]);

const CONTENT_RULE: Rule = Rule::Fields(&[
    ("inputTranscription", TEXT_RULE),
    (
        "modelTurn",
        Rule::Fields(&[("parts", Rule::Parts(&PART_RULE))]),
    ),
    ("outputTranscription", TEXT_RULE),
]);

const TEXT_RULE: Rule = Rule::Fields(&[("text", Rule::Text)]);

/// The sound is not kept.
const PART_RULE: Rule = Rule::Fields(&[("inlineData", Rule::Dropped), ("text", Rule::Text)]);

fn is_complete(turn: &Part) -> bool {
    let content = turn.get("serverContent");
    content.is_some_and(|content| content.get("turnComplete").is_some())
}

pub(super) const SONIC: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        let inside = &event[EVENT];
        [COMPLETION_START, TEXT_OUTPUT, USAGE_EVENT]
            .into_iter()
            .any(|key| inside[key].is_object() || event[key].is_object())
    },
    take: take_sonic,
    finish: |session| {
        session.take("stage");
        session.field("textOutputs").make_list();
        &sonic::FORMAT
    },
};

fn take_sonic(session: &mut Part, event: &Event<'_>) {
    let inside = event.get("event");
    for (name, json) in inside.unwrap_or(event).fields() {
        let told = json;
        if let Some(id) = told.get("completionId") {
            session.field("completionId").keep(id);
        }
        match name {
            // What is meant to be said, or what was.
            "contentStart" => {
                let fields = told.text("additionalModelFields").unwrap_or_default();
                let stages = ["FINAL", "SPECULATIVE"];
                let stage = stages.into_iter().find(|stage| fields.contains(stage));
                session.field("stage").keep_text(stage.unwrap_or_default());
            }
            "textOutput" => {
                let stage = session.field("stage").raw().map(str::to_owned);
                let mut output = Part::default();
                output.merge(json, &Rule::Fields(&[]));
                if let Some(stage) = stage {
                    output.field("stage").keep_json(&stage);
                }
                session.field("textOutputs").push_part(output);
            }
            "toolUse" => session.field("toolUses").push(json),
            "usageEvent" => session.field("usageEvent").merge(json, &Rule::Counts),
            "completionEnd" => {
                if let Some(reason) = told.get("stopReason") {
                    session.field("stopReason").keep(reason);
                }
            }
            _ => {}
        }
    }
}
