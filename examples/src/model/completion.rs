//! The answer to a request: a chat completion.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::generation::{Piece, Writing};
use super::request::ChatRequest;

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
    content: Option<String>,
    refusal: Option<()>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall>,
}

#[derive(Debug, Serialize)]
struct ToolCall {
    id: String,
    r#type: &'static str,
    function: Function,
}

#[derive(Debug, Serialize)]
struct Function {
    name: String,
    /// JSON as text, as a model writes it.
    arguments: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Usage {
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
    /// Waits until all of it is written.
    pub(super) async fn new(
        request: ChatRequest,
        prompt_tokens: u64,
        mut writing: Writing,
    ) -> Self {
        let mut content = (!writing.calls_tools).then(String::new);
        let mut tool_calls: Vec<ToolCall> = Vec::new();
        while let Some(piece) = writing.next().await {
            match (piece, &mut content, tool_calls.last_mut()) {
                (Piece::Text(token), Some(text), _) => text.push_str(&token),
                (Piece::Name(name), ..) => tool_calls.push(ToolCall::new(name)),
                (Piece::Arguments(token), _, Some(call)) => {
                    call.function.arguments.push_str(&token);
                }
                _ => {}
            }
        }
        let now = now();
        Self {
            id: unique("chatcmpl-", now),
            object: "chat.completion",
            created: now.as_secs(),
            model: request.model,
            choices: [Choice {
                index: 0,
                message: Message {
                    role: "assistant",
                    content,
                    refusal: None,
                    tool_calls,
                },
                logprobs: None,
                finish_reason: writing.finish_reason(),
            }],
            usage: Usage::new(prompt_tokens, writing.tokens),
        }
    }
}

impl Usage {
    pub(super) fn new(prompt_tokens: u64, completion_tokens: u64) -> Self {
        Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens + completion_tokens,
            prompt_tokens_details: PromptTokens::default(),
            completion_tokens_details: CompletionTokens::default(),
        }
    }
}

impl ToolCall {
    fn new(name: String) -> Self {
        Self {
            id: unique("call_", now()),
            r#type: "function",
            function: Function {
                name,
                arguments: String::new(),
            },
        }
    }
}

/// The time since 1970.
pub(super) fn now() -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default()
}

/// A unique id: the time distinguishes processes, and the number distinguishes ids of this process.
pub(super) fn unique(prefix: &str, now: Duration) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}{:x}{number:06x}", now.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_same_moment_differ() {
        let now = Duration::from_secs(1);
        assert_ne!(unique("", now), unique("", now));
    }
}
