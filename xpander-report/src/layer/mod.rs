//! Services whose calls are runs.

mod closures;
mod delivery;
pub(crate) mod future;
mod job;
mod outcome;
pub(crate) mod service;
pub(crate) mod time;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use delivery::Delivery;
use job::Job;
use outcome::Outcomes;
use serde::Serialize;
use service::TaskService;
use time::IntoDeadline;
use tower_layer::Layer;

use crate::reporter::Reporter;
use crate::run::capture::{Json, Rung};
use crate::run::key_values::IntoId;

/// A layer of `tower` over a service whose requests are jobs: each call is a run, reported as `#[external_task]` reports
/// a function.
///
/// For job frameworks, AWS Lambda and servers, whose handlers it wraps as they are. The service's error makes a failed
/// task of the run, and so do a panic and a future that is dropped before it ends. Inside the call
/// [`current_task`](crate::current_task) is the run, to which [`CatchResponses`](crate::CatchResponses) hands responses
/// as well. What the closures read is captured when the service is called; their panics are caught and leave out what
/// they would have given.
///
/// ```
/// use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
/// use xpander_report::{TaskLayer, testing::Recorder};
///
/// struct Job {
///     id: u64,
///     text: String,
/// }
///
/// async fn summarise(job: Job) -> Result<String, std::io::Error> {
///     match job.text.split_whitespace().next() {
///         Some(word) => Ok(word.to_owned()), // in place of a model's answer
///         None => Err(std::io::Error::other("there is no text")),
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut worker = ServiceBuilder::new()
///     .layer(
///         TaskLayer::new("my_app::summarise")
///             .id(|job: &Job| format!("job-{}", job.id))
///             .input(|job: &Job| job.text.clone())
///             .result(|summary: &String| summary.clone()),
///     )
///     .service(service_fn(summarise));
///
/// let recorder = Recorder::new();
/// let jobs = ["Long text.", ""].into_iter().zip(1..);
/// recorder
///     .scope(async {
///         for (text, id) in jobs {
///             let job = Job { id, text: text.to_owned() };
///             worker.ready().await.unwrap().call(job).await.ok();
///         }
///     })
///     .await;
///
/// let reports = recorder.take();
/// assert_eq!(reports[0].id.as_deref(), Some("job-1"));
/// assert_eq!(reports[0].input.as_deref(), Some("Long text."));
/// assert_eq!(reports[0].result.as_deref(), Some("Long"));
/// assert_eq!(reports[1].is_success, Some(false));
/// assert_eq!(reports[1].result.as_deref(), Some("there is no text"));
/// # }
/// ```
///
/// # AWS Lambda
/// Lambda freezes a process as soon as it has answered, and kills it at the invocation's deadline.
/// [`flush`](Self::flush) delivers the report before the answer, and with [`deadline`](Self::deadline) an invocation that
/// runs out of time is a failed task, too:
///
/// ```ignore
/// let handler = ServiceBuilder::new()
///     .layer(
///         TaskLayer::new("my_function")
///             .id(|event: &LambdaEvent<Question>| event.context.request_id.clone())
///             .input(|event: &LambdaEvent<Question>| event.payload.question.clone())
///             .result(|answer: &Answer| answer.answer.clone())
///             .deadline(|event: &LambdaEvent<Question>| event.context.deadline())
///             .flush(Duration::from_secs(2)),
///     )
///     .service(service_fn(handle));
/// lambda_runtime::run(handler).await
/// ```
#[must_use = "a layer does nothing until it is laid over a service"]
pub struct TaskLayer<R, A, E> {
    job: Job<R>,
    outcomes: Outcomes<A, E>,
    delivery: Delivery,
}

impl<R, A, E> TaskLayer<R, A, E> {
    /// Reports each call under this name, by which an application chooses whose runs it sends: a path such as
    /// `my_app::summarise`.
    pub fn new(name: &'static str) -> Self {
        Self {
            job: Job::new(name),
            outcomes: Outcomes::default(),
            delivery: Delivery::Later,
        }
    }

    /// Reports to this reporter. Without it, to the one in force; see
    /// [`Reporter::current`](crate::Reporter::current).
    pub fn reporter(mut self, reporter: Reporter) -> Self {
        self.job.reporter = Some(reporter);
        self
    }

    /// Reads the agent in whose history the task appears: a text, or an `Option` of one.
    pub fn agent_id<Via, T: IntoId<Via>>(
        mut self,
        agent_id: impl Fn(&R) -> T + Send + Sync + 'static,
    ) -> Self {
        self.job.agent_id = Some(Arc::new(move |request| agent_id(request).into_id()));
        self
    }

