//! `TaskLayer`: the reports of a service's calls, the waits of answers, and jobs that reach their deadline.

mod calls;
mod deadlines;
mod delivery;
mod http_server;

use std::fmt;
use std::time::Duration;

use tower::{Layer, Service, ServiceExt};
use xpander_report::testing::Recorder;
use xpander_report::{Reporter, TaskLayer, TaskReport};

/// A request with a handler of the test.
pub struct Job {
    pub id: &'static str,
    pub text: &'static str,
    pub time: Option<Duration>,
}

pub fn job(id: &'static str) -> Job {
    Job {
        id,
        text: "a question",
        time: None,
    }
}

/// A layer with the closures that most tests need.
pub fn layer<A, E>() -> TaskLayer<Job, A, E> {
    TaskLayer::new("tests::answer")
        .id(|job: &Job| job.id)
        .input(|job: &Job| job.text)
        .deadline(|job: &Job| job.time)
}

/// Calls a service once.
pub fn call<L, S, A, E>(layer: &L, service: S, job: Job) -> Result<A, E>
where
    L: Layer<S, Service: Service<Job, Response = A, Error = E>>,
{
    smol::block_on(layer.layer(service).oneshot(job))
}

/// The reports of such calls.
pub fn recorded(calls: impl FnOnce()) -> Vec<TaskReport> {
    let recorder = Recorder::new();
    recorder.in_scope(calls);
    recorder.take()
}

pub fn outcome(report: &TaskReport) -> (bool, Option<&str>) {
    let is_success = report.is_success.expect("a run that ended");
    (is_success, report.result.as_deref())
}

/// Reports to a platform at `url`.
pub fn reporter(url: impl Into<String>) -> Reporter {
    xpander_report_tests::reporter(url)
}

/// An error that has a source.
#[derive(Debug)]
pub struct NotReached(pub std::io::Error);

impl fmt::Display for NotReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the model was not reached")
    }
}

impl std::error::Error for NotReached {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
