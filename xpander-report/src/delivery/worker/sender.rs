use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use crate::platform::api::{Answer, Api, Request};
use crate::platform::error::Error;

/// A task that sends one request after the other: that costs less than a task for each.
pub(super) struct Sender {
    jobs: UnboundedSender<Job>,
    task: AbortHandle,
}

/// What to send, or why that cannot be.
pub(super) type Prepared = Result<(Api, Request), Error>;

struct Job {
    number: u64,
    prepared: Prepared,
}

/// What became of the request with this number.
pub(super) struct Answered {
    pub(super) number: u64,
    pub(super) result: Result<Answer, Error>,
}

impl Sender {
    /// Starts it. What becomes of its requests goes to `answers`.
    pub(super) fn start(answers: UnboundedSender<Answered>) -> Self {
        let (jobs, receiver) = unbounded_channel();
        let task = tokio::spawn(work(receiver, answers)).abort_handle();
        Self { jobs, task }
    }

    /// Sends a request. Returns it if the task has died.
    pub(super) fn send(&self, number: u64, prepared: Prepared) -> Option<Prepared> {
        let sent = self.jobs.send(Job { number, prepared });
        sent.err().map(|unsent| unsent.0.prepared)
    }

    /// Gives up the request on the way, and the task.
    pub(super) fn abort(self) {
        self.task.abort();
    }
}

async fn work(mut jobs: UnboundedReceiver<Job>, answers: UnboundedSender<Answered>) {
    while let Some(Job { number, prepared }) = jobs.recv().await {
        let mut reply = Reply {
            number,
            result: None,
            answers: &answers,
        };
        reply.result = Some(request(prepared).await);
    }
}

async fn request(prepared: Prepared) -> Result<Answer, Error> {
    let (api, request) = prepared?;
    let answer = api.send(request).await?;
    answer.check()?;
    Ok(answer)
}

/// Sends its answer when it is dropped, because code of the application in the HTTP client can panic.
struct Reply<'a> {
    number: u64,
    result: Option<Result<Answer, Error>>,
    answers: &'a UnboundedSender<Answered>,
}

impl Drop for Reply<'_> {
    fn drop(&mut self) {
        let panicked = || Err(Error::broken("the request", "it panicked"));
        let answered = Answered {
            number: self.number,
            result: self.result.take().unwrap_or_else(panicked),
        };
        // Nobody waits for it any more.
        let _ = self.answers.send(answered);
    }
}
