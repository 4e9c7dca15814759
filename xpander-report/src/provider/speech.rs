//! The last event of OpenAI's speech; its sound is not kept.

use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

keys! { TYPE USAGE }

pub(super) const FORMAT: Format = Format {
    shape: Shape::OpenAiSpeech,
    keys: KEYS,
    only_declared: false,
    matches: |document| document[TYPE].is("speech.audio.done"),
    read: |document| Reading {
        usage: Usage::openai(&document[USAGE]),
        ..Reading::default()
    },
};
