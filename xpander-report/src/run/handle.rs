use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
#[cfg(feature = "_middleware")]
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::envelope::Field;
use crate::envelope::response::Declared;
#[cfg(feature = "_middleware")]
use crate::envelope::response::Recording;
use crate::envelope::value::Captured;
use crate::provider::llm_response::LlmResponse;
use crate::report::json;
use crate::report::tokens::Tokens;
use crate::run::current::{self, Entered, RunState};

/// Returns the current run. Outside a run, the handle does nothing.
///
/// The current run is kept across awaits, but not in threads or tasks that the body starts: use
/// [`enter`](TaskHandle::enter) and [`in_task`](InTask::in_task) there. Values that are set through the handle override
/// captured ones.
///
/// ```
/// use xpander_report::{Tokens, current_task, external_task, testing::Recorder};
///
/// #[external_task]
/// fn answer(question: &str) -> String {
///     current_task().tokens(Tokens::new(7, 3)).used_tool("search");
///     format!("about {question}: 42")
/// }
///
/// let recorder = Recorder::new();
/// recorder.in_scope(|| answer("life"));
/// let report = &recorder.take()[0];
/// assert_eq!(report.used_tools, ["search"]);
/// assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
/// ```
pub fn current_task() -> TaskHandle {
    TaskHandle(current::current())
}

/// A handle to the current run; see [`current_task`].
#[derive(Debug, Clone)]
pub struct TaskHandle(Option<Arc<RunState>>);

impl TaskHandle {
    /// The task's id. `None` outside a run. A rolled-up run has the id of the enclosing run's task.
    pub fn id(&self) -> Option<String> {
        let task = self.0.as_ref()?.task();
        task.place.is_reported().then(|| task.id())?
    }

    /// Adds a provider's response: any serialisable value, or an [`LlmResponse`].
    ///
    /// If its [`Shape`](crate::Shape) is known, text, tokens, tools and failure are read from it, and fill the fields that are
    /// not set explicitly. Each response counts once, by its id or else by its bytes. The tokens of several responses add
    /// up, and the responses become an array.
    pub fn llm_response<Via, T: LlmResponse<Via> + ?Sized>(&self, response: &T) -> &Self {
        if let Some(state) = &self.0 {
            let response = json::raw(&response.response());
            state.edit(|envelope| envelope.responses.push(Declared::Given(response)));
        }
        self
    }

    /// Sets the run's tokens, and overrides those of its responses.
    pub fn tokens(&self, tokens: impl Into<Tokens>) -> &Self {
        if let Some(state) = &self.0 {
            let tokens = tokens.into();
            if let Some(outer) = state.inside_of() {
                Self(Some(outer)).tokens(tokens);
            }
            state.edit(|envelope| envelope.tokens = Some(tokens));
        }
        self
    }

    /// Adds a tool that the run called. If a response requests the same call, it counts once.
    pub fn used_tool(&self, tool: impl Into<String>) -> &Self {
        if let Some(state) = &self.0 {
            let tool: String = tool.into();
            if let Some(outer) = state.inside_of() {
                Self(Some(outer)).used_tool(tool.clone());
            }
            state.edit(|envelope| match &mut envelope.used_tools {
                Field::Captured(tools) | Field::Explicit(tools) => tools.push(tool),
                absent @ Field::Absent => absent.capture(Some(vec![tool])),
            });
        }
        self
    }

    /// Sets the result of the run, in place of the returned value. If the returned value is a provider's response, it is
    /// still read.
    pub fn result(&self, result: impl Into<String>) -> &Self {
        if let Some(state) = &self.0 {
            let result: String = result.into();
            if let Some(outer) = state.inside_of() {
                Self(Some(outer)).result(result.clone());
            }
            let result = Captured::Text(result);
            state.edit(|envelope| envelope.result.set(result));
        }
        self
    }

    /// Marks the run as failed with a reason, regardless of the returned value.
    pub fn fail(&self, why: impl Into<String>) -> &Self {
        if let Some(state) = &self.0 {
            let why: String = why.into();
            if let Some(outer) = state.inside_of() {
                Self(Some(outer)).fail(why.clone());
            }
            let why = Captured::Text(why);
            state.edit(|envelope| {
                envelope.is_success.set(false);
                envelope.result.set(why);
            });
        }
        self
    }

