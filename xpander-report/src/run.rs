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
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

use crate::capture::{Capture, captured, guarded};
use crate::captured::{Captured, MAX_CAPTURED};
use crate::declared::Declared;
use crate::envelope::{Envelope, Field, MAX_ITEMS};
use crate::keys::{IntoId, IntoTokens, IntoTools};
use crate::luck::luck;
use crate::outcome::{Came, Outcome};
use crate::task_id::TaskId;
use crate::{LlmResponse, Reporter, global, json, sequence};

thread_local! {
    /// The runs that this thread has entered and not left. It executes the body of the last one.
    static ENTERED: RefCell<Stack> = const { RefCell::new(Stack { next: 0, runs: Vec::new() }) };
}

struct Stack {
    next: u64,
    /// Each under a number of its own: they may be left in any order. None hides the run before it.
    runs: Vec<(u64, Option<Arc<Shared>>)>,
}

/// A run before its body begins: what it is given is captured here. Off when nobody listens.
#[derive(Debug)]
pub struct Start(Option<(Reporter, Box<Envelope>)>);

/// A run whose body runs, or will. Dropped before [`end`](Self::end), it is reported as cancelled if
/// its body has begun. By default nobody listens to it.
#[derive(Debug, Default)]
pub struct Run {
    shared: Option<Arc<Shared>>,
    started: Option<Instant>,
    /// How long its function took, once it has returned.
    took: Option<Duration>,
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
        reporter: impl Fn() -> Reporter,
    ) -> Self {
        let reporter = guarded(reporter).filter(|reporter| reporter.wants(module, function));
        Self(reporter.map(|reporter| (reporter, Box::default())))
    }

    /// Whether somebody listens. Nothing is captured otherwise.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The keys `sample` and `keep_failures`: reports this share of the runs, from 0 to 1.
    pub fn sample(&mut self, rate: impl Fn() -> f64, keep_failures: bool) {
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
    pub fn max_bytes(&mut self, max_bytes: impl Fn() -> usize) {
        let max_bytes = guarded(max_bytes);
        self.edit(|envelope| envelope.max_bytes = max_bytes);
    }

    /// The only captured argument.
    pub fn argument(&mut self, value: &dyn Capture) {
        self.content(|envelope| envelope.input.capture(captured(value, MAX_CAPTURED)));
    }

    /// Several captured arguments, which become an object by name.
    pub fn arguments(&mut self, arguments: &[(&'static str, &dyn Capture)]) {
        self.content(|envelope| {
            // Some may stand under a `#[cfg]`, which only the compiler can judge.
            let input = match arguments {
                [] => None,
                [(_, only)] => captured(*only, MAX_CAPTURED),
                several => Some(object(several)),
            };
            envelope.input.capture(input);
        });
    }

    /// The key `input`.
    pub fn input(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) {
        self.content(|envelope| {
            if let Some(value) = extracted(look) {
                envelope.input.set(value);
            }
        });
    }

    /// The key `agent_id`.
    pub fn agent_id<Via, T: IntoId<Via>>(&mut self, agent_id: impl Fn() -> T) {
        let agent_id = guarded(|| agent_id().into_id()).flatten();
        self.edit(|envelope| envelope.agent_id = agent_id.filter(|id| !id.is_empty()));
    }

    /// The key `id`.
    pub fn id<Via, T: IntoId<Via>>(&mut self, id: impl Fn() -> T) {
        let id = guarded(|| id().into_id()).flatten();
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
            ..Run::default()
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
fn object(arguments: &[(&'static str, &dyn Capture)]) -> Captured {
    let mut object = String::from("{");
    let mut room = MAX_CAPTURED;
    let mut is_whole = true;
    for (name, value) in arguments {
        if object.len() > 1 {
            object.push(',');
        }
        json::push_string(&mut object, name);
        object.push(':');
        match captured(*value, room) {
            Some(value) => {
                room = room.saturating_sub(value.bytes());
                is_whole &= !matches!(value, Captured::Cut(_));
                value.push_json(&mut object);
            }
            None => object.push_str("null"),
        }
    }
    object.push('}');
    match is_whole {
        true => Captured::Json(object),
        false => Captured::cut_json(object),
    }
}

/// What a key gives, unless it panics.
fn extracted(look: &mut dyn FnMut(&mut Outcome<'_>)) -> Option<Captured> {
    let mut outcome = Outcome::new(true, MAX_CAPTURED, None);
    guarded(|| look(&mut outcome));
    match outcome.came {
        Came::Value(value) => Some(value),
        Came::Nothing | Came::Error(..) => None,
    }
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
    pub fn keys(&mut self, keys: &mut dyn FnMut(&mut Outcome<'_>)) {
        let Some(shared) = self.shared.clone() else {
            return;
        };
        let mut end = End {
            shared,
            envelope: Box::default(),
        };
        end.came(keys);
        let End { shared, envelope } = end;
        shared.edit(|known| known.add_explicit(*envelope));
    }

    /// The function has given a future or a stream, which is polled later or never.
    pub(crate) fn wait(&mut self) {
        self.took = None;
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

    /// Does something as a part of the run.
    pub(crate) fn part<T>(&self, part: impl FnOnce() -> T) -> T {
        let _inside = self.enter();
        part()
    }

    /// Runs a piece of a body that comes in pieces.
    pub(crate) fn go_on<T>(&mut self, body: impl FnOnce() -> T) -> T {
        self.resume();
        self.inside(body)
    }

    /// [`go_on`](Self::go_on) for what is polled.
    pub(crate) fn poll<T>(&mut self, mut poll: impl FnMut() -> Poll<T>) -> Poll<T> {
        self.resume();
        let mut polled = Poll::Pending;
        self.step(&mut || polled = poll());
        polled
    }

    /// The next item of what the function returned.
    pub(crate) fn item(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) {
        if let Some(shared) = &self.shared {
            let content = shared.reporter.captures_content();
            let mut outcome = Outcome::new(content, MAX_ITEMS, None);
            guarded(|| look(&mut outcome));
            shared.edit(|envelope| envelope.add(outcome.came));
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
    fn resume(&mut self) {
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
            // Who sees an error in a stream takes no more of it.
            match end.envelope.failure.is_some() {
                true => end.streamed(),
                false => end.cancelled(),
            }
        }
    }
}

impl End {
    /// Takes what the body gave.
    fn look(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) {
        let came = self.came(look);
        self.take(came);
    }

    fn came(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) -> Came {
        let content = self.shared.reporter.captures_content();
        let mut outcome = Outcome::new(content, MAX_CAPTURED, Some(self));
        guarded(|| look(&mut outcome));
        outcome.came
    }

    fn take(&mut self, came: Came) {
        let envelope = &mut self.envelope;
        let (reason, error_type) = match came {
            Came::Nothing => return envelope.is_success.capture(Some(true)),
            Came::Value(value) => {
                envelope.is_success.capture(Some(true));
                return envelope.result.capture(Some(value));
            }
            Came::Error(reason, error_type) => (reason, error_type),
        };
        // Who has failed the run by hand has said why.
        let is_told = envelope.is_success == Field::Explicit(false);
        envelope.is_success.capture(Some(false));
        envelope.error_type = Some(Cow::Borrowed(error_type));
        match envelope.result {
            Field::Explicit(_) if is_told => {}
            Field::Explicit(_) => envelope.failure = reason.map(Captured::into_text),
            Field::Absent | Field::Captured(_) => envelope.result.capture(reason),
        }
    }

    /// The key `result`.
    pub fn result(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) {
        if self.shared.reporter.captures_content()
            && let Some(value) = extracted(look)
        {
            self.envelope.result.set(value);
        }
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

    /// Who asked for a stream's items asks for no more.
    fn cancelled(mut self) {
        // A provider's stream may have ended all the same, which its chunks say.
        self.envelope.may_be_finished = !self.envelope.chunks.is_empty();
        self.broken("cancelled", None);
    }

    /// The body ended before it was done.
    fn broken(mut self, word: &'static str, why: Option<&str>) {
        self.envelope.failure = Some(match why {
            Some(why) => format!("{word}: {why}"),
            None => word.to_owned(),
        });
        self.envelope.error_type = Some(Cow::Borrowed(word));
        if !self.envelope.may_be_finished {
            self.envelope.is_success.set(false);
        }
        self.report();
    }
}

/// The run that this thread executes just now.
pub(crate) fn current() -> Option<Arc<Shared>> {
    let current = ENTERED.try_with(|entered| entered.borrow().runs.last()?.1.clone());
    current.ok().flatten()
}

/// Makes a run the current one of this thread until dropped; `None` hides the outer run.
#[derive(Debug)]
pub(crate) struct Entered(Option<u64>);

impl Entered {
    pub(crate) fn enter(run: Option<Arc<Shared>>) -> Self {
        let number = ENTERED.try_with(|entered| {
            let Stack { next, runs } = &mut *entered.borrow_mut();
            // There is nothing to hide.
            if run.is_none() && runs.is_empty() {
                return None;
            }
            *next += 1;
            runs.push((*next, run));
            Some(*next)
        });
        Self(number.ok().flatten())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let Some(number) = self.0 else {
            return;
        };
        let left = ENTERED.try_with(|entered| {
            let runs = &mut entered.borrow_mut().runs;
            let place = runs.iter().rposition(|(other, _)| *other == number)?;
            Some(runs.remove(place))
        });
        // Its last owner may run code that asks for the current run, which is not borrowed any more.
        drop(left);
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
