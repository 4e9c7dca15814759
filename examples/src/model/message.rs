//! A message of a request.

use serde::Deserialize;

use crate::tokens;

/// Tokens counted for each message on top of its content, for its role and its bounds.
const PER_MESSAGE: u64 = 4;

#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) role: Role,
    content: Option<Content>,
    name: Option<String>,
    tool_calls: Option<Vec<ToolCall>>,
    pub(super) tool_call_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    Developer,
    System,
    User,
    Assistant,
    Tool,
}

/// A call of a tool that the model asked for before.
#[derive(Debug, Deserialize)]
pub(super) struct ToolCall {
    pub(super) id: String,
    pub(super) function: Function,
}

#[derive(Debug, Deserialize)]
pub(super) struct Function {
    pub(super) name: String,
    arguments: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    Text {
        text: String,
    },
    Refusal {
        refusal: String,
    },
    #[serde(other)]
    Other,
}

impl Message {
    /// The text of the message, its parts on lines of their own.
    pub(super) fn text(&self) -> String {
        self.texts().join("\n")
    }

    /// The calls that the message asks for.
    pub(super) fn tool_calls(&self) -> &[ToolCall] {
        self.tool_calls.as_deref().unwrap_or_default()
    }

    pub(super) fn tokens(&self) -> u64 {
        let calls = self.tool_calls().iter();
        let calls = calls.flat_map(|call| [&*call.function.name, &*call.function.arguments]);
        let texts = self.texts().into_iter().chain(self.name.as_deref());
        PER_MESSAGE + texts.chain(calls).map(tokens::count).sum::<u64>()
    }

    /// Whether it contains anything else than text.
    pub(super) fn has_other_parts(&self) -> bool {
        let Some(Content::Parts(parts)) = &self.content else {
            return false;
        };
        parts.iter().any(|part| part.text().is_none())
    }

    fn texts(&self) -> Vec<&str> {
        match &self.content {
            None => Vec::new(),
            Some(Content::Text(text)) => vec![text],
            Some(Content::Parts(parts)) => parts.iter().filter_map(Part::text).collect(),
        }
    }
}

impl Part {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text } => Some(text),
            Self::Refusal { refusal } => Some(refusal),
            Self::Other => None,
        }
    }
}
