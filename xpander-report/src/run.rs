use std::any::Any;
use std::borrow::Cow;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
#[cfg(any(feature = "bedrock", feature = "reqwest-middleware", feature = "tower"))]
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use pin_project_lite::pin_project;

use crate::capture::guarded;
use crate::captured::Captured;
use crate::declared::Declared;
use crate::envelope::{Envelope, Field};
use crate::keys::{AsReporter, IntoId, IntoTokens, IntoTools};
use crate::luck::luck;
use crate::stream::CaptureItem;
use crate::task_id::TaskId;
use crate::{LlmResponse, Reporter, global, json, sequence};

thread_local! {
    /// The run whose body this thread executes just now.
    static CURRENT: RefCell<Option<Arc<Shared>>> = const { RefCell::new(None) };
}

/// A run before its body begins: what it is given is captured here. Off when nobody listens.
#[derive(Debug)]
pub struct Start(Option<(Reporter, Box<Envelope>)>);

/// A run whose body runs, or will. Dropped before [`end`](Self::end), it is reported as cancelled if
/// its body has begun.
#[derive(Debug)]
pub struct Run {
    shared: Option<Arc<Shared>>,
    started: Option<Instant>,
    /// The function is not async: if it gives a stream, it has done nothing yet.
    is_called: bool,
}

/// A run whose body has given a value: what came out is captured here.
#[derive(Debug)]
pub struct End {
    shared: Arc<Shared>,
    envelope: Box<Envelope>,
}

/// What a run and its handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    reporter: Reporter,
    /// Gone once the body has ended.
    envelope: Mutex<Option<Box<Envelope>>>,
    /// How many bytes of its responses were recorded on their way.
    #[cfg(any(feature = "bedrock", feature = "reqwest-middleware", feature = "tower"))]
    pub(crate) recorded: AtomicUsize,
}

impl Shared {
    /// Changes what will be reported, while the body runs.
    pub(crate) fn edit<T>(&self, edit: impl FnOnce(&mut Envelope) -> T) -> Option<T> {
        self.lock().as_deref_mut().map(edit)
    }

    /// Reports what is known by now.
    pub(crate) fn progress(&self) {
        let known = self.edit(|envelope| {
            envelope.id.get_or_insert_with(sequence::new_id);
            (!envelope.only_if_failed).then(|| Box::new(envelope.clone()))
        });
        if let Some(envelope) = known.flatten() {
            self.reporter.accept(envelope);
        }
    }

