//! The request for a chat completion.

use axum::http::StatusCode;
use serde::Deserialize;

use super::endpoint::{CONTEXT_WINDOW, MODEL, SLOW_MODEL};
use super::error::ApiError;
use super::message::{Message, Role};
use super::tool::{self, Choice, Tool};
use super::{conversation, turn::Turn};

/// The tokens for the beginning of the answer.
const ANSWER: u64 = 3;

/// A request for a chat completion, as far as the endpoint reads it.
///
/// Other parameters are ignored, because they would not change the model's answer.
#[derive(Debug, Deserialize)]
pub(super) struct ChatRequest {
    pub(super) model: String,
    messages: Vec<Message>,
    tools: Option<Vec<Tool>>,
    tool_choice: Option<Choice>,
    parallel_tool_calls: Option<bool>,
    max_completion_tokens: Option<u64>,
    /// The former name of `max_completion_tokens`.
    max_tokens: Option<u64>,
    n: Option<u64>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

impl ChatRequest {
    pub(super) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let request: Self = serde_json::from_slice(body).map_err(|error| {
            ApiError::bad_request(if error.is_data() {
                format!("Invalid request: {error}.")
            } else {
                format!("We could not parse the JSON body of your request: {error}.")
            })
        })?;
        request.check()?;
        Ok(request)
    }

    fn check(&self) -> Result<(), ApiError> {
        if self.model != MODEL && self.model != SLOW_MODEL {
            let message = format!("The model `{}` does not exist.", self.model);
            let error = ApiError::new(StatusCode::NOT_FOUND, message);
            return Err(error.param("model").code("model_not_found"));
        }
        if self.stream_options.is_some() && !self.is_streamed() {
            let message =
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
            return Err(ApiError::bad_request(message).param("stream_options"));
        }
        if self.n.is_some_and(|n| n != 1) {
            return Err(unsupported("This model gives one choice only.").param("n"));
        }
        if self.max_completion_tokens.or(self.max_tokens) == Some(0) {
            let message = "Invalid maximum of tokens: 0. Expected at least 1.";
            let error = ApiError::bad_request(message).code("integer_below_min_value");
            return Err(error.param("max_completion_tokens"));
        }
        if self.messages.iter().any(Message::has_other_parts) {
            let message = "This model reads text only.";
            return Err(unsupported(message).param("messages"));
        }
        if !self
            .messages
            .iter()
            .any(|message| message.role == Role::User)
        {
            let message = "This model needs a message with the role 'user'.";
            return Err(ApiError::bad_request(message).param("messages"));
        }
        tool::check(self.tools.as_deref(), self.tool_choice.as_ref())?;
        conversation::check(&self.messages)
    }

    /// The number of tokens in the messages and the tools, or an error if they don't fit the context window.
    pub(super) fn prompt_tokens(&self) -> Result<u64, ApiError> {
        let messages = self.messages.iter().map(Message::tokens);
        let tools = self.tools.iter().flatten().map(Tool::tokens);
        let tokens = ANSWER + messages.chain(tools).sum::<u64>();
        if tokens <= CONTEXT_WINDOW {
            return Ok(tokens);
        }
        let message = format!(
            "This model's maximum context length is {CONTEXT_WINDOW} tokens. However, your \
             messages resulted in {tokens} tokens. Please reduce the length of the messages."
        );
        let error = ApiError::bad_request(message).code("context_length_exceeded");
        Err(error.param("messages"))
    }

    /// How many tokens the answer to a prompt of `prompt_tokens` may have.
    pub(super) fn limit(&self, prompt_tokens: u64) -> u64 {
        let room = CONTEXT_WINDOW.saturating_sub(prompt_tokens);
        let limit = self.max_completion_tokens.or(self.max_tokens);
        limit.map_or(room, |limit| limit.min(room))
    }

    /// Whether the answer is wanted piece by piece.
    pub(super) fn is_streamed(&self) -> bool {
        self.stream == Some(true)
    }

    /// Whether a streamed answer ends with its usage.
    pub(super) fn includes_usage(&self) -> bool {
        let options = self.stream_options.as_ref();
        options.is_some_and(|options| options.include_usage)
    }

