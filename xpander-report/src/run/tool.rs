//! Calls of functions with `#[tool]`.

use std::fmt;

use crate::run::handle::current_task;
#[cfg(feature = "tracing")]
use crate::run::span::tool::ToolSpan;

/// A function with `#[tool]` is called.
pub fn called(tool: &str) -> ToolCall {
    current_task().used_tool(tool);
    ToolCall {
        #[cfg(feature = "tracing")]
        span: ToolSpan::open(tool),
    }
}

/// The call, until this is dropped.
pub struct ToolCall {
    #[cfg(feature = "tracing")]
    span: ToolSpan,
}

/// The call of a function that is not async.
pub struct EnteredTool {
    // Left before the span is closed.
    #[cfg(feature = "tracing")]
    _entered: Option<crate::run::span::EnteredSpan>,
    _call: ToolCall,
}

impl ToolCall {
    /// What happens on this thread until this is dropped is a part of the call.
    pub fn entered(self) -> EnteredTool {
        EnteredTool {
            #[cfg(feature = "tracing")]
            _entered: self.span.enter(),
            _call: self,
        }
    }
}

impl fmt::Debug for ToolCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToolCall")
    }
}

impl fmt::Debug for EnteredTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnteredTool")
    }
}
