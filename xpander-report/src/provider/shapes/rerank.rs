use super::embeddings;
use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;

keys! {
    BILLED_UNITS DATA INDEX META OUTPUT PROMPT_TOKENS RELEVANCE_SCORE RESULTS SCORE SEARCH_UNITS
    TEXT TOTAL_TOKENS USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Rerank,
    keys: KEYS,
    only_declared: true,
    matches: |document| {
        let usage = &document[USAGE];
        let is_counted = usage.has(TOTAL_TOKENS)
            || usage.has(PROMPT_TOKENS)
            || document[META][BILLED_UNITS].has(SEARCH_UNITS);
        let is_ranked = |list: &Node<'_>| {
            let first = &list[0];
            first[INDEX].is_number()
                && (first[RELEVANCE_SCORE].is_number() || is_counted && first[SCORE].is_number())
        };
        is_ranked(&document[RESULTS])
            || is_ranked(&document[DATA])
            || is_ranked(&document[OUTPUT][RESULTS])
            || document[0].has_only(&[INDEX, SCORE, TEXT]) && document[0][SCORE].is_number()
            || is_counted && (is_empty(&document[RESULTS]) || is_empty(&document[DATA]))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.usage = embeddings::usage(document);
        reading
    },
};

fn is_empty(list: &Node<'_>) -> bool {
    list.is_list() && list.items().is_empty()
}
