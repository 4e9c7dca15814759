//! A tool that a request offers.

use serde::Deserialize;
use serde_json::Value;

use super::error::ApiError;
use crate::tokens;

/// The most characters in a tool's name.
const NAME: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(tag = "type", content = "function", rename_all = "snake_case")]
pub(super) enum Tool {
    Function(Function),
}

#[derive(Debug, Deserialize)]
pub(super) struct Function {
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    /// The JSON schema of its arguments.
    #[serde(default)]
    pub(super) parameters: Value,
}

/// Which of the tools the model is to call.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Choice {
    Mode(Mode),
    Named { function: Named },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    Auto,
    None,
    Required,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

impl Tool {
    pub(super) fn function(&self) -> &Function {
        let Self::Function(function) = self;
        function
    }

    pub(super) fn tokens(&self) -> u64 {
        let function = self.function();
        let parameters = match &function.parameters {
            Value::Null => String::new(),
            parameters => parameters.to_string(),
        };
        let texts = [&*function.name, &*function.description, &*parameters];
        texts.into_iter().map(tokens::count).sum()
    }
}

/// Refuses a list of tools, or a choice among them, that makes no sense.
pub(super) fn check(tools: Option<&[Tool]>, choice: Option<&Choice>) -> Result<(), ApiError> {
    let Some(tools) = tools else {
        let message = "Invalid value for 'tool_choice': it is only allowed when 'tools' are \
                       specified.";
        return match choice {
            Some(_) => Err(ApiError::bad_request(message).param("tool_choice")),
            None => Ok(()),
        };
    };
    if tools.is_empty() {
        let message = "Invalid 'tools': empty array. Expected an array with minimum length 1, but \
                       got an empty array instead.";
        let error = ApiError::bad_request(message).code("empty_array");
        return Err(error.param("tools"));
    }
    let names = || tools.iter().map(|tool| &*tool.function().name);
    if let Some(index) = names().position(|name| !is_name(name)) {
        let param = format!("tools[{index}].function.name");
        let message = format!(
            "Invalid '{param}': expected 1 to {NAME} letters, digits, underscores or hyphens."
        );
        let error = ApiError::bad_request(message).code("invalid_value");
        return Err(error.param(param));
    }
    if let Some(Choice::Named { function }) = choice
        && !names().any(|name| name == function.name)
    {
        let message = format!(
            "Tool choice '{}' not found in 'tools' parameter.",
            function.name
        );
        return Err(ApiError::bad_request(message).param("tool_choice"));
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=NAME).contains(&name.len()) && name.chars().all(allowed)
}
