//! Chat completions and the older completions of OpenAI, and of the many who took them over.

use super::part::{Part, Rule};
use crate::provider::document::Node;
use crate::provider::shapes::{chat, completions};
use crate::provider::stream::protocol::Protocol;

keys! { CHOICES DELTA ID MODEL OBJECT }

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        event[CHOICES][0][DELTA].is_object()
            || (completions::FORMAT.matches)(event)
            || is_beside(event)
    },
    take: |response, event| response.merge(event, &CHUNK_RULE),
    finish: |response| {
        let choice = response.get("choices").and_then(Part::first);
        let has_text = choice.is_some_and(|choice| choice.has("text"));
        let has_content = choice
            .and_then(|choice| choice.get("message")?.get("content"))
            .is_some();
        let object = response.get("object").and_then(Part::raw);
        let is_chat = object.is_some_and(|object| object.starts_with("\"chat."));
        // Some servers give both.
        let is_text = has_text && !(has_content && is_chat);
        find_usage(response);
        let (name, format) = match is_text {
            true => ("text_completion", &completions::FORMAT),
            false => ("chat.completion", &chat::FORMAT),
        };
        response.field("object").keep_text(name);
        format
    },
};

const CHUNK_RULE: Rule = Rule::Fields(&[
    ("choices", Rule::Choice(&CHOICE_RULE)),
    ("x_groq", Rule::Fields(&[])),
]);

const CHOICE_RULE: Rule = Rule::Fields(&[
    ("delta", Rule::As("message", &MESSAGE_RULE)),
    (
        "logprobs",
        Rule::Fields(&[("content", Rule::All), ("refusal", Rule::All)]),
    ),
    // What came so far once more, or the delta.
    ("message", Rule::Dropped),
    ("text", Rule::Text),
]);

const MESSAGE_RULE: Rule = Rule::Fields(&[
    ("annotations", Rule::All),
    (
        "audio",
        Rule::Fields(&[("data", Rule::Text), ("transcript", Rule::Text)]),
    ),
    ("content", Rule::Content(&PART_RULE)),
    ("executed_tools", Rule::Items(&CALL_RULE)),
    ("function_call", FUNCTION_RULE),
    ("images", Rule::All),
    ("reasoning", Rule::Text),
    ("reasoning_content", Rule::Text),
    ("reasoning_details", Rule::Parts(&PART_RULE)),
    ("refusal", Rule::Text),
    ("tool_calls", Rule::Items(&CALL_RULE)),
]);

const PART_RULE: Rule = Rule::Fields(&[
    ("summary", Rule::Text),
    ("text", Rule::Text),
    (
        "thinking",
        Rule::Content(&Rule::Fields(&[("text", Rule::Text)])),
    ),
]);

const CALL_RULE: Rule = Rule::Fields(&[
    (
        "custom",
        Rule::Fields(&[("input", Rule::Text), ("name", Rule::Grown)]),
    ),
    ("function", FUNCTION_RULE),
    ("index", Rule::Dropped),
]);

const FUNCTION_RULE: Rule = Rule::Fields(&[("arguments", Rule::Text), ("name", Rule::Grown)]);

/// What was found of the prompt comes before all choices, what it took behind them.
fn is_beside(event: &Node<'_>) -> bool {
    let choices = &event[CHOICES];
    let is_named = event[OBJECT]
        .text()
        .is_some_and(|object| object.starts_with("chat.completion") || object == "text_completion");
    choices.is_list()
        && choices.items().is_empty()
        && (is_named || event.has(ID) && event[MODEL].is_text())
}

/// Not all put it beside the choices.
fn find_usage(response: &mut Part) {
    if response.get("usage").is_some() {
        return;
    }
    let choice = response.get("choices").and_then(Part::first);
    let places = [response.get("x_groq"), choice];
    let usage = places
        .into_iter()
        .flatten()
        .find_map(|place| place.get("usage"))
        .cloned();
    if let Some(usage) = usage {
        *response.field("usage") = usage;
    }
}
