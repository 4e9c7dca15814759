use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, first, sum};
use super::{Format, Shape, chat, cohere};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Embeddings,
    only_declared: true,
    matches: |document| {
        let first = &document[Key::Data][0];
        first[Key::Object].is("embedding")
            || is_vector(&first[Key::Embedding])
            || is_vector(&document[Key::Embedding])
            || is_vector(&document[Key::Embeddings])
            || is_vector(&document[Key::Predictions][0][Key::Embeddings])
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.usage = usage(document);
        reading
    },
};

/// Numbers, a list or an object of such, or what base64 makes of them.
fn is_vector(value: &Node<'_>) -> bool {
    let inner = [Key::Values, Key::Value, Key::Vectors, Key::Embedding];
    match value {
        Node::List(items) => items
            .first()
            .is_some_and(|item| item.is_number() || is_vector(item)),
        Node::Text(base64) => base64.len() > 64 && !base64.contains(' '),
        value => inner.into_iter().any(|key| value[key].is_list()),
    }
}

/// What the input took, wherever it stands.
pub(super) fn usage(document: &Node<'_>) -> Usage {
    let mut usage = chat::usage(&document[Key::Usage]);
    let prompt = usage
        .prompt
        .or(usage.total)
        .or_else(|| cohere::usage(&document[Key::Meta]).prompt)
        .or_else(|| first(document, &[Key::PromptEvalCount, Key::InputTextTokenCount]))
        .or_else(|| document[Key::UsageMetadata][Key::PromptTokenCount].count())
        .or_else(|| {
            let predictions = document[Key::Predictions].items().iter();
            sum(predictions
                .map(|each| each[Key::Embeddings][Key::Statistics][Key::TokenCount].count()))
        });
    usage.prompt = prompt;
    usage.total = None;
    usage
}
