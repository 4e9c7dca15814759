use super::document::Key;
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::OpenAiTranscription,
    only_declared: false,
    matches: |document| {
        let usage = &document[Key::Usage];
        document[Key::Text].is_text()
            && (usage[Key::Type].is("tokens") && usage.has(Key::InputTokens)
                || usage[Key::Type].is("duration") && usage.has(Key::Seconds))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_text(&document[Key::Text]);
        reading.usage = Usage::openai(&document[Key::Usage]);
        reading
    },
};
