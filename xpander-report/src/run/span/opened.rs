use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tracing::Span;
use tracing::level_filters::LevelFilter;

use super::attributes::{self, End};
use crate::envelope::Envelope;
use crate::envelope::prepare::read_responses;
use crate::reporter::Reporter;
use crate::support::suppress::is_suppressed;
use crate::support::sync::lock;

/// The span of a run, if somebody is interested in it.
#[derive(Default)]
pub(crate) struct RunSpan(Option<Box<Opened>>);

struct Opened {
    /// Gone once the run has ended, though handles of the run may live on.
    span: Mutex<Option<Span>>,
    has_given: AtomicBool,
}

/// Keeps a span the current one of its thread.
pub(crate) type EnteredSpan = tracing::span::EnteredSpan;

/// The span of a run that has ended.
pub(crate) struct EndingSpan(Span);

impl RunSpan {
    /// The span of a run of this function.
    #[inline]
    pub(crate) fn open(function: &'static str) -> Self {
        match LevelFilter::current() >= LevelFilter::INFO {
            true => Self::of(function),
            false => Self(None),
        }
    }

    fn of(function: &'static str) -> Self {
        if is_suppressed() {
            return Self(None);
        }
        let span = attributes::run(function);
        Self((!span.is_disabled()).then(|| {
            Box::new(Opened {
                span: Mutex::new(Some(span)),
                has_given: AtomicBool::new(false),
            })
        }))
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// What is known before the body begins.
    pub(crate) fn begin(&self, envelope: &Envelope, reporter: &Reporter) {
        self.with(|span| {
            if let Some(agent_id) = envelope.agent_id.as_deref().or_else(|| reporter.agent_id()) {
                span.record(attributes::AGENT_ID, agent_id);
            }
        });
    }

    /// Makes it the current span of this thread for a while, never across an `await`.
    pub(crate) fn enter(&self) -> Option<EnteredSpan> {
        let opened = self.0.as_ref()?;
        let span = lock(&opened.span).clone();
        span.map(Span::entered)
    }

    /// The run has given an item of a stream.
    pub(crate) fn on_item(&self, started: Option<Instant>) {
        let Some(opened) = &self.0 else {
            return;
        };
        if let Some(started) = started
            && !opened.has_given.swap(true, Ordering::Relaxed)
        {
            let waited = started.elapsed().as_secs_f64();
            self.with(|span| {
                span.record(attributes::TIME_TO_FIRST_CHUNK, waited);
            });
        }
    }

    /// The run has ended.
    pub(crate) fn take(&self) -> Option<EndingSpan> {
        let opened = self.0.as_ref()?;
        lock(&opened.span).take().map(EndingSpan)
    }

    fn with(&self, edit: impl FnOnce(&Span)) {
        if let Some(opened) = &self.0 {
            let span = lock(&opened.span).clone();
            if let Some(span) = span {
                edit(&span);
            }
        }
    }
}

impl EndingSpan {
    /// Reads the responses of the run, which is done once, and keeps what they say together.
    pub(crate) fn read(&self, envelope: &mut Envelope) {
        envelope.summary = Some(Box::default());
        read_responses(envelope);
    }

    /// Closes the span with what the run has collected, whose responses have been read.
    pub(crate) fn end(self, envelope: &Envelope, reporter: &Reporter, task_id: Option<String>) {
        End::of(envelope, reporter, task_id).record(&self.0);
    }
}

impl fmt::Debug for RunSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RunSpan").field(&self.is_open()).finish()
    }
}
