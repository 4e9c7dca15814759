//! What a provider streams, put together: one response in the shape that it would have had unstreamed.
//!
//! Each way of streaming is a [`Protocol`] in a file of its own; [`PROTOCOLS`] is their order. The events
//! fill a [`Part`] by the protocol's rules, and what that makes is read as any other response is.

mod anthropic;
mod choices;
mod cohere;
mod conversations;
mod converse;
mod event;
mod event_stream;
mod gemini;
mod genai;
mod interactions;
mod invoke;
mod llama;
mod part;
mod recording;
mod responses;
mod server_sent;
mod texts;
mod tgi;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use super::document::{Key, Node};
use super::usage::Usage;
use super::{Format, ProviderResponse, failure, surrogates};
use event::Event;
use part::Part;

pub(crate) use recording::read_stream;

/// One way of streaming: how to tell it, and what its events make.
struct Protocol {
    /// Whether an event is one of its.
    matches: fn(&Node<'_>) -> bool,
    take: fn(&mut Part, &Event<'_>),
    /// Completes the response, and says which it is.
    finish: fn(&mut Part) -> &'static Format,
}

/// All protocols; the first that knows an event is it.
const PROTOCOLS: &[Protocol] = &[
    choices::PROTOCOL,
    responses::PROTOCOL,
    anthropic::PROTOCOL,
    gemini::PROTOCOL,
    converse::PROTOCOL,
    cohere::V2,
    cohere::V1,
    cohere::GENERATE,
    texts::OLLAMA,
    texts::LEGACY,
    texts::LLAMA_CPP,
    texts::WATSONX,
    invoke::TITAN,
    invoke::LLAMA,
    invoke::MISTRAL,
    interactions::PROTOCOL,
    conversations::PROTOCOL,
    llama::PROTOCOL,
    tgi::PROTOCOL,
    genai::PROTOCOL,
];

/// Where Bedrock says what an invocation took, whichever model it was.
const METRICS: &str = "amazon-bedrock-invocationMetrics";

/// Puts together what a provider streams.
#[derive(Default)]
pub(crate) struct StreamReader {
    protocol: Option<&'static Protocol>,
    response: Part,
    error: Option<Box<RawValue>>,
    metrics: Option<Box<RawValue>>,
}

impl StreamReader {
    /// Takes the next event, as JSON. What is none, or is no provider's, is passed over.
    pub(crate) fn push(&mut self, event: &str) {
        let Some(event) = Event::of(event) else {
            return;
        };
        match unwrapped(&event) {
            Some(event) => {
                if let Some(event) = Event::of(&event) {
                    self.take(&event);
                }
            }
            None => self.take(&event),
        }
    }

    fn take(&mut self, event: &Event<'_>) {
        if let Some(error) = event.error() {
            self.error = Some(error);
        }
        if let Some(metrics) = event.get(METRICS) {
            self.metrics = Some(metrics.to_owned());
        }
        if self.protocol.is_none() {
            self.protocol = with_document(event.json(), protocol).flatten();
        }
        if let Some(protocol) = self.protocol {
            (protocol.take)(&mut self.response, event);
        }
    }

    /// What it all says, and the response that it makes. `None` if no event was a provider's.
    pub(crate) fn finish(mut self) -> Option<(ProviderResponse, Box<RawValue>)> {
        let format = (self.protocol?.finish)(&mut self.response);
        if let Some(error) = &self.error {
            self.response.field("error").keep(error);
        }
        if let Some(metrics) = &self.metrics {
            self.response.field(METRICS).keep(metrics);
        }
        let response = self.response.into_json()?;
        let mut says = with_document(&response, |document| {
            (format.read)(document).into_response(format.shape)
        })?;
        if says.tokens.is_none() {
            says.tokens = self.metrics.as_deref().and_then(|metrics| {
                with_document(metrics, |metrics| invocation(metrics).tokens()).flatten()
            });
        }
        let error = self
            .error
            .and_then(|error| with_document(&error, failure::error).flatten());
        says.failure = error.or(says.failure);
        Some((says, response))
    }
}

fn protocol(event: &Node<'_>) -> Option<&'static Protocol> {
    PROTOCOLS.iter().find(|protocol| (protocol.matches)(event))
}

/// The event inside one of Bedrock's, which gives what the model streams as bytes.
fn unwrapped(event: &Event<'_>) -> Option<String> {
    let chunk = event.get("chunk").map(Event::inside);
    let bytes = chunk.as_ref().unwrap_or(event).text("bytes")?;
    String::from_utf8(STANDARD.decode(bytes.as_bytes()).ok()?).ok()
}

fn invocation(metrics: &Node<'_>) -> Usage {
    let count = |key: Key| metrics[key].count();
    Usage {
        prompt: count(Key::InputTokenCount),
        completion: count(Key::OutputTokenCount),
        cache_read: count(Key::CacheReadInputTokenCount).unwrap_or(0),
        cache_write: count(Key::CacheWriteInputTokenCount).unwrap_or(0),
        ..Usage::default()
    }
}

fn with_document<T>(json: &RawValue, read: impl Fn(&Node<'_>) -> T) -> Option<T> {
    match Node::read(json.get()) {
        Some(document) => Some(read(&document)),
        None => Some(read(&Node::read(&surrogates::replaced(json.get())?)?)),
    }
}