    /// Reports the current state of the run under its id. The report at its end updates the task. A rolled-up run reports the
    /// state of the enclosing run.
    ///
    /// Until then, the platform shows the task as completed, unless [`fail`](Self::fail) was called. The platform's reports
    /// cannot mark a task as running.
    pub fn progress(&self) -> &Self {
        if let Some(state) = &self.0 {
            state.task().progress();
        }
        self
    }

    /// Makes the run the current one of this thread until the guard is dropped. Use it for code that the body moves to
    /// another thread. Do not keep the guard across an `await`: use [`in_task`](InTask::in_task) for futures.
    ///
    /// ```
    /// use xpander_report::{current_task, external_task, testing::Recorder};
    ///
    /// #[external_task]
    /// fn research(question: &str) {
    ///     let task = current_task();
    ///     std::thread::scope(|scope| {
    ///         scope.spawn(|| {
    ///             let _entered = task.enter();
    ///             current_task().used_tool("search"); // code that knows nothing of the handle
    ///         });
    ///     });
    /// }
    ///
    /// let recorder = Recorder::new();
    /// recorder.in_scope(|| research("why"));
    /// assert_eq!(recorder.take()[0].used_tools, ["search"]);
    /// ```
    pub fn enter(&self) -> EnteredTask<'_> {
        EnteredTask {
            _entered: Entered::enter(self.0.clone()),
            _task: PhantomData,
        }
    }
}

#[cfg(feature = "_middleware")]
impl TaskHandle {
    /// Begins to record a response of the run: what has passed of it by the end of the run counts. None
    /// outside a run.
    pub(crate) fn record(&self) -> Option<Recording> {
        let run = self.0.as_ref()?;
        let recording = Recording::new();
        run.edit(|envelope| {
            let recorded = Declared::Caught(recording.share());
            envelope.responses.push(recorded);
        })?;
        Some(recording)
    }

    /// Makes room for more of the run's recordings. Says whether they are no longer than `most` together.
    pub(crate) fn reserve(&self, bytes: usize, most: usize) -> bool {
        self.0.as_ref().is_some_and(|run| {
            let before = run.recorded.fetch_add(bytes, Ordering::Relaxed);
            before.saturating_add(bytes) <= most
        })
    }

    /// Gives back what a recording that is given up has taken.
    pub(crate) fn release(&self, bytes: usize) {
        if let Some(run) = &self.0 {
            run.recorded.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// A response was too long to be read.
    pub(crate) fn count_oversized(&self) {
        if let Some(run) = &self.0 {
            run.count_oversized();
        }
    }
}

/// Keeps a run the current one of its thread; see [`TaskHandle::enter`].
#[derive(Debug)]
#[must_use = "the run is left when this is dropped"]
pub struct EnteredTask<'a> {
    _entered: Entered,
    // It belongs to its thread.
    _task: PhantomData<(&'a TaskHandle, *const ())>,
}

/// Carries a run into a future that is spawned.
pub trait InTask: Future + Sized {
    /// The future, with this run as the current one whenever it is polled.
    ///
    /// ```
    /// use xpander_report::{InTask, current_task, external_task, testing::Recorder};
    ///
    /// async fn search() {
    ///     current_task().used_tool("search"); // knows nothing of the handle
    /// }
    ///
    /// #[external_task]
    /// async fn research(question: &str) {
    ///     let search = tokio::spawn(search().in_task(current_task()));
    ///     search.await.ok();
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let recorder = Recorder::new();
    /// recorder.scope(research("why")).await;
    /// assert_eq!(recorder.take()[0].used_tools, ["search"]);
    /// # }
    /// ```
    fn in_task(self, task: TaskHandle) -> WithTask<Self> {
        WithTask {
            task,
            future: Some(self),
        }
    }
}

impl<F: Future> InTask for F {}

pin_project! {
    /// A future that is a part of a run; see [`InTask::in_task`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct WithTask<F> {
        task: TaskHandle,
        // Gone only when this is dropped.
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for WithTask<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // What the future leaves behind is dropped as a part of the run.
            let _entered = this.task.enter();
            this.future.set(None);
        }
    }
}

impl<F: Future> Future for WithTask<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.task.enter();
        match this.future.as_pin_mut() {
            Some(future) => future.poll(context),
            None => Poll::Pending,
        }
    }
}
