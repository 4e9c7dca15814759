use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use pin_project_lite::pin_project;

use super::delivery::Waiting;
use super::outcome::Looking;
use crate::run::deadline::Deadline;
use crate::run::following::Following;

pin_project! {
    /// The answer of a [`TaskService`](crate::TaskService).
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct TaskFuture<F, A, E> {
        // `None` once it has ended.
        #[pin]
        running: Option<Following<F, Looking<A, E>>>,
        deadline: Option<Deadline>,
        // The outcome of the call while its report is waited for. A panic resumes afterwards.
        output: Option<thread::Result<Result<A, E>>>,
        waiting: Waiting,
    }
}

impl<F, A, E> TaskFuture<F, A, E> {
    /// The call has returned this future, or has panicked.
    pub(super) fn new(
        called: thread::Result<Following<F, Looking<A, E>>>,
        deadline: Option<Deadline>,
        mut waiting: Waiting,
    ) -> Self {
        let (running, output) = match called {
            Ok(running) => (Some(running), None),
            Err(panic) => {
                waiting.begin();
                (None, Some(Err(panic)))
            }
        };
        Self {
            running,
            deadline,
            output,
            waiting,
        }
    }
}

impl<F, A, E> Future for TaskFuture<F, A, E>
where
    F: Future<Output = Result<A, E>>,
    E: Display + 'static,
{
    type Output = Result<A, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<A, E>> {
        let mut this = self.project();
        if let Some(running) = this.running.as_mut().as_pin_mut() {
            let output = match catch_unwind(AssertUnwindSafe(|| running.poll(context))) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(output)) => Ok(output),
                Err(panic) => Err(panic),
            };
            *this.output = Some(output);
            this.running.set(None);
            *this.deadline = None;
            this.waiting.begin();
        }
        ready!(this.waiting.poll(context));
        match this.output.take() {
            Some(Ok(output)) => Poll::Ready(output),
            Some(Err(panic)) => resume_unwind(panic),
            None => Poll::Pending,
        }
    }
}

impl<F: fmt::Debug, A, E> fmt::Debug for TaskFuture<F, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskFuture")
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}
