//! What a provider streams, put together: one response in the shape that it would have had unstreamed.
//!
//! Each way of streaming is a [`Protocol`] in a file of its own; [`PROTOCOLS`] is their order. The events
//! fill a [`Part`] by the protocol's rules, and what that makes is read as any other response is.

mod agents;
mod anthropic;
mod choices;
mod clouds;
mod cohere;
mod conversations;
mod converse;
mod dashscope;
mod dify;
mod event;
mod event_stream;
mod gemini;
mod genai;
mod growth;
mod interactions;
mod invoke;
mod llama;
mod media;
mod part;
mod recording;
mod responses;
mod scan;
mod server_sent;
mod servers;
mod sessions;
mod texts;
mod tgi;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use super::document::Node;
use super::key::Key;
use super::usage::Usage;
use super::{Format, ProviderResponse, envelope, failure, surrogates};
pub(super) use event::Event;
use part::Part;

pub(super) use recording::read_list;
pub(crate) use recording::read_stream;

/// One way of streaming: how to tell it, and what its events make.
pub(super) struct Protocol {
    /// The fields that tell it.
    pub(super) keys: &'static [&'static str],
    /// Whether an event is one of its.
    matches: fn(&Node<'_>) -> bool,
    take: fn(&mut Part, &Event<'_>),
    /// Completes the response, and says which it is.
    finish: fn(&mut Part) -> &'static Format,
}

/// All protocols; the first that knows an event is it.
pub(super) const PROTOCOLS: &[Protocol] = &[
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
    dashscope::PROTOCOL,
    media::TRANSCRIPTION,
    media::IMAGES,
    media::SPEECH,
    sessions::GEMINI_LIVE,
    sessions::SONIC,
    servers::SGLANG,
    servers::LM_STUDIO,
    servers::REPLICATE,
    clouds::CLOUDFLARE,
    clouds::YANDEX,
    clouds::BAIDU,
    clouds::KNOWLEDGE_BASE,
    clouds::ORACLE,
    clouds::ORACLE_COHERE,
    dify::PROTOCOL,
    agents::CLAUDE_CODE,
    agents::CODEX,
    agents::GEMINI_CLI,
];

keys! {
    CACHE_READ_INPUT_TOKEN_COUNT CACHE_WRITE_INPUT_TOKEN_COUNT INPUT_TOKEN_COUNT IS_FINISHED
    OUTPUT_TOKEN_COUNT RESPONSE TEXT
}

/// Where Bedrock says what an invocation took, whichever model it was.
const METRICS: &str = "amazon-bedrock-invocationMetrics";

/// Puts together what a provider streams.
#[derive(Default)]
pub(crate) struct StreamReader {
    protocol: Option<&'static Protocol>,
    /// Events of which only a later one tells whose they are.
    early: Vec<String>,
    response: Part,
    error: Option<String>,
    metrics: Option<String>,
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
                    self.open(&event, 0);
                }
            }
            None => self.open(&event, 0),
        }
    }

    /// Takes an event, or the one that lies in it.
    fn open(&mut self, event: &Event<'_>, depth: usize) {
        // What comes to its end all the same got over what went wrong.
        if event.is_end() {
            self.error = None;
        }
        if let Some(error) = event.error() {
            self.error = Some(error.into_owned());
        }
        match envelope::event(event) {
            Some(inside) if depth < envelope::DEPTH => self.open(inside, depth + 1),
            _ => self.take(event),
        }
    }

    fn take(&mut self, event: &Event<'_>) {
        if let Some(metrics) = event.get(METRICS) {
            self.metrics = Some(metrics.raw().to_owned());
        }
        if self.protocol.is_none() {
            let (protocol, is_early) = with_document(event.raw(), told).unwrap_or_default();
            self.protocol = protocol;
            if is_early && self.early.len() < EARLY {
                self.early.push(event.raw().to_owned());
            }
            if let Some(protocol) = protocol {
                for event in std::mem::take(&mut self.early) {
                    if let Some(event) = Event::of(&event) {
                        (protocol.take)(&mut self.response, &event);
                    }
                }
            }
        }
        if let Some(protocol) = self.protocol {
            (protocol.take)(&mut self.response, event);
        }
    }

    /// What it all says, and the response that it makes. `None` if no event was a provider's.
    pub(crate) fn finish(mut self) -> Option<(ProviderResponse, Box<RawValue>)> {
        let format = (self.protocol?.finish)(&mut self.response);
        if let Some(error) = &self.error {
            self.response.field("error").keep_json(error);
        }
        if let Some(metrics) = &self.metrics {
            self.response.field(METRICS).keep_json(metrics);
        }
        let response = self.response.into_json()?;
        let mut says = with_document(response.get(), |document| format.says(document))?;
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

/// No more events are kept before one tells whose they are.
const EARLY: usize = 1 << 14;

/// Whose an event is; else whether a later one may tell: Cohere's through Bedrock, and Cloudflare's, have a text
/// and little else.
fn told(event: &Node<'_>) -> (Option<&'static Protocol>, bool) {
    let mut protocols = PROTOCOLS.iter();
    let protocol = protocols.find(|protocol| (protocol.matches)(event));
    let is_early = event[TEXT].is_text() && event[IS_FINISHED] == Node::Bool(false)
        || event[RESPONSE].is_text() && event.has_only(&[RESPONSE]);
    (protocol, protocol.is_none() && is_early)
}

/// The event inside one of Bedrock's, which gives what the model streams as bytes.
fn unwrapped(event: &Event<'_>) -> Option<String> {
    let bytes = event.get("chunk").unwrap_or(event).text("bytes")?;
    String::from_utf8(STANDARD.decode(bytes.as_bytes()).ok()?).ok()
}

fn invocation(metrics: &Node<'_>) -> Usage {
    let count = |key: Key| metrics[key].count();
    Usage {
        prompt: count(INPUT_TOKEN_COUNT),
        completion: count(OUTPUT_TOKEN_COUNT),
        cache_read: count(CACHE_READ_INPUT_TOKEN_COUNT).unwrap_or(0),
        cache_write: count(CACHE_WRITE_INPUT_TOKEN_COUNT).unwrap_or(0),
        ..Usage::default()
    }
}

fn with_document<T>(json: &str, read: impl Fn(&Node<'_>) -> T) -> Option<T> {
    match Node::read(json) {
        Some(document) => Some(read(&document)),
        None => Some(read(&Node::read(&surrogates::replaced(json)?)?)),
    }
}
