//! What a provider's response says: its shape by structure alone, then text, tokens, tools and failure.
//!
//! Each shape is a [`Format`] in a file of its own; [`FORMATS`] is their order. What stands around an answer is an
//! [`envelope`].

#[macro_use]
mod key;

keys! { TURNS }

mod aleph_alpha;
mod anthropic;
mod baidu;
mod chat;
mod claude_code;
mod cloudflare;
mod codex;
mod cohere;
mod completions;
mod conversations;
mod converse;
mod dashscope;
mod dify;
mod document;
mod embeddings;
mod envelope;
mod failure;
mod gemini;
mod gemini_cli;
mod gemini_live;
mod genai;
mod images;
mod interactions;
mod invoke;
mod knowledge_base;
mod langchain;
mod llama;
mod llama_cpp;
mod lm_studio;
mod ollama;
mod openrouter;
mod provider_error;
mod reading;
mod replicate;
mod rerank;
mod responses;
mod rig;
mod sglang;
mod shape;
mod sonic;
mod speech;
mod stream;
mod surrogates;
mod tgi;
mod transcription;
mod usage;
mod vertex;
mod watsonx;
mod xai;
mod yandex;

use serde::Serialize;

use crate::Tokens;
use document::Node;
use reading::Reading;
use shape::FORMATS;

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
    /// The fields that it reads.
    keys: &'static [&'static str],
    /// So general that it counts only for what is known to be a response.
    only_declared: bool,
    matches: fn(&Node<'_>) -> bool,
    read: for<'n> fn(&'n Node<'_>) -> Reading<'n>,
}

impl Format {
    /// What a document of this shape says, or the turns of a session of which it consists.
    fn says(&self, document: &Node<'_>) -> ProviderResponse {
        let turns = document[TURNS].items().iter();
        let turns = turns.map(|turn| self.says(turn)).collect();
        ProviderResponse::together(turns)
            .unwrap_or_else(|| (self.read)(document).into_response(self.shape, document))
    }
}

/// Some servers put it before the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl ProviderResponse {
    /// Reads JSON that is known to be a provider's response, or to have one in it, such as a line of a
    /// batch's results. Of a list it says what its responses say together, or its chunks. `None` if it has
    /// no shape that this library knows, or is not JSON.
    pub fn read(json: &str) -> Option<Self> {
        Self::of(json, true)
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
            .then(|| Self::of(json, false))
            .flatten()
    }

    fn of(json: &str, is_declared: bool) -> Option<Self> {
        let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
        match Node::read(json) {
            // A list may be one of what was streamed.
            Some(document @ Node::List(_)) if is_declared => {
                stream::read_list(json).or_else(|| answer(&document, is_declared, 0))
            }
            Some(document) => answer(&document, is_declared, 0),
            None => Self::of(&surrogates::replaced(json)?, is_declared),
        }
    }

    /// What several answers say together.
    fn together(answers: Vec<Self>) -> Option<Self> {
        answers.into_iter().reduce(|earlier, later| Self {
            shape: later.shape,
            id: later.id,
            model: later.model.or(earlier.model),
            result: match (earlier.result, later.result) {
                (Some(earlier), Some(later)) => Some(format!("{earlier}\n{later}")),
                (earlier, later) => later.or(earlier),
            },
            tokens: match (earlier.tokens, later.tokens) {
                (Some(earlier), Some(later)) => Some(usage::both(earlier, later)),
                (earlier, later) => later.or(earlier),
            },
            used_tools: [earlier.used_tools, later.used_tools].concat(),
            finish_reason: later.finish_reason,
            failure: later.failure,
        })
    }
}

/// What a document says, or the answers in the envelope that it is.
fn answer(document: &Node<'_>, is_declared: bool, depth: usize) -> Option<ProviderResponse> {
    let mut formats = FORMATS
        .iter()
        .filter(|format| (is_declared || !format.only_declared) && format.shape != Shape::Error);
    if let Some(format) = formats.find(|format| (format.matches)(document)) {
        return Some(format.says(document));
    }
    if depth < envelope::DEPTH {
        if is_declared && let Node::List(answers) = document {
            return together(answers, is_declared, depth);
        }
        let inside = envelope::inside(document, is_declared)
            .find_map(|answers| together(answers, is_declared, depth));
        if inside.is_some() {
            return inside;
        }
    }
    (is_declared && depth == 0)
        .then(|| error(document, depth))
        .flatten()
}

/// What those of several documents say together that are answers.
fn together(documents: &[Node<'_>], is_declared: bool, depth: usize) -> Option<ProviderResponse> {
    let answers = documents.iter();
    let answers = answers.filter_map(|each| answer(each, is_declared, depth + 1));
    ProviderResponse::together(answers.collect())
}

/// The error that stands in place of an answer, or in the envelope of one.
fn error(document: &Node<'_>, depth: usize) -> Option<ProviderResponse> {
    let mut formats = FORMATS
        .iter()
        .filter(|format| (depth == 0 || !format.only_declared) && format.shape == Shape::Error);
    if let Some(format) = formats.find(|format| (format.matches)(document)) {
        return Some(format.says(document));
    }
    if depth == envelope::DEPTH || !envelope::is_one(document) {
        return None;
    }
    let inside = envelope::inside(document, true).find_map(|answers| {
        let errors = answers.iter().filter_map(|each| error(each, depth + 1));
        ProviderResponse::together(errors.collect())
    });
    inside.or_else(|| {
        let reading = Reading {
            failure: Some(envelope::trouble(document)?),
            ..Reading::default()
        };
        Some(reading.into_response(Shape::Error, document))
    })
}