    /// A response was too long to be read.
    #[cfg(any(feature = "bedrock", feature = "reqwest-middleware", feature = "tower"))]
    pub(crate) fn count_unread(&self) {
        self.reporter.count_unread();
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Envelope>>> {
        self.envelope.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Start {
    /// A run that goes to the reporter in force, if there is one.
    pub fn new(module: &'static str, function: &'static str) -> Self {
        let reporter = global::current().filter(|reporter| reporter.wants(module, function));
        Self(reporter.map(|reporter| (reporter, Box::default())))
    }

    /// A run that goes to this reporter.
    pub fn with(
        module: &'static str,
        function: &'static str,
        reporter: impl FnOnce() -> Reporter,
    ) -> Self {
        let reporter = guarded(reporter).filter(|reporter| reporter.wants(module, function));
        Self(reporter.map(|reporter| (reporter, Box::default())))
    }

    /// Whether somebody listens. Nothing is captured otherwise.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The keys `sample` and `keep_failures`: reports this share of the runs, from 0 to 1.
    pub fn sample(&mut self, rate: impl FnOnce() -> f64, keep_failures: bool) {
        let Some((_, envelope)) = &mut self.0 else {
            return;
        };
        // A rate that panics is no rate.
        let is_drawn = guarded(rate).is_none_or(|rate| luck() < rate);
        if !is_drawn && keep_failures {
            envelope.only_if_failed = true;
        } else if !is_drawn {
            self.0 = None;
        }
    }

    /// The key `max_bytes`.
    pub fn max_bytes(&mut self, max_bytes: impl FnOnce() -> usize) {
        let max_bytes = guarded(max_bytes);
        self.edit(|envelope| envelope.max_bytes = max_bytes);
    }

    /// The only captured argument.
    pub fn argument(&mut self, value: impl FnOnce() -> Option<Captured>) {
        self.content(|envelope| envelope.input.capture(value()));
    }

    /// Several captured arguments, which become an object by name.
    pub fn arguments<const N: usize>(
        &mut self,
        arguments: impl FnOnce() -> [(&'static str, Option<Captured>); N],
    ) {
        self.content(|envelope| {
            let mut arguments = arguments();
            // Some may stand under a `#[cfg]`, which only the compiler can judge.
            let input = match arguments.as_mut_slice() {
                [] => None,
                [(_, only)] => only.take(),
                several => Some(Captured::Json(object(several))),
            };
            envelope.input.capture(input);
        });
    }

    /// The key `input`.
    pub fn input(&mut self, value: impl FnOnce() -> Option<Captured>) {
        self.content(|envelope| {
            if let Some(value) = value() {
                envelope.input.set(value);
            }
        });
    }

    /// The key `agent_id`.
    pub fn agent_id<T: IntoId>(&mut self, agent_id: impl FnOnce() -> T) {
        let agent_id = guarded(|| agent_id().into_id());
        self.edit(|envelope| envelope.agent_id = agent_id.filter(|id| !id.is_empty()));
    }

    /// The key `id`.
    pub fn id<T: IntoId>(&mut self, id: impl FnOnce() -> T) {
        let id = guarded(|| id().into_id());
        self.edit(|envelope| envelope.id = id.filter(|id| !id.is_empty()).map(TaskId::from));
    }

    /// Everything is captured; the body may begin.
    pub fn begin(self) -> Run {
        Run {
            shared: self.0.map(|(reporter, envelope)| {
                Arc::new(Shared {
                    reporter,
                    envelope: Mutex::new(Some(envelope)),
                    #[cfg(any(
                        feature = "bedrock",
                        feature = "reqwest-middleware",
                        feature = "tower"
                    ))]
                    recorded: AtomicUsize::new(0),
                })
            }),
            started: None,
            is_called: false,
        }
    }

    fn edit(&mut self, edit: impl FnOnce(&mut Envelope)) {
        if let Some((_, envelope)) = &mut self.0 {
            edit(envelope);
        }
    }

    /// Captures content, unless none may leave.
    fn content(&mut self, capture: impl FnOnce(&mut Envelope)) {
        if let Some((reporter, envelope)) = &mut self.0
            && reporter.captures_content()
        {
            capture(envelope);
        }
    }
}

/// Captured arguments as an object by name.
fn object(arguments: &[(&'static str, Option<Captured>)]) -> String {
    let mut object = String::from("{");
    for (name, value) in arguments {
        if object.len() > 1 {
            object.push(',');
        }
        json::push_string(&mut object, name);
        object.push(':');
        match value {
            Some(value) => value.push_json(&mut object),
            None => object.push_str("null"),
        }
    }
    object.push('}');
    object
}

/// The key `reporter`.
pub fn reporter(reporter: impl AsReporter) -> Reporter {
    reporter.reporter()
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
        self.inside(body)
    }

    /// The body has given a value; the clock stops. `None` when nobody listens.
    pub fn end(&mut self) -> Option<End> {
        let started = self.started.take()?;
        let shared = self.shared.take()?;
        let mut envelope = shared.lock().take()?;
        envelope.duration = Some(started.elapsed().as_secs_f64());
        Some(End { shared, envelope })
    }

    /// [`end`](Self::end) of a run whose clock may not have begun.
    pub fn end_now(&mut self) -> Option<End> {
        self.started.get_or_insert_with(Instant::now);
        self.end()
    }

    /// Lets the user's keys look at what the function returned, while the run goes on.
    pub(crate) fn look(&mut self, keys: impl FnOnce(&mut End)) {
        let Some(shared) = self.shared.clone() else {
            return;
        };
        let mut end = End {
            shared,
            envelope: Box::default(),
        };
        keys(&mut end);
        let End { shared, envelope } = end;
        shared.edit(|known| known.add_explicit(*envelope));
    }

    /// The body has given a stream, which is polled later or never.
    pub(crate) fn wait(&mut self) {
        let has_done_nothing = |envelope: &mut Envelope| {
            envelope.responses.is_empty() && envelope.used_tools == Field::Absent
        };
        let shared = self.shared.as_ref();
        if self.is_called && shared.and_then(|shared| shared.edit(has_done_nothing)) == Some(true) {
            self.started = None;
        }
    }

    /// Makes it the current run of this thread for a while.
    pub(crate) fn enter(&self) -> Entered {
        Entered::enter(self.shared.clone())
    }

    /// Runs a piece of a body that comes in pieces.
    pub(crate) fn go_on<T>(&mut self, body: impl FnOnce() -> T) -> T {
        if self.started.is_none() {
            self.start_clock();
        }
        self.inside(body)
    }

    /// The next item of what the function returned; none: it is over.
    pub(crate) fn note<T>(&mut self, item: Option<&T>, capture: CaptureItem<T>) {
        let Some(shared) = &self.shared else {
            return;
        };
        match item {
            Some(item) => {
                let content = shared.reporter.captures_content();
                if let Some(item) = guarded(|| capture(item, content)) {
                    shared.edit(|envelope| envelope.add(item));
                }
            }
            None => {
                if let Some(end) = self.end() {
                    end.streamed();
                }
            }
        }
    }

    fn start_clock(&mut self) {
        if self.shared.is_some() {
            self.started = Some(Instant::now());
        }
    }

    /// Runs a piece of the body with this run as the current one. A panic is reported and goes on.
    pub fn inside<T>(&mut self, body: impl FnOnce() -> T) -> T {
        let outer = Entered::enter(self.shared.clone());
        if self.shared.is_none() {
            return body();
        }
        let result = catch_unwind(AssertUnwindSafe(body));
        drop(outer);
        result.unwrap_or_else(|payload| {
            // A function that returns a future may panic before there is one.
            self.started.get_or_insert_with(Instant::now);
            if let Some(end) = self.end() {
                end.panicked(payload.as_ref());
            }
            resume_unwind(payload)
        })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(end) = self.end() {
            // Who sees an error in a stream takes no more of it.
            match end.envelope.failure.is_some() {
                true => end.streamed(),
                false => end.broken("cancelled", None),
            }
        }
    }
}

impl End {
    /// The body gave a value. Its capture is told whether content may leave: if not, only a provider's
    /// response is of use, which is read for its tokens.
    pub fn succeeded(&mut self, result: impl FnOnce(bool) -> Option<Captured>) {
        self.envelope.is_success.capture(Some(true));
        let content = self.shared.reporter.captures_content();
        let result =
            result(content).filter(|result| content || matches!(result, Captured::Json(_)));
        self.envelope.result.capture(result);
    }

    /// The body gave an error of this type.
    pub fn failed(&mut self, reason: impl FnOnce() -> Option<String>, error_type: &'static str) {
        self.envelope.is_success.capture(Some(false));
        self.envelope.error_type = Some(Cow::Borrowed(error_type));
        self.content(|envelope| envelope.result.capture(reason().map(Captured::Text)));
    }

    /// The keys `result` and `error`.
    pub fn result(&mut self, value: impl FnOnce() -> Option<Captured>) {
        self.content(|envelope| {
            if let Some(value) = value() {
                envelope.result.set(value);
            }
        });
    }

    /// The key `llm_response`.
    pub fn llm_response<Via, T: LlmResponse<Via>>(&mut self, response: impl FnOnce() -> T) {
        let response = guarded(|| json::raw(&response().response()));
        self.envelope
            .responses
            .extend(response.map(Declared::Given));
    }

    /// The key `tokens`.
    pub fn tokens<T: IntoTokens>(&mut self, tokens: impl FnOnce() -> T) {
        if let Some(tokens) = guarded(|| tokens().into_tokens()).flatten() {
            self.envelope.tokens = Some(tokens);
        }
    }

    /// The key `used_tools`.
    pub fn used_tools<T: IntoTools>(&mut self, tools: impl FnOnce() -> T) {
        if let Some(tools) = guarded(|| tools().into_tools()) {
            self.envelope.used_tools.set(tools);
        }
    }

    /// The key `is_success`.
    pub fn is_success(&mut self, is_success: impl FnOnce() -> bool) {
        if let Some(is_success) = guarded(is_success) {
            self.envelope.is_success.set(is_success);
        }
    }

    /// Captures content, unless none may leave.
    fn content(&mut self, capture: impl FnOnce(&mut Envelope)) {
        if self.shared.reporter.captures_content() {
            capture(&mut self.envelope);
        }
    }

    /// Hands the report over.
    pub fn report(self) {
        // What a response says may yet make a failure of it.
        let is_decided = self.envelope.responses.is_empty()
            && self.envelope.chunks.is_empty()
            && !matches!(self.envelope.result, Field::Captured(Captured::Json(_)));
        if is_decided && self.envelope.is_left_out() {
            return;
        }
        self.shared.reporter.accept(self.envelope);
    }

    /// The stream that the body gave is over.
    fn streamed(mut self) {
        let is_success = self.envelope.failure.is_none();
        self.envelope.is_success.capture(Some(is_success));
        self.report();
    }

    fn panicked(self, payload: &(dyn Any + Send)) {
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        self.broken("panicked", message);
    }

    /// The body ended before it was done.
    fn broken(mut self, word: &'static str, why: Option<&str>) {
        self.envelope.failure = Some(match why {
            Some(why) => format!("{word}: {why}"),
            None => word.to_owned(),
        });
        self.envelope.error_type = Some(Cow::Borrowed(word));
        self.envelope.is_success.set(false);
        self.report();
    }
}

/// The run that this thread executes just now.
pub(crate) fn current() -> Option<Arc<Shared>> {
    CURRENT
        .try_with(|current| current.borrow().clone())
        .ok()
        .flatten()
}

/// Makes a run the current one of this thread until dropped; `None` hides the outer run.
#[derive(Debug)]
pub(crate) struct Entered(Option<Arc<Shared>>);

impl Entered {
    pub(crate) fn enter(state: Option<Arc<Shared>>) -> Self {
        Self(swap(state))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        swap(self.0.take());
    }
}

fn swap(state: Option<Arc<Shared>>) -> Option<Arc<Shared>> {
    CURRENT
        .try_with(|current| current.replace(state))
        .ok()
        .flatten()
}

pin_project! {
    /// The body of an async function, followed by its run through every poll.
    #[derive(Debug)]
    pub struct Followed<'a, F> {
        run: &'a mut Run,
        // Gone once it has ended.
        #[pin]
        body: Option<F>,
    }

    impl<F> PinnedDrop for Followed<'_, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.body.is_some() {
                // What the body leaves behind is dropped as a part of it.
                let _inside = this.run.enter();
                this.body.set(None);
            }
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
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let polled = this.run.inside(|| body.poll(context));
        if polled.is_ready() {
            this.body.set(None);
        }
        polled
    }
}