    /// The model's next turn.
    pub(super) fn turn(&self) -> Turn {
        let tools = self.tools.as_deref().unwrap_or_default();
        let mut turn = Turn::new(&self.messages, tools, self.tool_choice.as_ref());
        if self.parallel_tool_calls == Some(false)
            && let Turn::Call(calls) = &mut turn
        {
            calls.truncate(1);
        }
        turn
    }
}

fn unsupported(message: &str) -> ApiError {
    ApiError::bad_request(message).code("unsupported_value")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(parameters: &str) -> Result<ChatRequest, ApiError> {
        ChatRequest::parse(format!(r#"{{"model": "extractive-1", {parameters}}}"#).as_bytes())
    }

    #[test]
    fn every_message_counts() {
        let tokens = |messages: &str| {
            let request = parse(&format!(r#""messages": [{messages}]"#)).unwrap();
            request.prompt_tokens().unwrap()
        };
        let user = r#"{"role": "user", "content": "four word"}"#;
        let system = r#"{"role": "system", "content": "Be brief."}"#;
        assert_eq!(tokens(user), 3 + 4 + 2);
        assert_eq!(tokens(&format!("{system}, {user}")), 3 + (4 + 4) + (4 + 2));
        let call = r#"{"role": "assistant", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "word", "arguments": "{}"}}
        ]}, {"role": "tool", "tool_call_id": "a", "content": "four word"}"#;
        assert_eq!(tokens(&format!("{user}, {call}")), 3 + 6 + (4 + 1 + 2) + 6);
    }

    #[test]
    fn a_tool_counts_with_its_name_its_description_and_its_parameters() {
        let tokens = |function: &str| {
            let user = r#""messages": [{"role": "user", "content": ""}]"#;
            let tools = format!(r#""tools": [{{"type": "function", "function": {function}}}]"#);
            parse(&format!("{user}, {tools}"))
                .unwrap()
                .prompt_tokens()
                .unwrap()
        };
        assert_eq!(tokens(r#"{"name": "word"}"#), 7 + 1);
        assert_eq!(
            tokens(r#"{"name": "word", "description": "four word", "parameters": {}}"#),
            7 + 1 + 2 + 2
        );
    }

    #[test]
    fn the_answer_is_limited_by_the_request_and_by_the_context_window() {
        let limit = |parameter: &str, prompt| {
            let messages = r#""messages": [{"role": "user", "content": ""}]"#;
            parse(&format!("{parameter} {messages}"))
                .unwrap()
                .limit(prompt)
        };
        assert_eq!(limit("", 10), CONTEXT_WINDOW - 10);
        assert_eq!(limit(r#""max_tokens": 5,"#, 10), 5);
        assert_eq!(
            limit(r#""max_completion_tokens": 6, "max_tokens": 5,"#, 10),
            6
        );
        assert_eq!(limit(r#""max_tokens": 5,"#, CONTEXT_WINDOW - 2), 2);
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        let user = r#""messages": [{"role": "user", "content": "a"}]"#;
        for parameters in [
            format!(r#"{user}, "stream_options": {{"include_usage": true}}"#),
            format!(r#"{user}, "n": 2"#),
            format!(r#"{user}, "max_tokens": 0"#),
            format!(r#"{user}, "tools": []"#),
            format!(r#"{user}, "tools": [{{"type": "custom", "custom": {{"name": "a"}}}}]"#),
            format!(r#"{user}, "tools": [{{"type": "function", "function": {{"name": "a b"}}}}]"#),
            format!(r#"{user}, "tool_choice": "auto""#),
            format!(
                r#"{user}, "tools": [{{"type": "function", "function": {{"name": "a"}}}}],
                    "tool_choice": {{"type": "function", "function": {{"name": "b"}}}}"#
            ),
            r#""messages": []"#.to_owned(),
            r#""messages": [{"role": "system", "content": "a"}]"#.to_owned(),
            r#""messages": [{"role": "nobody", "content": "a"}]"#.to_owned(),
            r#""messages": [{"role": "user", "content": [{"type": "image_url"}]}]"#.to_owned(),
        ] {
            assert!(parse(&parameters).is_err(), "{parameters}");
        }
        assert!(parse(&format!(r#"{user}, "stream": true"#)).is_ok());
        assert!(parse(&format!(r#"{user}, "stream": false, "n": 1, "top_p": 0.5"#)).is_ok());
    }
}
