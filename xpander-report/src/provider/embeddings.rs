use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, first};
use super::{Format, Shape, chat, cohere};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Embeddings,
    only_declared: true,
    matches: |document| {
        is_vector(&document[Key::Data][0][Key::Embedding])
            || is_vector(&document[Key::Embedding])
            || is_vector(&document[Key::Embeddings])
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.usage = usage(document);
        reading
    },
};

/// Numbers, a list or an object of such, or what base64 makes of them.
fn is_vector(value: &Node<'_>) -> bool {
    let inner = |value: &Node<'_>| value[Key::Values].is_list() || value[Key::Float].is_list();
    match value {
        Node::List(items) => items
            .first()
            .is_some_and(|item| item.is_number() || is_vector(item)),
        Node::Text(base64) => base64.len() > 64 && !base64.contains(' '),
        value => inner(value),
    }
}

fn usage(document: &Node<'_>) -> Usage {
    let mut usage = chat::usage(&document[Key::Usage]);
    let prompt = usage
        .prompt
        .or(usage.total)
        .or_else(|| cohere::usage(&document[Key::Meta]).prompt)
        .or_else(|| first(document, &[Key::PromptEvalCount, Key::InputTextTokenCount]))
        .or_else(|| document[Key::UsageMetadata][Key::PromptTokenCount].count());
    usage.prompt = prompt;
    usage.total = None;
    usage
}
