//! Sessions that are spoken: Gemini's Live API and Nova Sonic.

use super::part::{Part, Rule, field};
use crate::provider::event::Event;
use crate::provider::shapes::{gemini_live, sonic};
use crate::provider::stream::protocol::Protocol;

keys! { COMPLETION_START EVENT TEXT_OUTPUT USAGE_EVENT }

names! {
    ADDITIONAL_MODEL_FIELDS COMPLETION_ID SERVER_CONTENT STOP_REASON TOOL_CALL TURN_COMPLETE
}

/// A session has turns, each with what it took.
pub(super) const GEMINI_LIVE: Protocol = Protocol {
    keys: KEYS,
    matches: gemini_live::FORMAT.matches,
    take: |session, message| {
        let begins = [SERVER_CONTENT, TOOL_CALL];
        let begins = begins.into_iter().any(|key| message.get(key).is_some());
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
    field("serverContent", CONTENT_RULE),
    field(
        "toolCall",
        Rule::Fields(&[field("functionCalls", Rule::All)]),
    ),
]);

const CONTENT_RULE: Rule = Rule::Fields(&[
    field("inputTranscription", TEXT_RULE),
    field(
        "modelTurn",
        Rule::Fields(&[field("parts", Rule::Parts(&PART_RULE))]),
    ),
    field("outputTranscription", TEXT_RULE),
]);

const TEXT_RULE: Rule = Rule::Fields(&[field("text", Rule::Text)]);

/// The sound is not kept.
const PART_RULE: Rule = Rule::Fields(&[
    field("inlineData", Rule::Dropped),
    field("text", Rule::Text),
]);

fn is_complete(turn: &Part) -> bool {
    let content = turn.get(SERVER_CONTENT);
    content.is_some_and(|content| content.get(TURN_COMPLETE).is_some())
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

fn take_sonic(session: &mut Part, event: Event<'_>) {
    let inside = event.get(EVENT);
    for told in inside.unwrap_or(event).fields() {
        if let Some(id) = told.get(COMPLETION_ID) {
            session.field("completionId").keep(id);
        }
        match &*told.name() {
            // What is meant to be said, or what was.
            "contentStart" => {
                let fields = told.text(ADDITIONAL_MODEL_FIELDS).unwrap_or_default();
                let stages = ["FINAL", "SPECULATIVE"];
                let stage = stages.into_iter().find(|stage| fields.contains(stage));
                session.field("stage").keep_text(stage.unwrap_or_default());
            }
            "textOutput" => {
                let stage = session.field("stage").raw().map(str::to_owned);
                let mut output = Part::default();
                output.merge(told, &Rule::Fields(&[]));
                if let Some(stage) = stage {
                    output.field("stage").keep_json(&stage);
                }
                session.field("textOutputs").push_part(output);
            }
            "toolUse" => session.field("toolUses").push(told),
            "usageEvent" => session.field("usageEvent").merge(told, &Rule::Counts),
            "completionEnd" => {
                if let Some(reason) = told.get(STOP_REASON) {
                    session.field("stopReason").keep(reason);
                }
            }
            _ => {}
        }
    }
}