    /// Reads the task's id: a text, or an `Option` of one. A job that is tried again under the same id updates its task.
    pub fn id<Via, T: IntoId<Via>>(mut self, id: impl Fn(&R) -> T + Send + Sync + 'static) -> Self {
        self.job.id = Some(Arc::new(move |request| id(request).into_id()));
        self
    }

    /// Reads what goes into the run: a text as it is, any other value as JSON.
    pub fn input<T: Serialize>(mut self, input: impl Fn(&R) -> T + Send + Sync + 'static) -> Self {
        self.job.input = Some(Arc::new(move |request, outcome| {
            outcome.value(&Rung::<T, Json>::new(&input(request)));
        }));
        self
    }

    /// Reads what came out of a call that succeeded: a text as it is, any other value as JSON. Without it, the text of
    /// the provider's responses is the result.
    pub fn result<T: Serialize>(
        mut self,
        result: impl Fn(&A) -> T + Send + Sync + 'static,
    ) -> Self {
        self.outcomes.result = Some(Arc::new(move |answer, outcome| {
            outcome.value(&Rung::<T, Json>::new(&result(answer)));
        }));
        self
    }

    /// Decides whether an answer is a success, which it is otherwise: an `http::Response` with the status 500, say, is
    /// none.
    pub fn is_success(mut self, is_success: impl Fn(&A) -> bool + Send + Sync + 'static) -> Self {
        self.outcomes.is_success = Some(Arc::new(is_success));
        self
    }

    /// Says why a call failed. Without it, the error and its sources do.
    pub fn error<T: Into<String>>(
        mut self,
        error: impl Fn(&E) -> T + Send + Sync + 'static,
    ) -> Self {
        self.outcomes.error = Some(Arc::new(move |failed| error(failed).into()));
        self
    }

    /// Reads when the job will be killed: a [`SystemTime`](std::time::SystemTime), an
    /// [`Instant`](std::time::Instant), a [`Duration`] from the call on, or an `Option` of one of them.
    ///
    /// If the run is open at the [margin](Self::margin) before that, it is reported as failed with the result
    /// `deadline`, and sent at once, on the reporter's own thread: a handler that blocks its thread changes nothing
    /// about that. A call that ends all the same updates its task, with the result `completed after its deadline` if
    /// it has none of its own. A `Recorder` watches no deadlines.
    pub fn deadline<T: IntoDeadline>(
        mut self,
        deadline: impl Fn(&R) -> T + Send + Sync + 'static,
    ) -> Self {
        self.job.deadline = Some(Arc::new(move |request| deadline(request).into_deadline()));
        self
    }

    /// How long before the deadline an open run is reported, half a second by default; at most half of the time that
    /// is left when the call begins.
    pub fn margin(mut self, margin: Duration) -> Self {
        self.job.margin = margin;
        self
    }

    /// Waits before it answers until the reports made so far are delivered or given up, at most for `timeout` and not
    /// beyond the [margin](Self::margin) before a deadline. Whatever came out of the call: a panic goes on afterwards.
    pub fn flush(mut self, timeout: Duration) -> Self {
        self.delivery = Delivery::Flushed(timeout);
        self
    }

    /// Waits before it answers until the reports made so far are safe, as
    /// [`Reporter::persisted`](crate::Reporter::persisted) says, at most for `timeout` and not beyond the
    /// [margin](Self::margin) of a deadline. For workers that acknowledge a job by their answer. If they are not safe by
    /// then, a warning says so and the call is answered.
    pub fn persisted(mut self, timeout: Duration) -> Self {
        self.delivery = Delivery::Persisted(timeout);
        self
    }
}

impl<S, R, A, E> Layer<S> for TaskLayer<R, A, E> {
    type Service = TaskService<S, R, A, E>;

    fn layer(&self, inner: S) -> Self::Service {
        TaskService::new(
            inner,
            Arc::new(self.job.clone()),
            Arc::new(self.outcomes.clone()),
            self.delivery,
        )
    }
}

impl<R, A, E> Clone for TaskLayer<R, A, E> {
    fn clone(&self) -> Self {
        Self {
            job: self.job.clone(),
            outcomes: self.outcomes.clone(),
            delivery: self.delivery,
        }
    }
}

impl<R, A, E> fmt::Debug for TaskLayer<R, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLayer")
            .field("name", &self.job.name)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}
