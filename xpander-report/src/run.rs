use std::any::Any;
use std::borrow::Cow;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use pin_project_lite::pin_project;
use serde::Serialize;

use crate::capture::guarded;
use crate::captured::Captured;
use crate::envelope::{Envelope, Target};
use crate::task_id::TaskId;
use crate::{Reporter, Tokens, global, json};

thread_local! {
    /// The run whose body this thread executes just now.
    static CURRENT: RefCell<Option<Arc<RunState>>> = const { RefCell::new(None) };
}

/// One execution of an instrumented function, seen from its expansion. Off when nobody listens.
///
/// Dropped before [`report`](Self::report), it is reported as cancelled.
#[derive(Debug)]
pub struct Run(Option<Arc<RunState>>);

/// What a run and its handles share.
#[derive(Debug)]
pub(crate) struct RunState {
    reporter: Reporter,
    /// Gone once the run is reported.
    draft: Mutex<Option<Draft>>,
}

#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) envelope: Envelope,
    /// When the body began; nothing is reported of a body that never did.
    started: Option<Instant>,
}

impl RunState {
    pub(crate) fn edit<T>(&self, edit: impl FnOnce(&mut Envelope) -> T) -> Option<T> {
        let mut draft = self.draft.lock().unwrap_or_else(PoisonError::into_inner);
        draft.as_mut().map(|draft| edit(&mut draft.envelope))
    }

    fn report(&self, complete: impl FnOnce(&mut Envelope)) {
        let draft = self
            .draft
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(Draft {
            mut envelope,
            started: Some(started),
        }) = draft
        {
            envelope
                .duration
                .get_or_insert_with(|| started.elapsed().as_secs_f64());
            complete(&mut envelope);
            self.reporter.accept(envelope);
        }
    }

    /// The run ended without a value. What the body had set as its result follows the reason.
    fn report_broken(&self, reason: &str) {
        self.report(|envelope| {
            let said = std::mem::take(&mut envelope.result).get();
            let result = match said {
                Some(said) => format!("{reason}: {}", said.into_text()),
                None => reason.to_owned(),
            };
            envelope.result.set(Captured::Text(result));
            envelope.is_success.set(false);
        });
    }

    fn report_panic(&self, payload: &(dyn Any + Send)) {
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        match message {
            Some(message) => self.report_broken(&format!("panicked: {message}")),
            None => self.report_broken("panicked"),
        }
    }
}

impl Run {
    /// A run that goes to the reporter in force, if there is one.
    pub fn start(module: &'static str, function: &'static str) -> Self {
        Self(global::current().map(|reporter| begin(module, function, reporter)))
    }

    /// A run that goes to this reporter.
    pub fn start_with(
        module: &'static str,
        function: &'static str,
        reporter: impl AsRef<Reporter>,
    ) -> Self {
        let reporter = reporter.as_ref();
        Self(
            reporter
                .is_enabled()
                .then(|| begin(module, function, reporter.clone())),
        )
    }

    /// Whether somebody listens. Nothing is captured otherwise.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The only captured argument.
    pub fn argument(&self, value: Option<Captured>) {
        self.edit(|envelope| envelope.input.capture(value));
    }

