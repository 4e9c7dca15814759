use super::document::Key;
use super::reading::Reading;
use super::{Format, Shape, embeddings};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Rerank,
    only_declared: true,
    matches: |document| {
        [Key::Results, Key::Data].into_iter().any(|key| {
            let first = &document[key][0];
            first[Key::RelevanceScore].is_number() && first[Key::Index].is_number()
        })
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.usage = embeddings::usage(document);
        reading
    },
};
