//! Reports each call of a service as a run.

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

/// A `tower` layer that reports each call of a service as a run, like `#[external_task]` on a function.
///
/// It wraps the unchanged handlers of job frameworks, AWS Lambda and servers. An error of the service, a panic, and a future
/// that is dropped before it ends make the task failed. Inside the call, [`current_task`](crate::current_task) returns the
/// run, and [`CatchResponses`](crate::CatchResponses) adds responses to it. The closures run when the service is called.
/// If a closure panics, the panic is caught and its field is left out.
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
/// [`flush`](Self::flush) delivers the report before the answer. With [`deadline`](Self::deadline), an invocation that
/// runs out of time is reported as a failed task:
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
#[must_use = "a layer does nothing until it wraps a service"]
pub struct TaskLayer<R, A, E> {
    job: Job<R>,
    outcomes: Outcomes<A, E>,
    delivery: Delivery,
}

impl<R, A, E> TaskLayer<R, A, E> {
    /// Reports each call under this name, a path such as `my_app::summarise`. Applications select runs by it.
    pub fn new(name: &'static str) -> Self {
        Self {
            job: Job::new(name),
            outcomes: Outcomes::default(),
            delivery: Delivery::Later,
        }
    }

    /// Reports to this reporter. The default is the current one; see
    /// [`Reporter::current`](crate::Reporter::current).
    pub fn reporter(mut self, reporter: Reporter) -> Self {
        self.job.reporter = Some(reporter);
        self
    }

    /// Reads the agent id from the request: a string, or an `Option` of one.
    pub fn agent_id<Via, T: IntoId<Via>>(
        mut self,
        agent_id: impl Fn(&R) -> T + Send + Sync + 'static,
    ) -> Self {
        self.job.agent_id = Some(Arc::new(move |request| agent_id(request).into_id()));
        self
    }

    /// Reads the task's id from the request: a string, or an `Option` of one. A retried job with the same id updates its task.
    pub fn id<Via, T: IntoId<Via>>(mut self, id: impl Fn(&R) -> T + Send + Sync + 'static) -> Self {
        self.job.id = Some(Arc::new(move |request| id(request).into_id()));
        self
    }

    /// Reads the input from the request: text as it is, any other value as JSON.
    pub fn input<T: Serialize>(mut self, input: impl Fn(&R) -> T + Send + Sync + 'static) -> Self {
        self.job.input = Some(Arc::new(move |request, outcome| {
            outcome.value(&Rung::<T, Json>::new(&input(request)));
        }));
        self
    }

    /// Reads the result from a successful response: text as it is, any other value as JSON. Without it, the result is the
    /// text of the provider's responses.
    pub fn result<T: Serialize>(
        mut self,
        result: impl Fn(&A) -> T + Send + Sync + 'static,
    ) -> Self {
        self.outcomes.result = Some(Arc::new(move |answer, outcome| {
            outcome.value(&Rung::<T, Json>::new(&result(answer)));
        }));
        self
    }

    /// Decides whether a response is a success. Without it, every `Ok` is a success. Use it for an `http::Response` with
    /// the status 500, for example.
    pub fn is_success(mut self, is_success: impl Fn(&A) -> bool + Send + Sync + 'static) -> Self {
        self.outcomes.is_success = Some(Arc::new(is_success));
        self
    }

    /// Describes the error of a failed call. The default is the error with its sources.
    pub fn error<T: Into<String>>(
        mut self,
        error: impl Fn(&E) -> T + Send + Sync + 'static,
    ) -> Self {
        self.outcomes.error = Some(Arc::new(move |failed| error(failed).into()));
        self
    }

    /// Reads the job's deadline: a [`SystemTime`](std::time::SystemTime), an
    /// [`Instant`](std::time::Instant), a [`Duration`] from the call, or an `Option` of one of them.
    ///
    /// If the run is still open at the [margin](Self::margin) before the deadline, it is reported as failed with the result
    /// `deadline`. The report is sent immediately on the reporter's own thread, even if the handler blocks its thread. If the
    /// call ends after all, it updates the task, with the result `completed after its deadline` if it has no other. A
    /// `Recorder` does not watch deadlines.
    pub fn deadline<T: IntoDeadline>(
        mut self,
        deadline: impl Fn(&R) -> T + Send + Sync + 'static,
    ) -> Self {
        self.job.deadline = Some(Arc::new(move |request| deadline(request).into_deadline()));
        self
    }

    /// How long before the deadline an open run is reported. The default is half a second, and at most half of the time
    /// that remains when the call begins.
    pub fn margin(mut self, margin: Duration) -> Self {
        self.job.margin = margin;
        self
    }

    /// Delays the response until all accepted reports are delivered or dropped, at most for `timeout`, and not beyond the
    /// [margin](Self::margin) before a deadline. It also waits if the call failed or panicked. A panic continues afterwards.
    pub fn flush(mut self, timeout: Duration) -> Self {
        self.delivery = Delivery::Flushed(timeout);
        self
    }

    /// Delays the response until all accepted reports are safe (see [`Reporter::persisted`](crate::Reporter::persisted)), at
    /// most for `timeout`, and not beyond the [margin](Self::margin) before a deadline. Use it in workers whose response
    /// acknowledges the job. If the reports are not safe in time, a warning says so, and the call is answered.
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
