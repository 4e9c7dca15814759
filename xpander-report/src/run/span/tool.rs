use std::thread;

use tracing::Span;
use tracing::level_filters::LevelFilter;

use super::attributes;
use super::opened::EnteredSpan;
use crate::envelope::{Envelope, Field};
use crate::reporter::Reporter;
use crate::reporter::spans_only::spans_only;
use crate::run::capture::Capture;
use crate::run::current;
use crate::run::start::object;
use crate::support::genai_content;
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

    /// Whether content may go into it.
    pub(crate) fn takes_content(&self) -> bool {
        self.span.is_some() && genai_content::is_wanted() && reporter().lets_content_into_spans()
    }

    pub(crate) fn record_arguments(&self, arguments: &[(&'static str, &dyn Capture)]) {
        let envelope = Envelope {
            input: Field::Captured(object(arguments)),
            ..Envelope::default()
        };
        let scrubbed = reporter().redaction().and_then(|it| it.scrubbed(&envelope));
        if let (Some(span), Some((Some(arguments), _))) = (&self.span, scrubbed) {
            span.record(attributes::TOOL_ARGUMENTS, arguments);
        }
    }

    pub(crate) fn enter(&self) -> Option<EnteredSpan> {
        EnteredSpan::of(self.span.as_ref()?).map(EnteredSpan::enter)
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

/// The reporter of the run in which the tool is called.
fn reporter() -> Reporter {
    current::current().map_or_else(spans_only, |run| run.reporter.clone())
}
