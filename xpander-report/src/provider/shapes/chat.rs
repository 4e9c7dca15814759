use super::llama_cpp;
use crate::provider::document::Node;
use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, sum};

keys! {
    AUDIO CHOICES CITATION_TOKENS CONTENT DELTA ERROR EXECUTED_TOOLS FINISH_REASON FUNCTION_CALL
    MESSAGE MESSAGES NAME NUM_SEARCH_QUERIES OBJECT PROMPT_TOKENS REASONING_TOKENS REFUSAL ROLE
    SEARCH_CONTEXT_SIZE TIMINGS TOOL_CALLS TRANSCRIPT TYPE USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::OpenAiChat,
    keys: KEYS,
    only_declared: false,
    matches,
    read,
};

fn matches(document: &Node<'_>) -> bool {
    let choice = &document[CHOICES][0];
    let is_named = document[OBJECT]
        .text()
        .is_some_and(|object| object.starts_with("chat.completion"));
    is_message(&choice[MESSAGE], choice)
        || is_message(&choice[DELTA], choice)
        || choice[MESSAGES].is_text() && document[USAGE].has(PROMPT_TOKENS)
        || is_named && document[CHOICES].is_list()
}

/// The choices of a quiz or a game may have messages and deltas of their own.
fn is_message(message: &Node<'_>, choice: &Node<'_>) -> bool {
    message.is_object()
        && (choice.has(FINISH_REASON)
            || [ROLE, CONTENT, TOOL_CALLS]
                .into_iter()
                .any(|key| message.has(key)))
}

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let choice = &document[CHOICES][0];
    let message = message(choice);
    let mut reading = Reading::of(document);
    reading.push_text(message);
    reading.push_content(&message[CONTENT]);
    if reading.text.is_empty() {
        reading.push_text(&message[AUDIO][TRANSCRIPT]);
    }
    reading.push_tool_calls(&message[TOOL_CALLS]);
    if reading.tools.is_empty() {
        reading.push_tool(&message[FUNCTION_CALL][NAME]);
    }
    for tool in message[EXECUTED_TOOLS].items() {
        reading.push_tool(&tool[TYPE]);
    }
    reading.usage = took(document);
    reading.finish_reason = choice[FINISH_REASON].text();
    let refusal = message[REFUSAL].text();
    reading.failure = match refusal {
        Some(_) => Some(failure::refused(refusal)),
        None => failure::error(&choice[ERROR]),
    };
    reading
}

/// A chunk of a stream has a delta; who looks up your own data for the model gives several messages,
/// or one text.
fn message<'n, 'a>(choice: &'n Node<'a>) -> &'n Node<'a> {
    let messages = &choice[MESSAGES];
    [&choice[MESSAGE], &choice[DELTA]]
        .into_iter()
        .find(|message| !message.is_null())
        .or_else(|| messages.items().last())
        .unwrap_or(messages)
}

/// What an answer took; llama.cpp's server may say it only where it says how long.
pub(in crate::provider) fn took(document: &Node<'_>) -> Usage {
    match usage(&document[USAGE]) {
        numbers if numbers.is_nothing() => llama_cpp::timings(&document[TIMINGS]),
        numbers => numbers,
    }
}

pub(in crate::provider) fn usage(usage: &Node<'_>) -> Usage {
    let mut numbers = Usage::openai(usage);
    // Perplexity counts what its search costs beside its answer.
    let is_search = [CITATION_TOKENS, NUM_SEARCH_QUERIES, SEARCH_CONTEXT_SIZE]
        .into_iter()
        .any(|key| usage.has(key));
    if is_search {
        let beside = [REASONING_TOKENS, CITATION_TOKENS].map(|key| usage[key].count());
        let completion = [numbers.completion];
        numbers.completion = sum(completion.into_iter().chain(beside));
        numbers.total = None;
        numbers.thoughts = usage[REASONING_TOKENS].count();
        numbers.citations = usage[CITATION_TOKENS].count().unwrap_or(0);
        numbers.web_searches = usage[NUM_SEARCH_QUERIES].count().unwrap_or(0);
        numbers.provider = Some("perplexity");
    }
    numbers
}