    /// Several captured arguments, which become an object by name.
    pub fn arguments<const N: usize>(&self, arguments: [(&'static str, Option<Captured>); N]) {
        let mut object = String::from("{");
        for (name, value) in &arguments {
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
        self.edit(|envelope| envelope.input.capture(Some(Captured::Json(object))));
    }

    /// The key `input`.
    pub fn input(&self, value: Option<Captured>) {
        if let Some(value) = value {
            self.edit(|envelope| envelope.input.set(value));
        }
    }

    /// The key `agent_id`.
    pub fn agent_id<T: Into<String>>(&self, agent_id: impl FnOnce() -> T) {
        self.key(agent_id, |envelope, agent_id| {
            envelope.agent_id = Some(agent_id.into()).filter(|id| !id.is_empty());
        });
    }

    /// The key `id`.
    pub fn id<T: Into<String>>(&self, id: impl FnOnce() -> T) {
        self.key(id, |envelope, id| {
            envelope.id = Some(id.into())
                .filter(|id| !id.is_empty())
                .map(TaskId::from);
        });
    }

    /// Runs the body of an async function.
    pub fn follow<F: Future>(&self, body: F) -> Followed<'_, F> {
        self.begin();
        Followed { run: self, body }
    }

    /// Runs the body of a function that is not async.
    pub fn call<T>(&self, body: impl FnOnce() -> T) -> T {
        self.begin();
        self.inside(body)
    }

    /// The body has ended; the clock stops. Says whether somebody listens.
    pub fn has_ended(&self) -> bool {
        let Some(state) = &self.0 else { return false };
        let mut draft = state.draft.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(draft) = draft.as_mut() {
            draft.envelope.duration = draft.started.map(|at| at.elapsed().as_secs_f64());
        }
        true
    }

    /// The body gave a value.
    pub fn succeeded(&self, result: Option<Captured>) {
        self.edit(|envelope| {
            envelope.is_success.capture(Some(true));
            envelope.result.capture(result);
        });
    }

    /// The body gave an error.
    pub fn failed(&self, reason: Option<String>) {
        self.edit(|envelope| {
            envelope.is_success.capture(Some(false));
            envelope.result.capture(reason.map(Captured::Text));
        });
    }

    /// The keys `result` and `error`.
    pub fn result(&self, value: Option<Captured>) {
        if let Some(value) = value {
            self.edit(|envelope| envelope.result.set(value));
        }
    }

    /// The key `llm_response`.
    pub fn llm_response<T: Serialize>(&self, response: impl FnOnce() -> T) {
        if let Some(response) = guarded(|| json::raw(&response())) {
            self.edit(|envelope| envelope.responses.push(response));
        }
    }

    /// The key `tokens`.
    pub fn tokens<T: Into<Tokens>>(&self, tokens: impl FnOnce() -> T) {
        self.key(tokens, |envelope, tokens| {
            envelope.tokens = Some(tokens.into());
        });
    }

    /// The key `used_tools`.
    pub fn used_tools<T>(&self, tools: impl FnOnce() -> T)
    where
        T: IntoIterator<Item: AsRef<str>>,
    {
        let tools = || -> Vec<String> {
            tools()
                .into_iter()
                .map(|tool| tool.as_ref().to_owned())
                .collect()
        };
        self.key(tools, |envelope, tools| envelope.used_tools.extend(tools));
    }

    /// The key `is_success`.
    pub fn is_success(&self, is_success: impl FnOnce() -> bool) {
        self.key(is_success, |envelope, is_success| {
            envelope.is_success.set(is_success);
        });
    }

    /// Hands the report over.
    pub fn report(self) {
        if let Some(state) = &self.0 {
            state.report(|_| {});
        }
    }

    fn begin(&self) {
        if let Some(state) = &self.0 {
            let mut draft = state.draft.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(draft) = draft.as_mut() {
                draft.started = Some(Instant::now());
            }
        }
    }

    fn edit(&self, edit: impl FnOnce(&mut Envelope)) {
        if let Some(state) = &self.0 {
            state.edit(edit);
        }
    }

    /// Evaluates a key. Its panic costs the field.
    fn key<T>(&self, value: impl FnOnce() -> T, set: impl FnOnce(&mut Envelope, T)) {
        if let Some(value) = guarded(value) {
            let _ = guarded(|| self.edit(|envelope| set(envelope, value)));
        }
    }

    /// Runs a piece of the body with this run as the current one. A panic is reported and goes on.
    fn inside<T>(&self, body: impl FnOnce() -> T) -> T {
        let outer = Entered::enter(self.0.clone());
        let result = match &self.0 {
            None => Ok(body()),
            Some(_) => catch_unwind(AssertUnwindSafe(body)),
        };
        drop(outer);
        match (result, &self.0) {
            (Ok(value), _) => value,
            (Err(payload), state) => {
                if let Some(state) = state {
                    state.report_panic(payload.as_ref());
                }
                resume_unwind(payload)
            }
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(state) = &self.0 {
            state.report_broken("cancelled");
        }
    }
}

fn begin(module: &'static str, function: &'static str, reporter: Reporter) -> Arc<RunState> {
    Arc::new(RunState {
        reporter,
        draft: Mutex::new(Some(Draft {
            envelope: Envelope {
                target: Some(Target {
                    module: Cow::Borrowed(module),
                    function: Cow::Borrowed(function),
                }),
                ..Envelope::default()
            },
            started: None,
        })),
    })
}

/// The run that this thread executes just now.
pub(crate) fn current() -> Option<Arc<RunState>> {
    CURRENT
        .try_with(|current| current.borrow().clone())
        .ok()
        .flatten()
}

/// Makes a run the current one of this thread until dropped; `None` hides the outer run.
struct Entered(Option<Arc<RunState>>);

impl Entered {
    fn enter(state: Option<Arc<RunState>>) -> Self {
        Self(swap(state))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        swap(self.0.take());
    }
}

fn swap(state: Option<Arc<RunState>>) -> Option<Arc<RunState>> {
    CURRENT
        .try_with(|current| current.replace(state))
        .ok()
        .flatten()
}

pin_project! {
    /// The body of an async function, followed by its run through every poll.
    #[derive(Debug)]
    pub struct Followed<'a, F> {
        run: &'a Run,
        #[pin]
        body: F,
    }
}

impl<F: Future> Future for Followed<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.run.inside(|| this.body.poll(context))
    }
}
