use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

use super::delivery::Delivery;
use super::future::TaskFuture;
use super::job::Job;
use super::outcome::{Looking, Outcomes};
use crate::run::following::Following;

/// A service whose calls are runs; see [`TaskLayer`](crate::TaskLayer).
pub struct TaskService<S, R, A, E> {
    inner: S,
    job: Arc<Job<R>>,
    outcomes: Arc<Outcomes<A, E>>,
    delivery: Delivery,
}

impl<S, R, A, E> TaskService<S, R, A, E> {
    pub(super) fn new(
        inner: S,
        job: Arc<Job<R>>,
        outcomes: Arc<Outcomes<A, E>>,
        delivery: Delivery,
    ) -> Self {
        Self {
            inner,
            job,
            outcomes,
            delivery,
        }
    }
}

impl<S, R> Service<R> for TaskService<S, R, S::Response, S::Error>
where
    S: Service<R, Error: Display + 'static>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = TaskFuture<S::Future, S::Response, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let mut run = self.job.start(&request).begin();
        let time = self.job.time(&request);
        let deadline = time.and_then(|time| run.watch(time.left()));
        let waiting = self.delivery.waiting(self.job.reporter.as_ref(), time);
        let inner = &mut self.inner;
        let called = catch_unwind(AssertUnwindSafe(|| run.call(|| inner.call(request))));
        let looking = Looking(Arc::clone(&self.outcomes));
        let running = called.map(|future| Following::new(run, future, looking));
        TaskFuture::new(running, deadline, waiting)
    }
}

impl<S: Clone, R, A, E> Clone for TaskService<S, R, A, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            job: Arc::clone(&self.job),
            outcomes: Arc::clone(&self.outcomes),
            delivery: self.delivery,
        }
    }
}

impl<S: fmt::Debug, R, A, E> fmt::Debug for TaskService<S, R, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskService")
            .field("inner", &self.inner)
            .field("name", &self.job.name)
            .finish_non_exhaustive()
    }
}
