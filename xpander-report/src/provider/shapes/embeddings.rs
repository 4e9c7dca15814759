use super::{chat, cohere};
use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::{Usage, first, sum};

keys! {
    BASE64 BINARY DATA EMBEDDING EMBEDDINGS FLOAT INPUT_TEXT_TOKEN_COUNT INT8 META OBJECT
    PREDICTIONS PROMPT_EVAL_COUNT PROMPT_TOKEN_COUNT STATISTICS TOKEN_COUNT UBINARY UINT8 USAGE
    USAGE_METADATA VALUE VALUES
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Embeddings,
    keys: KEYS,
    only_declared: true,
    matches: |document| {
        let first = &document[DATA][0];
        first[OBJECT].is("embedding")
            || is_vector(&first[EMBEDDING])
            || is_vector(&document[EMBEDDING])
            || is_vector(&document[EMBEDDINGS])
            || is_vector(&document[PREDICTIONS][0][EMBEDDINGS])
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.usage = usage(document);
        reading
    },
};

/// Numbers, a list or an object of such, or what base64 makes of them.
fn is_vector(value: &Node<'_>) -> bool {
    let inner = [
        VALUES, VALUE, EMBEDDING, FLOAT, INT8, UINT8, BINARY, UBINARY, BASE64,
    ];
    match value {
        Node::List(items) => items
            .first()
            .is_some_and(|item| item.is_number() || is_vector(item)),
        Node::Text(base64) => base64.len() > 64 && !base64.contains(' '),
        value => inner.into_iter().any(|key| value[key].is_list()),
    }
}

/// What the input took, wherever it stands.
pub(in crate::provider) fn usage(document: &Node<'_>) -> Usage {
    let mut usage = chat::usage(&document[USAGE]);
    let prompt = usage
        .prompt
        .or(usage.total)
        .or_else(|| cohere::usage(&document[META]).prompt)
        .or_else(|| first(document, &[PROMPT_EVAL_COUNT, INPUT_TEXT_TOKEN_COUNT]))
        .or_else(|| document[USAGE_METADATA][PROMPT_TOKEN_COUNT].count())
        .or_else(|| {
            let predictions = document[PREDICTIONS].items().iter();
            sum(predictions.map(|each| each[EMBEDDINGS][STATISTICS][TOKEN_COUNT].count()))
        });
    usage.prompt = prompt;
    usage.total = None;
    usage
}
