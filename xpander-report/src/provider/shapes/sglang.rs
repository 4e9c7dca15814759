//! SGLang's own API.

use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! { COMPLETION_TOKENS FINISH_REASON MESSAGE META_INFO TEXT TYPE }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Sglang,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let meta = &document[META_INFO];
        document[TEXT].is_text() && (meta.has(COMPLETION_TOKENS) || meta.has(FINISH_REASON))
    },
    read: |document| {
        let meta = &document[META_INFO];
        let reason = &meta[FINISH_REASON];
        let mut reading = Reading::of(meta);
        reading.push_text(&document[TEXT]);
        reading.usage = Usage::openai(meta);
        reading.finish_reason = reason.text().or_else(|| reason[TYPE].text());
        reading.why = reason[MESSAGE].text();
        reading
    },
};
