use std::fmt;
use std::marker::PhantomData;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tracing::level_filters::LevelFilter;
use tracing::span::Id;
use tracing::{Dispatch, Span};

use super::attributes::{self, End};
use crate::envelope::Envelope;
use crate::envelope::prepare::read_responses;
use crate::reporter::Reporter;
use crate::support::genai_content;
use crate::support::suppress::is_suppressed;
use crate::support::sync::lock;

/// The span of a run, if somebody is interested in it.
#[derive(Default)]
pub(crate) struct RunSpan(Option<Opened>);

struct Opened {
    /// Gone once the run has ended, though handles of the run may live on.
    span: Mutex<Option<Span>>,
    has_given: AtomicBool,
}

/// Keeps a span the current one of its thread. Unlike that of `tracing` it does not keep the span open: the subscriber
/// does.
#[derive(Debug)]
pub(crate) struct EnteredSpan {
    dispatch: Dispatch,
    id: Id,
    // It belongs to its thread.
    _thread: PhantomData<*const ()>,
}

type EnterableSpan = (Dispatch, Id);

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
        Self((!span.is_disabled()).then(|| Opened {
            span: Mutex::new(Some(span)),
            has_given: AtomicBool::new(false),
        }))
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Makes it the current span of this thread for a while, never across an `await`.
    pub(crate) fn enter(&self) -> Option<EnteredSpan> {
        let opened = self.0.as_ref()?;
        let entered = EnteredSpan::of(lock(&opened.span).as_ref()?);
        // With the lock let go: a subscriber may do as it likes.
        entered.map(EnteredSpan::enter)
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
            let span = lock(&opened.span).clone();
            if let Some(span) = span {
                span.record(attributes::TIME_TO_FIRST_CHUNK, waited);
            }
        }
    }

    /// The run has ended.
    pub(crate) fn take(&self) -> Option<EndingSpan> {
        let opened = self.0.as_ref()?;
        lock(&opened.span).take().map(EndingSpan)
    }
}

impl EnteredSpan {
    /// A span that can be [entered](Self::enter).
    pub(super) fn of(span: &Span) -> Option<EnterableSpan> {
        span.with_subscriber(|(id, dispatch)| (dispatch.clone(), id.clone()))
    }

    pub(super) fn enter((dispatch, id): EnterableSpan) -> Self {
        dispatch.enter(&id);
        Self {
            dispatch,
            id,
            _thread: PhantomData,
        }
    }
}

impl Drop for EnteredSpan {
    fn drop(&mut self) {
        self.dispatch.exit(&self.id);
    }
}

impl EndingSpan {
    /// Reads the responses of the run, which is done once, and keeps what they say together.
    pub(crate) fn read(&self, envelope: &mut Envelope) {
        if envelope.may_have_responses() || genai_content::is_wanted() {
            envelope.summary = Some(Box::default());
            read_responses(envelope);
        }
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
