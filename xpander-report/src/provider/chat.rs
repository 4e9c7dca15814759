use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, sum};
use super::{Format, Shape, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::OpenAiChat,
    only_declared: false,
    matches,
    read,
};

fn matches(document: &Node<'_>) -> bool {
    let choice = &document[Key::Choices][0];
    let is_named = document[Key::Object]
        .text()
        .is_some_and(|object| object.starts_with("chat.completion"));
    is_message(&choice[Key::Message], choice)
        || is_message(&choice[Key::Delta], choice)
        || choice[Key::Messages].is_text() && document[Key::Usage].has(Key::PromptTokens)
        || is_named && document[Key::Choices].is_list()
}

/// The choices of a quiz or a game may have messages and deltas of their own.
fn is_message(message: &Node<'_>, choice: &Node<'_>) -> bool {
    message.is_object()
        && (choice.has(Key::FinishReason)
            || [Key::Role, Key::Content, Key::ToolCalls]
                .into_iter()
                .any(|key| message.has(key)))
}

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let choice = &document[Key::Choices][0];
    let message = message(choice);
    let mut reading = Reading::of(document);
    reading.push_text(message);
    reading.push_content(&message[Key::Content]);
    if reading.text.is_empty() {
        reading.push_text(&message[Key::Audio][Key::Transcript]);
    }
    reading.push_tool_calls(&message[Key::ToolCalls]);
    if reading.tools.is_empty() {
        reading.push_tool(&message[Key::FunctionCall][Key::Name]);
    }
    for tool in message[Key::ExecutedTools].items() {
        reading.push_tool(&tool[Key::Type]);
    }
    reading.usage = usage(&document[Key::Usage]);
    reading.finish_reason = choice[Key::FinishReason].text();
    reading.failure = failure(document, choice, message);
    reading
}

/// A chunk of a stream has a delta; who looks up your own data for the model gives several messages,
/// or one text.
fn message<'n, 'a>(choice: &'n Node<'a>) -> &'n Node<'a> {
    let messages = &choice[Key::Messages];
    [&choice[Key::Message], &choice[Key::Delta]]
        .into_iter()
        .find(|message| !message.is_null())
        .or_else(|| messages.items().last())
        .unwrap_or(messages)
}

pub(super) fn usage(usage: &Node<'_>) -> Usage {
    let mut numbers = Usage::openai(usage);
    // Perplexity counts what its search costs beside its answer.
    let is_search = [
        Key::CitationTokens,
        Key::NumSearchQueries,
        Key::SearchContextSize,
    ]
    .into_iter()
    .any(|key| usage.has(key));
    if is_search {
        let beside = [Key::ReasoningTokens, Key::CitationTokens].map(|key| usage[key].count());
        let completion = [numbers.completion];
        numbers.completion = sum(completion.into_iter().chain(beside));
        numbers.total = None;
    }
    numbers
}

fn failure(document: &Node<'_>, choice: &Node<'_>, message: &Node<'_>) -> Option<String> {
    let finish_reason = &choice[Key::FinishReason];
    let refusal = message[Key::Refusal].text();
    let error =
        failure::error(&choice[Key::Error]).or_else(|| failure::error(&document[Key::Error]));
    if refusal.is_some() {
        Some(failure::refused(refusal))
    } else if finish_reason.is("content_filter") {
        Some(failure::blocked("content_filter", None))
    } else if error.is_some() {
        error
    } else if finish_reason.is("error") {
        Some(failure::failed("error", None))
    } else {
        None
    }
}
