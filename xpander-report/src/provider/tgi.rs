use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Tgi,
    only_declared: true,
    matches: |document| generation(document)[Key::GeneratedText].is_text(),
    read: |document| {
        let generation = generation(document);
        let details = &generation[Key::Details];
        let mut reading = Reading::of(generation);
        reading.push_text(&generation[Key::GeneratedText]);
        reading.usage = Usage {
            completion: details[Key::GeneratedTokens].count(),
            ..Usage::default()
        };
        reading.finish_reason = details[Key::FinishReason].text();
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
