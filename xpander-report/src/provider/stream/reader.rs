//! Puts together what a provider streams, event by event.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::metrics::{METRICS, METRICS_KEY};
use super::{metrics, protocols};
use crate::provider::event::Event;
use crate::provider::response::ProviderResponse;
use crate::provider::stream::part::Part;
use crate::provider::stream::protocol::Protocol;
use crate::provider::tape::Tape;
use crate::provider::{envelope, failure, vocabulary};

names! { BYTES CHUNK }

/// Puts together what a provider streams.
#[derive(Default)]
pub(crate) struct StreamReader {
    protocol: Option<&'static Protocol>,
    /// Events of which only a later one tells whose they are.
    early: Vec<String>,
    response: Part,
    pub(super) error: Option<String>,
    metrics: Option<String>,
    tape: Tape,
}

impl StreamReader {
    /// Takes the next event, as JSON. What is none, or is no provider's, is passed over.
    pub(crate) fn push(&mut self, event: &str) {
        let mut tape = std::mem::take(&mut self.tape);
        if let Some(event) = tape.read(event) {
            match unwrapped(event) {
                Some(inside) => {
                    if let Some(event) = Tape::default().read(&inside) {
                        self.open(event, 0);
                    }
                }
                None => self.open(event, 0),
            }
        }
        self.tape = tape;
    }

    /// Takes an event, or the one that lies in it.
    fn open(&mut self, event: Event<'_>, depth: usize) {
        // What comes to its end all the same got over what went wrong.
        if event.is_end() {
            self.error = None;
        }
        if let Some(error) = event.error() {
            self.error = Some(error.into_owned());
        }
        match envelope::event(event) {
            Some(inside) if depth < envelope::MAX_DEPTH => self.open(inside, depth + 1),
            _ => self.take(event),
        }
    }

    fn take(&mut self, event: Event<'_>) {
        if let Some(metrics) = event.get(METRICS_KEY) {
            self.metrics = Some(metrics.raw().to_owned());
        }
        if self.protocol.is_none() {
            let (protocol, is_early) =
                vocabulary::read(event.raw(), |event, _| protocols::find(event))
                    .unwrap_or_default();
            self.protocol = protocol;
            if is_early && self.early.len() < MAX_EARLY {
                self.early.push(event.raw().to_owned());
            }
            if let Some(protocol) = protocol {
                for event in std::mem::take(&mut self.early) {
                    if let Some(event) = Tape::default().read(&event) {
                        (protocol.take)(&mut self.response, event);
                    }
                }
            }
        }
        if let Some(protocol) = self.protocol {
            (protocol.take)(&mut self.response, event);
        }
    }

    /// What it all says, and the JSON of the response that it makes. `None` if no event was a provider's.
    pub(crate) fn finish(mut self) -> Option<(ProviderResponse, String)> {
        let format = (self.protocol?.finish)(&mut self.response);
        if let Some(error) = &self.error {
            self.response.field("error").keep_json(error);
        }
        if let Some(metrics) = &self.metrics {
            self.response.field(METRICS).keep_json(metrics);
        }
        let response = self.response.into_json();
        let mut says = vocabulary::read(&response, |document, _| format.says(document))?;
        if says.tokens.is_none() {
            says.tokens = self.metrics.as_deref().and_then(|metrics| {
                vocabulary::read(metrics, |metrics, _| metrics::usage(metrics).tokens()).flatten()
            });
        }
        let error = self
            .error
            .and_then(|error| vocabulary::read(&error, |error, _| failure::error(error)).flatten());
        says.failure = error.or(says.failure);
        Some((says, response))
    }
}

/// No more events are kept before one tells whose they are.
const MAX_EARLY: usize = 1 << 14;

/// The event inside one of Bedrock's, which gives what the model streams as bytes.
fn unwrapped(event: Event<'_>) -> Option<String> {
    let bytes = event.get(CHUNK).unwrap_or(event).text(BYTES)?;
    String::from_utf8(STANDARD.decode(bytes.as_bytes()).ok()?).ok()
}
