use super::chat;
use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;

keys! {
    CHOICES CREATED FINISH_REASON INDEX LOG_PROBS MODEL OBJECT PROMPT_TOKENS STOP_REASON TEXT USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::OpenAiCompletions,
    keys: KEYS,
    only_declared: false,
    matches,
    read,
};

/// Some servers leave out `object` or `usage`; the choices of a quiz have none of these.
fn matches(document: &Node<'_>) -> bool {
    let choice = &document[CHOICES][0];
    let is_named = document[OBJECT].is("text_completion");
    choice[TEXT].is_text()
        && (is_named
            || document[USAGE].has(PROMPT_TOKENS)
            || choice.has(FINISH_REASON)
            || choice.has(STOP_REASON)
            || choice.has(LOG_PROBS)
            || choice.has(INDEX) && document[MODEL].is_text() && document[CREATED].is_number())
        || is_named && document[CHOICES].is_list()
}

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let choice = &document[CHOICES][0];
    let mut reading = Reading::of(document);
    reading.push_text(&choice[TEXT]);
    reading.usage = chat::took(document);
    reading.finish_reason = choice[FINISH_REASON]
        .text()
        .or_else(|| choice[STOP_REASON].text());
    reading
}
