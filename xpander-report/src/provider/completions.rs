use super::document::{Key, Node};
use super::reading::Reading;
use super::{Format, Shape, chat, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::OpenAiCompletions,
    only_declared: false,
    matches,
    read,
};

/// Some servers leave out `object` or `usage`; the choices of a quiz have none of these.
fn matches(document: &Node<'_>) -> bool {
    let choice = &document[Key::Choices][0];
    let is_named = document[Key::Object].is("text_completion");
    choice[Key::Text].is_text()
        && (is_named
            || document[Key::Usage].has(Key::PromptTokens)
            || choice.has(Key::FinishReason)
            || choice.has(Key::StopReason)
            || choice.has(Key::Logprobs)
            || choice.has(Key::Index)
                && document[Key::Model].is_text()
                && document[Key::Created].is_number())
        || is_named && document[Key::Choices].is_list()
}

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let choice = &document[Key::Choices][0];
    let mut reading = Reading::of(document);
    reading.push_text(&choice[Key::Text]);
    reading.usage = chat::usage(&document[Key::Usage]);
    reading.finish_reason = choice[Key::FinishReason]
        .text()
        .or_else(|| choice[Key::StopReason].text());
    reading.failure = match choice[Key::FinishReason].is("content_filter") {
        true => Some(failure::blocked("content_filter", None)),
        false => failure::error(&document[Key::Error]),
    };
    reading
}
