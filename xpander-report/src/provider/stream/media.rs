//! OpenAI's transcriptions, images and speech. The last event has all but the sound.

use super::part::{Part, Rule};
use crate::provider::event::Event;
use crate::provider::shapes::{images, speech, transcription};
use crate::provider::stream::protocol::Protocol;

keys! { TYPE }

names! { DELTA }

pub(super) const TRANSCRIPTION: Protocol = Protocol {
    keys: KEYS,
    matches: |event| event[TYPE].starts_with("transcript.text."),
    take: |response, event| {
        if let Some(delta) = event.get(DELTA) {
            response.field("text").merge(delta, &Rule::Text);
        }
        take_done(response, event, "transcript.text.done");
    },
    finish: |response| {
        finish(response);
        &transcription::PLAIN
    },
};

pub(super) const IMAGES: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        event[TYPE].starts_with("image_generation.") || event[TYPE].starts_with("image_edit.")
    },
    take: |response, event| {
        take_done(response, event, "image_generation.completed");
        take_done(response, event, "image_edit.completed");
    },
    finish: |response| {
        finish(response);
        &images::FORMAT
    },
};

pub(super) const SPEECH: Protocol = Protocol {
    keys: KEYS,
    matches: |event| event[TYPE].starts_with("speech.audio."),
    take: |response, event| take_done(response, event, "speech.audio.done"),
    finish: |response| {
        finish(response);
        &speech::FORMAT
    },
};

fn take_done(response: &mut Part, event: Event<'_>, kind: &str) {
    if event.text(TYPE).as_deref() == Some(kind) {
        response.field("whole").keep(event);
    }
}

fn finish(response: &mut Part) {
    let whole = response.take("whole");
    if !whole.is_nothing() {
        *response = whole;
    }
}
