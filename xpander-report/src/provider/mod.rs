//! What a provider's response says: its shape by structure alone, then text, tokens, tools and failure.
//!
//! Each shape is a [`Format`] in a file of its own; [`FORMATS`] is their order.

mod aleph_alpha;
mod anthropic;
mod chat;
mod cloudflare;
mod cohere;
mod completions;
mod conversations;
mod converse;
mod dashscope;
mod document;
mod embeddings;
mod failure;
mod gemini;
mod genai;
mod images;
mod interactions;
mod invoke;
mod langchain;
mod llama;
mod llama_cpp;
mod ollama;
mod provider_error;
mod reading;
mod replicate;
mod rerank;
mod responses;
mod rig;
mod shape;
mod stream;
mod surrogates;
mod tgi;
mod transcription;
mod usage;
mod vertex;
mod watsonx;
mod xai;

use serde::Serialize;

use crate::Tokens;
use document::Node;
use reading::Reading;

pub use shape::Shape;
pub(crate) use stream::{StreamReader, read_stream};

/// What a provider's response says, whichever provider it is.
///
/// Serialises to one JSON object with the fields below, except for `id`.
///
/// ```
/// use xpander_report::{ProviderResponse, Shape, Tokens};
///
/// let response = ProviderResponse::read(
///     r#"{"id": "msg_1", "model": "claude-opus-4-6", "stop_reason": "end_turn",
///         "content": [{"type": "text", "text": "Hello!"}],
///         "usage": {"input_tokens": 12, "output_tokens": 6}}"#,
/// )
/// .ok_or("this is no response")?;
/// assert_eq!(response.shape, Shape::AnthropicMessages);
/// assert_eq!(response.result.as_deref(), Some("Hello!"));
/// assert_eq!(response.tokens, Some(Tokens::new(12, 6)));
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProviderResponse {
    /// Which API the response comes from.
    pub shape: Shape,
    /// The provider's id of the response.
    #[serde(skip)]
    pub id: Option<String>,
    /// The model that answered, as the provider names it.
    pub model: Option<String>,
    /// The assistant's text.
    pub result: Option<String>,
    /// How many tokens it took; `None` if the provider does not say.
    pub tokens: Option<Tokens>,
    /// The tools that the model called, a name for each call.
    pub used_tools: Vec<String>,
    /// Why the model stopped, in the provider's word.
    pub finish_reason: Option<String>,
    /// Why the response is a failure, in words for people; `None` if it is none.
    pub failure: Option<String>,
}

/// One shape: how to tell it, and what it says.
struct Format {
    shape: Shape,
    /// So general that it counts only for what is known to be a response.
    only_declared: bool,
    matches: fn(&Node<'_>) -> bool,
    read: for<'n> fn(&'n Node<'_>) -> Reading<'n>,
}

/// All shapes; the first that matches is it.
const FORMATS: &[Format] = &[
    chat::FORMAT,
    completions::FORMAT,
    responses::FORMAT,
    gemini::FORMAT,
    anthropic::MESSAGES,
    converse::FORMAT,
    cohere::V2,
    cohere::V1,
    cohere::GENERATE,
    ollama::FORMAT,
    xai::FORMAT,
    invoke::TITAN,
    invoke::LLAMA,
    invoke::AI21,
    invoke::MISTRAL,
    anthropic::LEGACY,
    aleph_alpha::FORMAT,
    cloudflare::FORMAT,
    conversations::FORMAT,
    dashscope::FORMAT,
    images::FORMAT,
    interactions::FORMAT,
    llama::FORMAT,
    llama_cpp::FORMAT,
    replicate::FORMAT,
    transcription::FORMAT,
    vertex::FORMAT,
    watsonx::FORMAT,
    rig::COMPLETION,
    rig::PROMPT,
    genai::FORMAT,
    langchain::FORMAT,
    tgi::FORMAT,
    embeddings::FORMAT,
    rerank::FORMAT,
    provider_error::FORMAT,
];

/// Some servers put it before the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl ProviderResponse {
    /// Reads JSON that is known to be a provider's response. `None` if it has no shape that this
    /// library knows, or is not JSON.
    pub fn read(json: &str) -> Option<Self> {
        Self::of(json, |_| true)
    }

    /// Reads the whole body of an answer that a provider streamed, as it was recorded: server-sent
    /// events, JSON line by line, a list of chunks, or AWS's binary event stream. A body that was not
    /// streamed is read as [`read`](Self::read) does.
    ///
    /// Of a stream that was cut off it says what came; of one that an error ended, what came before and
    /// that it failed. `None` if it is no provider's stream that this library knows.
    ///
    /// ```
    /// use xpander_report::{ProviderResponse, Tokens};
    ///
    /// let response = ProviderResponse::read_stream(
    ///     br#"data: {"id": "c1", "model": "gpt-5", "choices": [{"delta": {"content": "Hel"}}]}
    ///
    /// data: {"id": "c1", "model": "gpt-5", "choices": [{"delta": {"content": "lo!"}}]}
    ///
    /// data: {"id": "c1", "model": "gpt-5", "choices": [],
    /// data:  "usage": {"prompt_tokens": 12, "completion_tokens": 6}}
    ///
    /// data: [DONE]
    /// "#,
    /// )
    /// .ok_or("this is no stream")?;
    /// assert_eq!(response.result.as_deref(), Some("Hello!"));
    /// assert_eq!(response.tokens, Some(Tokens::new(12, 6)));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn read_stream(recording: &[u8]) -> Option<Self> {
        read_stream(recording).map(|(response, _)| response)
    }

    /// Reads JSON that may be anything, such as what a function returned.
    pub(crate) fn recognise(json: &str) -> Option<Self> {
        // What is no object counts only if it is declared.
        json.starts_with('{')
            .then(|| Self::of(json, |format| !format.only_declared))
            .flatten()
    }

    fn of(json: &str, counts: fn(&Format) -> bool) -> Option<Self> {
        let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
        let Some(document) = Node::read(json) else {
            return Self::of(&surrogates::replaced(json)?, counts);
        };
        let mut formats = FORMATS.iter().filter(|format| counts(format));
        let format = formats.find(|format| (format.matches)(&document))?;
        Some((format.read)(&document).into_response(format.shape))
    }
}
