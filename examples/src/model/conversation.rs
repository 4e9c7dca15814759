//! Checks the order of a request's messages: each call of a tool has exactly one answer.

use super::error::ApiError;
use super::message::{Message, Role, ToolCall};

/// Refuses an answer without a call, and a call without an answer.
pub(super) fn check(messages: &[Message]) -> Result<(), ApiError> {
    let mut calls: &[ToolCall] = &[];
    let mut unanswered: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        if message.role == Role::Tool {
            let id = answered(message, index, calls)?;
            unanswered.retain(|call| *call != id);
            continue;
        }
        all_answered(&unanswered, index)?;
        calls = match message.role {
            Role::Assistant => message.tool_calls(),
            _ => &[],
        };
        unanswered = calls.iter().map(|call| &*call.id).collect();
    }
    all_answered(&unanswered, messages.len())
}

/// The call of `calls` that the tool's message at `index` answers.
fn answered<'a>(
    message: &'a Message,
    index: usize,
    calls: &[ToolCall],
) -> Result<&'a str, ApiError> {
    if calls.is_empty() {
        let error = "Invalid parameter: messages with role 'tool' must be a response to a \
                     preceding message with 'tool_calls'.";
        return Err(ApiError::bad_request(error).param(format!("messages.[{index}].role")));
    }
    let param = format!("messages.[{index}].tool_call_id");
    let Some(id) = &message.tool_call_id else {
        let error = "Missing parameter 'tool_call_id': messages with role 'tool' must have a \
                     'tool_call_id'.";
        return Err(ApiError::bad_request(error).param(param));
    };
    if !calls.iter().any(|call| call.id == *id) {
        let error = format!(
            "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous \
             message."
        );
        return Err(ApiError::bad_request(error).param(param));
    }
    Ok(id)
}

/// The message at `index` comes where answers to `unanswered` calls should.
fn all_answered(unanswered: &[&str], index: usize) -> Result<(), ApiError> {
    if unanswered.is_empty() {
        return Ok(());
    }
    let error = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to \
         each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
        unanswered.join(", ")
    );
    Err(ApiError::bad_request(error).param(format!("messages.[{index}].role")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_all(messages: &str) -> Result<(), ApiError> {
        let messages: Vec<Message> = serde_json::from_str(messages).unwrap();
        check(&messages)
    }

    fn calls(ids: &[&str]) -> String {
        let calls: Vec<_> = ids
            .iter()
            .map(|id| {
                format!(
                    r#"{{"id": "{id}", "type": "function",
                         "function": {{"name": "f", "arguments": "{{}}"}}}}"#
                )
            })
            .collect();
        format!(
            r#"{{"role": "assistant", "tool_calls": [{}]}}"#,
            calls.join(",")
        )
    }

    #[test]
    fn calls_that_are_all_answered_in_any_order_pass() {
        let both = calls(&["a", "b"]);
        let messages = format!(
            r#"[{{"role": "user", "content": "q"}}, {both},
                {{"role": "tool", "tool_call_id": "b", "content": "2"}},
                {{"role": "tool", "tool_call_id": "a", "content": "1"}},
                {{"role": "user", "content": "q"}}]"#
        );
        assert_eq!(check_all(&messages), Ok(()));
    }

    #[test]
    fn calls_answered_before_are_not_answered_again() {
        let call = calls(&["a"]);
        let again = format!(
            r#"[{call}, {{"role": "tool", "tool_call_id": "a", "content": "1"}},
                {{"role": "user", "content": "q"}},
                {{"role": "tool", "tool_call_id": "a", "content": "1"}}]"#
        );
        assert!(check_all(&again).is_err());
    }

    #[test]
    fn a_call_without_an_answer_is_refused_wherever_it_stands() {
        let call = calls(&["a"]);
        assert!(check_all(&format!("[{call}]")).is_err());
        assert!(check_all(&format!(r#"[{call}, {{"role": "user", "content": "q"}}]"#)).is_err());
    }
}
