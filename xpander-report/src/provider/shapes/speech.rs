//! The last event of OpenAI's speech; its sound is not kept.

use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! { TYPE USAGE }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::OpenAiSpeech,
    keys: KEYS,
    only_declared: false,
    matches: |document| document[TYPE].is("speech.audio.done"),
    read: |document| Reading {
        usage: Usage::openai(&document[USAGE]),
        ..Reading::default()
    },
};
