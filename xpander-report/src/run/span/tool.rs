use std::thread;

use tracing::Span;
use tracing::level_filters::LevelFilter;

use super::attributes;
use super::opened::EnteredSpan;
use crate::support::suppress::is_suppressed;

/// The span of a call of a tool, if somebody is interested in it; closed when this is dropped.
pub(crate) struct ToolSpan {
    span: Option<Span>,
    /// A panic that was under way before is not the tool's.
    was_panicking: bool,
}

impl ToolSpan {
    #[inline]
    pub(crate) fn open(name: &str) -> Self {
        let span = match LevelFilter::current() >= LevelFilter::INFO {
            true => Self::of(name),
            false => None,
        };
        Self {
            was_panicking: span.is_some() && thread::panicking(),
            span,
        }
    }

    fn of(name: &str) -> Option<Span> {
        if is_suppressed() {
            return None;
        }
        Some(attributes::tool(name)).filter(|span| !span.is_disabled())
    }

    pub(crate) fn enter(&self) -> Option<EnteredSpan> {
        self.span.clone().map(Span::entered)
    }
}

impl Drop for ToolSpan {
    fn drop(&mut self) {
        if let Some(span) = &self.span
            && thread::panicking()
            && !self.was_panicking
        {
            attributes::record_panic(span);
        }
    }
}
