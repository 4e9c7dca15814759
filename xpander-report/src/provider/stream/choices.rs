//! Chat completions and the older completions of OpenAI, and of the many who took them over.

use super::part::{Part, Rule, field};
use crate::provider::document::Node;
use crate::provider::shapes::{chat, completions};
use crate::provider::stream::protocol::Protocol;

keys! { CHOICES DELTA ID MODEL OBJECT }

names! { CONTENT MESSAGE TEXT USAGE X_GROQ }

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        event[CHOICES][0][DELTA].is_object()
            || (completions::FORMAT.matches)(event)
            || is_beside(event)
    },
    take: |response, event| response.merge(event, &CHUNK_RULE),
    finish: |response| {
        let choice = response.get(CHOICES).and_then(Part::first);
        let has_text = choice.is_some_and(|choice| choice.has(TEXT));
        let has_content = choice
            .and_then(|choice| choice.get(MESSAGE)?.get(CONTENT))
            .is_some();
        let object = response.get(OBJECT).and_then(Part::raw);
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
    field("choices", Rule::Choice(&CHOICE_RULE)),
    field("x_groq", Rule::Fields(&[])),
]);

const CHOICE_RULE: Rule = Rule::Fields(&[
    field("delta", Rule::As("message", &MESSAGE_RULE)),
    field(
        "logprobs",
        Rule::Fields(&[field("content", Rule::All), field("refusal", Rule::All)]),
    ),
    // What came so far once more, or the delta.
    field("message", Rule::Dropped),
    field("text", Rule::Text),
]);

const MESSAGE_RULE: Rule = Rule::Fields(&[
    field("annotations", Rule::All),
    field(
        "audio",
        Rule::Fields(&[field("data", Rule::Text), field("transcript", Rule::Text)]),
    ),
    field("content", Rule::Content(&PART_RULE)),
    field("executed_tools", Rule::Items(&CALL_RULE)),
    field("function_call", FUNCTION_RULE),
    field("images", Rule::All),
    field("reasoning", Rule::Text),
    field("reasoning_content", Rule::Text),
    field("reasoning_details", Rule::Parts(&PART_RULE)),
    field("refusal", Rule::Text),
    field("tool_calls", Rule::Items(&CALL_RULE)),
]);

const PART_RULE: Rule = Rule::Fields(&[
    field("summary", Rule::Text),
    field("text", Rule::Text),
    field(
        "thinking",
        Rule::Content(&Rule::Fields(&[field("text", Rule::Text)])),
    ),
]);

const CALL_RULE: Rule = Rule::Fields(&[
    field(
        "custom",
        Rule::Fields(&[field("input", Rule::Text), field("name", Rule::Grown)]),
    ),
    field("function", FUNCTION_RULE),
    field("index", Rule::Dropped),
]);

const FUNCTION_RULE: Rule =
    Rule::Fields(&[field("arguments", Rule::Text), field("name", Rule::Grown)]);

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
    if response.get(USAGE).is_some() {
        return;
    }
    let choice = response.get(CHOICES).and_then(Part::first);
    let places = [response.get(X_GROQ), choice];
    let usage = places
        .into_iter()
        .flatten()
        .find_map(|place| place.get(USAGE))
        .cloned();
    if let Some(usage) = usage {
        *response.field("usage") = usage;
    }
}
