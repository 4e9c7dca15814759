//! The answer to a request: a chat completion.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time;

use super::request::ChatRequest;
use crate::{summary, tokens};

/// The sentences of an answer.
const SENTENCES: usize = 3;

/// What the model generated.
#[derive(Debug)]
pub(super) struct Generation {
    text: String,
    tokens: u64,
    /// Whether the text ends where it was meant to, and not at the limit.
    finished: bool,
}

impl Generation {
    /// Summarises `text` in at most `limit` tokens, each of which takes `pace`.
    ///
    /// Dropping the future stops generating, as when a client goes away.
    pub(super) async fn run(text: &str, limit: u64, pace: Duration) -> Self {
        let answer = summary::summarise(text, SENTENCES);
        let mut generation = Self {
            text: String::with_capacity(answer.len()),
            tokens: 0,
            finished: true,
        };
        for piece in tokens::pieces(&answer) {
            if generation.tokens == limit {
                generation.finished = false;
                break;
            }
            if !pace.is_zero() {
                time::sleep(pace).await;
            }
            generation.text.push_str(piece);
            generation.tokens += 1;
        }
        generation
    }
}

/// A chat completion, as OpenAI's API gives it.
#[derive(Debug, Serialize)]
pub(super) struct ChatCompletion {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    choices: [Choice; 1],
    usage: Usage,
}

#[derive(Debug, Serialize)]
struct Choice {
    index: u32,
    message: Message,
    logprobs: Option<()>,
    finish_reason: &'static str,
}

#[derive(Debug, Serialize)]
struct Message {
    role: &'static str,
    content: String,
    refusal: Option<()>,
}

#[derive(Debug, Serialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptTokens,
    completion_tokens_details: CompletionTokens,
}

#[derive(Debug, Default, Serialize)]
struct PromptTokens {
    cached_tokens: u64,
    audio_tokens: u64,
}

#[derive(Debug, Default, Serialize)]
struct CompletionTokens {
    reasoning_tokens: u64,
    audio_tokens: u64,
    accepted_prediction_tokens: u64,
    rejected_prediction_tokens: u64,
}

impl ChatCompletion {
    pub(super) fn new(request: ChatRequest, prompt_tokens: u64, generation: Generation) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap_or_default();
        Self {
            id: id(now),
            object: "chat.completion",
            created: now.as_secs(),
            model: request.model,
            choices: [Choice {
                index: 0,
                message: Message {
                    role: "assistant",
                    content: generation.text,
                    refusal: None,
                },
                logprobs: None,
                finish_reason: if generation.finished {
                    "stop"
                } else {
                    "length"
                },
            }],
            usage: Usage {
                prompt_tokens,
                completion_tokens: generation.tokens,
                total_tokens: prompt_tokens + generation.tokens,
                prompt_tokens_details: PromptTokens::default(),
                completion_tokens_details: CompletionTokens::default(),
            },
        }
    }
}

/// An id no other completion has: the time sets it apart from other processes' and the number from
/// this one's.
fn id(now: Duration) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("chatcmpl-{:x}{number:06x}", now.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_same_moment_differ() {
        assert_ne!(id(Duration::from_secs(1)), id(Duration::from_secs(1)));
    }
}
