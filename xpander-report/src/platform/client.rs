use std::sync::{Arc, Mutex};
use std::{fmt, thread};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};

use super::api::{Answer, Api, Request};
use super::config::Config;
use super::error::{ConfigError, Error};
use crate::report::TaskReport;
use crate::report::agent::Agent;
use crate::report::task::Task;
use crate::support::block_on::block_on;
use crate::support::runtime;
use crate::support::suppress::suppressed;
use crate::support::sync::lock;

/// Calls the platform directly, one request per call.
///
/// Requests run on the client's own thread, so it works with tokio, smol, any other executor and
/// without one. Cloning is cheap and shares the thread and its connections. To report in the background,
/// with retries, use a [`Reporter`](crate::Reporter).
///
/// ```no_run
/// use xpander_report::{Client, TaskReport};
///
/// # async fn run() -> Result<(), xpander_report::Error> {
/// let client = Client::from_env()?;
/// let task = client
///     .report_external_task(&TaskReport::new().input("2 + 2").result("4"))
///     .await?;
/// println!("{} is {}", task.id, task.status.unwrap());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    config: Arc<Config>,
    calls: Arc<Mutex<Option<mpsc::UnboundedSender<Call>>>>,
}

struct Call {
    request: Request,
    answer: oneshot::Sender<Result<Answer, Error>>,
}

impl Client {
    /// A client for this configuration. Its thread starts with the first call.
    pub fn new(config: Config) -> Self {
        Self {
            config: Arc::new(config),
            calls: Arc::default(),
        }
    }

    /// A client that is configured by the environment.
    ///
    /// # Errors
    /// A variable is missing or malformed. The error names it.
    pub fn from_env() -> Result<Self, ConfigError> {
        Config::from_env().map(Self::new)
    }

    /// Reports a run and returns the platform's record of it.
    ///
    /// The agent is that of the report, or of the configuration. The call is not retried. If you set an id, a second
    /// call updates the same task.
    ///
    /// # Errors
    /// No agent is set, there is no connection, the platform returns an error status, or its answer cannot be read.
    pub async fn report_external_task(&self, report: &TaskReport) -> Result<Task, Error> {
        self.call(Request::report_task(&self.config, report)?).await
    }

    /// [`report_external_task`](Self::report_external_task) for code that is not async. It blocks this thread until the
    /// answer arrives.
    ///
    /// # Errors
    /// The same.
    pub fn report_external_task_blocking(&self, report: &TaskReport) -> Result<Task, Error> {
        block_on(self.report_external_task(report))
    }

    /// The platform's record of a task.
    ///
    /// # Errors
    /// There is no such task (status 404), there is no connection, or the answer cannot be read.
    pub async fn task(&self, id: &str) -> Result<Task, Error> {
        self.call(Request::task(&self.config, id)?).await
    }

    /// [`task`](Self::task) for code that is not async.
    ///
    /// # Errors
    /// The same.
    pub fn task_blocking(&self, id: &str) -> Result<Task, Error> {
        block_on(self.task(id))
    }

    /// The platform's record of an agent.
    ///
    /// # Errors
    /// There is no such agent (status 404), there is no connection, or the answer cannot be read.
    pub async fn agent(&self, id: &str) -> Result<Agent, Error> {
        self.call(Request::agent(&self.config, id)?).await
    }

    /// [`agent`](Self::agent) for code that is not async.
    ///
    /// # Errors
    /// The same.
    pub fn agent_blocking(&self, id: &str) -> Result<Agent, Error> {
        block_on(self.agent(id))
    }

    /// Makes any other call.
    #[cfg(feature = "_relay")]
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: reqwest::Method,
        segments: &[&str],
    ) -> Result<T, Error> {
        self.call(Request::call(&self.config, method, segments)?)
            .await
    }

    /// Makes any other GET request and returns the unchanged answer. `path` has the segments of the path, such as
    /// `["agent-execution", id, "status"]`; they are percent-encoded.
    ///
    /// ```no_run
    /// use xpander_report::Client;
    ///
    /// # async fn run() -> Result<(), xpander_report::Error> {
    /// let client = Client::from_env()?;
    /// let path = ["agent-execution", "executions", "history", "agent-123"];
    /// let failed = client.query(&path, &[("status", "failed"), ("per_page", "10")]).await?;
    /// println!("{}", failed.get());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A segment cannot be part of a URL, there is no connection, the platform returns an error status, or its answer
    /// is not JSON.
    pub async fn query(
        &self,
        path: &[&str],
        parameters: &[(&str, &str)],
    ) -> Result<Box<RawValue>, Error> {
        self.call(Request::query(&self.config, path, parameters)?)
            .await
    }

    /// [`query`](Self::query) for code that is not async.
    ///
    /// # Errors
    /// The same.
    pub fn query_blocking(
        &self,
        path: &[&str],
        parameters: &[(&str, &str)],
    ) -> Result<Box<RawValue>, Error> {
        block_on(self.query(path, parameters))
    }

    async fn call<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        self.hand_over(Call { request, answer })?;
        answered.await.map_err(|_| stopped())??.decode()
    }

    fn hand_over(&self, call: Call) -> Result<(), Error> {
        let mut calls = lock(&self.calls);
        let call = match calls.as_ref() {
            Some(running) => match running.send(call) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::SendError(call)) => call,
            },
            None => call,
        };
        let started = start(Arc::clone(&self.config))?;
        calls.insert(started).send(call).map_err(|_| stopped())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// Starts the thread. It ends when the last client that shares it is dropped.
fn start(config: Arc<Config>) -> Result<mpsc::UnboundedSender<Call>, Error> {
    let (sender, calls) = mpsc::unbounded_channel();
    thread::Builder::new()
        .name("xpander-client".to_owned())
        .spawn(move || suppressed(|| serve(config, calls)))
        .map_err(|error| Error::broken("starting the client's thread", error))?;
    Ok(sender)
}

fn serve(config: Arc<Config>, mut calls: mpsc::UnboundedReceiver<Call>) {
    let runtime = match runtime::runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            if let Some(call) = calls.blocking_recv() {
                let error = Error::broken("starting the client's runtime", error);
                let _ = call.answer.send(Err(error));
            }
            return;
        }
    };
    runtime::block_on(&runtime, async {
        let mut connected = None;
        while let Some(mut call) = calls.recv().await {
            let api = match &connected {
                Some(api) => Api::clone(api),
                None => match Api::connect(Arc::clone(&config)) {
                    Ok(api) => connected.insert(api).clone(),
                    Err(error) => {
                        let _ = call.answer.send(Err(error));
                        continue;
                    }
                },
            };
            tokio::spawn(async move {
                tokio::select! {
                    result = api.send(call.request) => { let _ = call.answer.send(result); }
                    // The caller has given up.
                    () = call.answer.closed() => {}
                }
            });
        }
    });
}

fn stopped() -> Error {
    Error::broken(
        "the request",
        "the client's thread ended before it was answered",
    )
}
