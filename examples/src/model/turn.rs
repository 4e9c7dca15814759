//! The model's turn in a conversation: an answer, or calls of tools.

use super::call::{self, Call};
use super::message::{Message, Role};
use super::tool::{Choice, Function, Mode, Tool};
use crate::summary;

/// The sentences of an answer.
const SENTENCES: usize = 3;

#[derive(Debug, PartialEq)]
pub(super) enum Turn {
    Answer(String),
    Call(Vec<Call>),
}

impl Turn {
    /// The turn after `messages`, which are in order.
    pub(super) fn new(messages: &[Message], tools: &[Tool], choice: Option<&Choice>) -> Self {
        let last = messages.last().map(|message| message.role);
        if last == Some(Role::Tool) {
            return Self::Answer(results(messages));
        }
        let question = messages.iter().rev();
        let question = question.clone().find(|message| message.role == Role::User);
        let question = question.map(Message::text).unwrap_or_default();
        if last == Some(Role::User) {
            let calls = calls(&question, tools, choice);
            if !calls.is_empty() {
                return Self::Call(calls);
            }
        }
        Self::Answer(summary::summarise(&question, SENTENCES))
    }
}

fn calls(question: &str, tools: &[Tool], choice: Option<&Choice>) -> Vec<Call> {
    let mut tools: Vec<&Function> = tools.iter().map(Tool::function).collect();
    let is_free = match choice {
        None | Some(Choice::Mode(Mode::Auto)) => true,
        Some(Choice::Mode(Mode::None)) => return Vec::new(),
        Some(Choice::Mode(Mode::Required)) => false,
        Some(Choice::Named { function }) => {
            tools.retain(|tool| tool.name == function.name);
            false
        }
    };
    let calls = call::suggested(question, &tools);
    match tools.first() {
        Some(tool) if calls.is_empty() && !is_free => vec![Call::about(tool, question)],
        _ => calls,
    }
}

/// The results that `messages` end with, each on a line with the name of its tool.
fn results(messages: &[Message]) -> String {
    let is_result = |message: &Message| message.role == Role::Tool;
    let first = messages.iter().rposition(|message| !is_result(message));
    let (before, results) = messages.split_at(first.map_or(0, |index| index + 1));
    let calls = before.last().map(Message::tool_calls).unwrap_or_default();
    let lines: Vec<String> = results
        .iter()
        .map(|result| {
            let id = result.tool_call_id.as_deref();
            let call = calls.iter().find(|call| Some(&*call.id) == id);
            let text = result.text();
            match call {
                Some(call) => format!("{}: {}", call.function.name, text.trim()),
                None => text.trim().to_owned(),
            }
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn turn(messages: &str, choice: Option<&str>) -> Turn {
        let messages: Vec<Message> = serde_json::from_str(messages).unwrap();
        let tools: Vec<Tool> = serde_json::from_value(json!([
            {"type": "function", "function": {"name": "calculate"}},
            {"type": "function", "function": {"name": "clock"}},
        ]))
        .unwrap();
        let choice: Option<Choice> = choice.map(|choice| serde_json::from_str(choice).unwrap());
        Turn::new(&messages, &tools, choice.as_ref())
    }

    fn names(turn: Turn) -> Vec<String> {
        match turn {
            Turn::Call(calls) => calls.into_iter().map(|call| call.name).collect(),
            Turn::Answer(_) => Vec::new(),
        }
    }

    #[test]
    fn the_last_user_message_is_answered() {
        let messages = r#"[
            {"role": "system", "content": "Calculate."},
            {"role": "user", "content": "Calculate."},
            {"role": "user", "content": [
                {"type": "text", "text": "It rains a lot here."}, {"type": "text", "text": "Indeed."}
            ]}
        ]"#;
        let Turn::Answer(answer) = turn(messages, None) else {
            panic!("nothing to call")
        };
        assert!(answer.starts_with("It rains"), "{answer}");
        assert!(!answer.contains("Calculate"), "{answer}");
    }

    #[test]
    fn a_choice_decides_over_the_question() {
        let question = r#"[{"role": "user", "content": "Calculate 1 + 1."}]"#;
        let other = r#"[{"role": "user", "content": "It rains a lot here."}]"#;
        let named = Some(r#"{"type": "function", "function": {"name": "clock"}}"#);
        assert_eq!(names(turn(question, None)), ["calculate"]);
        assert_eq!(names(turn(question, Some(r#""auto""#))), ["calculate"]);
        assert_eq!(names(turn(question, Some(r#""required""#))), ["calculate"]);
        assert_eq!(names(turn(question, Some(r#""none""#))), [""; 0]);
        assert_eq!(names(turn(question, named)), ["clock"]);
        assert_eq!(names(turn(other, None)), [""; 0]);
        assert_eq!(names(turn(other, Some(r#""required""#))), ["calculate"]);
    }

    #[test]
    fn a_question_that_is_not_the_last_message_calls_nothing() {
        let messages = r#"[
            {"role": "user", "content": "Calculate 1 + 1."},
            {"role": "assistant", "content": "2"}
        ]"#;
        assert_eq!(names(turn(messages, None)), [""; 0]);
    }
}
