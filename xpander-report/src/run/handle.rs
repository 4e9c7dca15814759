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

/// The run that executes the code that asks, or a handle that does nothing outside a run.
///
/// It follows the run through awaits, not into threads or tasks that the body starts: carry it there
/// with [`enter`](TaskHandle::enter) and [`in_task`](InTask::in_task). What is set through it is explicit: nothing captured replaces it.
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

/// A run, seen from inside its body; see [`current_task`].
#[derive(Debug, Clone)]
pub struct TaskHandle(Option<Arc<RunState>>);

impl TaskHandle {
    /// The task's id, under which the run will be found; `None` outside a run. A run that is rolled up belongs to the
    /// task of the run around it.
    pub fn id(&self) -> Option<String> {
        let task = self.0.as_ref()?.task();
        task.place.is_reported().then(|| task.id())?
    }

    /// Hands over a provider's response: anything that serialises, or implements [`LlmResponse`].
    ///
    /// Text, tokens, tools and failure are read from it if it is of a known [`Shape`](crate::Shape), and
    /// fill what is not set otherwise. Each response counts once, by its id or else by its bytes;
    /// tokens of several add up, and they become an array.
    pub fn llm_response<Via, T: LlmResponse<Via> + ?Sized>(&self, response: &T) -> &Self {
        if let Some(state) = &self.0 {
            let response = json::raw(&response.response());
            state.edit(|envelope| envelope.responses.push(Declared::Given(response)));
        }
        self
    }

    /// Sets how many tokens the run used, whatever its responses say.
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

    /// Adds a tool that the run called. A call that a response asks for as well is one call.
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

    /// Sets what came out of the run, instead of the returned value.
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

    /// Marks the run as failed, and says why, whatever it returns.
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

    /// Reports what is known of the run by now, under its id. The report at its end updates it. A run that is rolled up
    /// reports what is known of the run around it.
    ///
    /// Until then the platform shows the task as completed, unless [`fail`](Self::fail) was called: a report can say that
    /// a task failed or that it did not, not that it is under way.
    pub fn progress(&self) -> &Self {
        if let Some(state) = &self.0 {
            state.task().progress();
        }
        self
    }

    /// Makes the run the current one of this thread, for code that the body has moved to a thread of its
    /// own, until the guard is dropped. Do not keep the guard across an `await`: for futures there is
    /// [`in_task`](InTask::in_task).
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
