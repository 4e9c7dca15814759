//! The answer to a request that asks for a stream: a chunk of a chat completion for each token.

use std::convert::Infallible;

use axum::response::sse::{Event, Sse};
use futures_util::stream::{self, Stream};
use serde::Serialize;

use super::completion::{Usage, now, unique};
use super::generation::{Piece, Writing};
use super::request::ChatRequest;

/// A chunk of a chat completion, as OpenAI's API gives it.
#[derive(Debug, Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: &'a [Choice],
    /// Null in all chunks but the last, and left out unless it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
}

#[derive(Debug, Serialize)]
struct Choice {
    index: u32,
    delta: Delta,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

#[derive(Debug, Default, Serialize)]
struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[ToolCall; 1]>,
}

#[derive(Debug, Serialize)]
struct ToolCall {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    function: Function,
}

#[derive(Debug, Serialize)]
struct Function {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    arguments: String,
}

/// The state of an answer.
#[derive(Debug, Clone, Copy)]
enum Step {
    Role,
    Pieces,
    Usage,
    Done,
    Over,
}

struct Answer {
    id: String,
    created: u64,
    model: String,
    prompt_tokens: u64,
    includes_usage: bool,
    writing: Writing,
    /// How many calls of tools are begun.
    calls: usize,
    step: Step,
}

/// The answer's events, each sent when it is written.
pub(super) fn answer(
    request: &ChatRequest,
    prompt_tokens: u64,
    writing: Writing,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let now = now();
    let answer = Answer {
        id: unique("chatcmpl-", now),
        created: now.as_secs(),
        model: request.model.clone(),
        prompt_tokens,
        includes_usage: request.includes_usage(),
        writing,
        calls: 0,
        step: Step::Role,
    };
    Sse::new(stream::unfold(answer, |mut answer| async {
        let data = answer.next().await?;
        Some((Ok(Event::default().data(data)), answer))
    }))
}

impl Answer {
    /// The data of the next event.
    async fn next(&mut self) -> Option<String> {
        match self.step {
            Step::Role => {
                self.step = Step::Pieces;
                let content = (!self.writing.calls_tools).then(String::new);
                let delta = Delta {
                    role: Some("assistant"),
                    content: Some(content),
                    ..Delta::default()
                };
                Some(self.delta(delta, None))
            }
            Step::Pieces => match self.writing.next().await {
                Some(piece) => {
                    let delta = self.written(piece);
                    Some(self.delta(delta, None))
                }
                None => {
                    self.step = match self.includes_usage {
                        true => Step::Usage,
                        false => Step::Done,
                    };
                    let reason = self.writing.finish_reason();
                    Some(self.delta(Delta::default(), Some(reason)))
                }
            },
            Step::Usage => {
                self.step = Step::Done;
                let usage = Usage::new(self.prompt_tokens, self.writing.tokens);
                Some(self.chunk(&[], Some(usage)))
            }
            Step::Done => {
                self.step = Step::Over;
                Some("[DONE]".to_owned())
            }
            Step::Over => None,
        }
    }

    fn written(&mut self, piece: Piece) -> Delta {
        let (id, name, arguments) = match piece {
            Piece::Text(token) => {
                return Delta {
                    content: Some(Some(token)),
                    ..Delta::default()
                };
            }
            Piece::Name(name) => {
                self.calls += 1;
                (Some(unique("call_", now())), Some(name), String::new())
            }
            Piece::Arguments(token) => (None, None, token),
        };
        let call = ToolCall {
            index: self.calls.saturating_sub(1),
            r#type: id.is_some().then_some("function"),
            id,
            function: Function { name, arguments },
        };
        Delta {
            tool_calls: Some([call]),
            ..Delta::default()
        }
    }

    fn delta(&self, delta: Delta, finish_reason: Option<&'static str>) -> String {
        let choice = Choice {
            index: 0,
            delta,
            logprobs: None,
            finish_reason,
        };
        self.chunk(&[choice], None)
    }

    fn chunk(&self, choices: &[Choice], usage: Option<Usage>) -> String {
        let chunk = Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            choices,
            usage: self.includes_usage.then_some(usage),
        };
        // Serialising it cannot fail.
        serde_json::to_string(&chunk).unwrap_or_default()
    }
}
