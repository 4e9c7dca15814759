use super::document::Key;
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::OpenAiImages,
    only_declared: false,
    matches: |document| {
        let image = &document[Key::Data][0];
        document[Key::Created].is_number()
            && (image[Key::B64Json].is_text()
                || image[Key::Url].is_text() && document[Key::Usage][Key::InputTokens].is_number())
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.usage = Usage::openai(&document[Key::Usage]);
        reading
    },
};
