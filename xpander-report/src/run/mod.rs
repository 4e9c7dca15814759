//! One execution of an instrumented function, from its beginning to its report.

pub(crate) mod capture;
pub(crate) mod current;
#[cfg(feature = "tower")]
pub(crate) mod deadline;
pub(crate) mod edge;
pub(crate) mod end;
pub(crate) mod following;
pub(crate) mod handle;
pub(crate) mod key_values;
pub(crate) mod keys;
pub(crate) mod kind;
mod nesting;
pub(crate) mod outcome;
pub(crate) mod span;
pub(crate) mod start;
pub(crate) mod stream;
pub(crate) mod tool;

use std::future::Future;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

use crate::envelope::MAX_ITEMS;
use crate::run::current::{Entered, RunState};
use crate::run::end::{End, Outcome};
use crate::support::panics::catch_panic;

/// A run whose body is running or has not begun. If it is dropped before [`end`](Self::end), it is reported as
/// cancelled if its body has begun. The default run is not reported, and what happens inside it belongs to the
/// enclosing run.
#[derive(Debug, Default)]
pub struct Run {
    /// Gone once it has ended.
    shared: Option<Arc<RunState>>,
    /// The run is or was reported.
    is_on: bool,
    started: Option<Instant>,
    /// How long its function took, once it has returned.
    took: Option<Duration>,
    /// The function is not async: if it gives a stream, it has done nothing yet.
    is_called: bool,
}

impl Run {
    /// Runs the body of an async function.
    pub fn follow<F: Future>(&mut self, body: F) -> Followed<'_, F> {
        self.start_clock();
        Followed {
            run: self,
            body: Some(body),
        }
    }

    /// Runs the body of a function that is not async.
    pub fn call<T>(&mut self, body: impl FnOnce() -> T) -> T {
        self.start_clock();
        self.is_called = true;
        let value = self.inside(body);
        self.returned();
        value
    }

    /// The function has given its value, and nothing goes on.
    pub(crate) fn finish(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) {
        if let Some(mut end) = self.end() {
            end.look(look);
            end.report();
        }
    }

    /// The user's keys look at what the function returned, while the run may go on.
    pub fn apply_keys(&mut self, keys: &mut dyn FnMut(&mut Outcome<'_>)) {
        let Some(shared) = self.shared.clone() else {
            return;
        };
        let mut end = End {
            shared,
            envelope: Box::default(),
        };
        end.captured(keys);
        let End { shared, envelope } = end;
        shared.edit(|known| known.add_explicit(*envelope));
    }

    /// The function has given a future or a stream, which is polled later or never.
    pub(crate) fn defer_clock(&mut self) {
        self.took = None;
        let shared = self.shared.as_ref();
        let is_untouched = shared.and_then(|shared| shared.edit(|it| it.is_untouched()));
        if self.is_called && is_untouched == Some(true) {
            self.started = None;
        }
    }

    /// Makes it the current run of this thread for a while. What comes after its end is no part of another run either.
    pub(crate) fn enter(&self) -> Option<Entered> {
        self.is_on.then(|| Entered::enter(self.shared.clone()))
    }

    /// Does something as a part of the run.
    pub(crate) fn part<T>(&self, part: impl FnOnce() -> T) -> T {
        let _inside = self.enter();
        part()
    }

    /// Runs a piece of a body that comes in pieces.
    pub(crate) fn resume<T>(&mut self, body: impl FnOnce() -> T) -> T {
        self.ensure_clock();
        self.inside(body)
    }

    /// [`resume`](Self::resume) for what is polled.
    pub(crate) fn poll<T>(&mut self, mut poll: impl FnMut() -> Poll<T>) -> Poll<T> {
        self.ensure_clock();
        let mut polled = Poll::Pending;
        self.step(&mut || polled = poll());
        polled
    }

    /// The next item of what the function returned.
    pub(crate) fn on_item(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) {
        if let Some(shared) = &self.shared {
            shared.span.on_item(self.started);
            let content = shared.reporter.captures_content();
            let mut outcome = Outcome::new(content, MAX_ITEMS, None);
            catch_panic(|| look(&mut outcome));
            shared.edit(|envelope| envelope.add(outcome.captured));
        }
    }

    /// What the function returned has given all that it had.
    pub(crate) fn complete(&mut self) {
        if let Some(end) = self.end() {
            end.streamed();
        }
    }

    /// The run is over, if it has begun; the clock stops. `None` when nobody listens.
    fn end(&mut self) -> Option<End> {
        let started = self.started.take()?;
        let shared = self.shared.take()?;
        let mut envelope = shared.lock().take()?;
        let took = self.took.unwrap_or_else(|| started.elapsed());
        envelope.duration = Some(took.as_secs_f64());
        Some(End { shared, envelope })
    }

    fn returned(&mut self) {
        self.took = self.started.map(|started| started.elapsed());
    }

    fn start_clock(&mut self) {
        if self.shared.is_some() {
            self.started = Some(Instant::now());
        }
    }

    /// Runs a piece of the body with this run as the current one. A panic is reported and goes on.
    pub(crate) fn inside<T>(&mut self, body: impl FnOnce() -> T) -> T {
        let (mut body, mut value) = (Some(body), None);
        self.step(&mut || {
            if let Some(body) = body.take() {
                value = Some(body());
            }
        });
        match value {
            Some(value) => value,
            None => no_value(),
        }
    }

    /// [`inside`](Self::inside), compiled once for all functions.
    fn step(&mut self, body: &mut dyn FnMut()) {
        let outer = self.enter();
        if self.shared.is_none() {
            return body();
        }
        let result = catch_unwind(AssertUnwindSafe(body));
        drop(outer);
        if let Err(payload) = result {
            if let Some(end) = self.end() {
                end.panicked(payload.as_ref());
            }
            resume_unwind(payload)
        }
    }

    /// Begins the clock unless it runs.
    fn ensure_clock(&mut self) {
        if self.started.is_none() {
            self.start_clock();
        }
    }
}

/// A body that has not panicked has given a value.
#[cold]
fn no_value() -> ! {
    resume_unwind(Box::new("the body gave no value"))
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(end) = self.end() {
            // A consumer that receives an error from a stream often stops reading it, so this is not a cancellation.
            match end.envelope.failure.is_some() {
                true => end.streamed(),
                false => end.cancelled(),
            }
        }
    }
}

pin_project! {
    /// The body of an async function, followed by its run through every poll.
    #[derive(Debug)]
    pub struct Followed<'a, F> {
        run: &'a mut Run,
        // Gone only when this is dropped.
        #[pin]
        body: Option<F>,
    }

    impl<F> PinnedDrop for Followed<'_, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // What the body leaves behind is dropped as a part of it.
            let _inside = this.run.enter();
            this.body.set(None);
        }
    }
}

// A run only notes what happens: a panic on the way leaves nothing half done. So instrumented code is
// unwind safe if it was before.
impl UnwindSafe for Run {}

impl RefUnwindSafe for Run {}

impl<F: UnwindSafe> UnwindSafe for Followed<'_, F> {}

impl<F: RefUnwindSafe> RefUnwindSafe for Followed<'_, F> {}

impl<F: Future> Future for Followed<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(mut body) = this.body.as_pin_mut() else {
            return Poll::Pending;
        };
        let mut polled = Poll::Pending;
        this.run.step(&mut || polled = body.as_mut().poll(context));
        if polled.is_ready() {
            this.run.returned();
        }
        polled
    }
}
