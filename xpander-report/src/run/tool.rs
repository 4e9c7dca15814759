//! Calls of functions with `#[tool]`.

use std::fmt;

use crate::run::capture::Capture;
use crate::run::handle::current_task;
#[cfg(feature = "tracing")]
use crate::run::span::EnteredSpan;
#[cfg(feature = "tracing")]
use crate::run::span::tool::ToolSpan;
#[cfg(feature = "tracing")]
use crate::support::panics::catch_panic;

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
    _entered: Option<EnteredSpan>,
    _call: ToolCall,
}

impl ToolCall {
    /// Captures the arguments, if a span may hold them.
    #[cfg_attr(
        not(feature = "tracing"),
        expect(unused_variables, reason = "only spans do")
    )]
    #[must_use]
    pub fn arguments(self, capture: impl FnOnce(&Self)) -> Self {
        #[cfg(feature = "tracing")]
        if self.span.takes_content() {
            catch_panic(|| capture(&self));
        }
        self
    }

    /// The arguments by name.
    #[cfg_attr(
        not(feature = "tracing"),
        expect(unused_variables, reason = "only spans do")
    )]
    pub fn capture(&self, arguments: &[(&'static str, &dyn Capture)]) {
        #[cfg(feature = "tracing")]
        self.span.record_arguments(arguments);
    }

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
