use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    ARTIFACTS B64_JSON BASE64 BYTES_BASE64_ENCODED CREATED DATA INPUT_TOKENS MIME_TYPE PREDICTIONS
    REVISED_PROMPT TYPE URL USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::OpenAiImages,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let image = &document[DATA][0];
        let is_named = |kind: &str| kind.starts_with("image_") && kind.ends_with(".completed");
        document[CREATED].is_number()
            && (image[B64_JSON].is_text()
                || image[URL].is_text() && document[USAGE][INPUT_TOKENS].is_number())
            || document[TYPE].text().is_some_and(is_named)
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.usage = Usage::openai(&document[USAGE]);
        reading
    },
};

/// Of others, who give less beside. Lists of links are in many other answers as well.
pub(in crate::provider) const LINKS: Format = Format {
    only_declared: true,
    matches: |document| {
        let image = &document[DATA][0];
        let is_image = |kind: &str| kind.starts_with("image/");
        image[B64_JSON].is_text()
            || image[URL].is_text()
                && (image.has(REVISED_PROMPT) || image[MIME_TYPE].text().is_some_and(is_image))
            || document[PREDICTIONS][0][BYTES_BASE64_ENCODED].is_text()
            || document[ARTIFACTS][0][BASE64].is_text()
    },
    ..FORMAT
};
