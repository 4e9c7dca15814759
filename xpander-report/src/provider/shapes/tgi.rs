use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! { DETAILS FINISH_REASON GENERATED_TEXT GENERATED_TOKENS }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Tgi,
    keys: KEYS,
    only_declared: true,
    matches: |document| generation(document)[GENERATED_TEXT].is_text(),
    read: |document| {
        let generation = generation(document);
        let details = &generation[DETAILS];
        let mut reading = Reading::of(generation);
        reading.push_text(&generation[GENERATED_TEXT]);
        reading.usage = Usage {
            completion: details[GENERATED_TOKENS].count(),
            ..Usage::default()
        };
        reading.finish_reason = details[FINISH_REASON].text();
        reading
    },
};

/// Some servers give a list of one.
fn generation<'n, 'a>(document: &'n Node<'a>) -> &'n Node<'a> {
    match document {
        Node::List(_) => &document[0],
        _ => document,
    }
}
