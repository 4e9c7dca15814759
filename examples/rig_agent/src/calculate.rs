use std::convert::Infallible;

use rig_agent::tool::{Tool, ToolContext};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::calculator;

/// The agent's tool.
pub(crate) struct Calculate;

#[derive(Debug, Deserialize)]
pub(crate) struct Arguments {
    expression: String,
}

impl Tool for Calculate {
    const NAME: &'static str = "calculate";
    type Error = Infallible;
    type Args = Arguments;
    type Output = String;

    fn description(&self) -> String {
        "The value of an arithmetic expression.".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {"expression": {"type": "string"}},
            "required": ["expression"],
        })
    }

    async fn call(
        &self,
        _context: &mut ToolContext,
        arguments: Arguments,
    ) -> Result<String, Infallible> {
        Ok(match calculator::evaluate(&arguments.expression) {
            Ok(value) => value.to_string(),
            Err(error) => format!("This failed: {error}."),
        })
    }
}
