use serde::Deserialize;
use serde_json::value::RawValue;
use xpander_report::{Client, Config, Error, StatusError};

use super::record::Record;
use crate::cmd::relay;
use crate::connection::{self, Connection};
use crate::failure::Failure;

/// The platform that has the tasks.
pub(super) struct Platform {
    client: Client,
    pub(super) config: Config,
}

impl Platform {
    pub(super) fn new(connection: &Connection) -> Result<Self, Failure> {
        let config = connection
            .config()?
            .build()
            .map_err(|error| Failure::usage(connection::explain(&error)))?;
        Ok(Self {
            client: Client::new(config.clone()),
            config,
        })
    }

    pub(super) fn task(&self, id: &str) -> Result<Record, Failure> {
        let task = self
            .client
            .query_blocking(&["agent-execution", id, "status"], &[]);
        task.map_err(|error| missing(id, &error)).and_then(record)
    }

    /// The raw response of a task. Only the local platform has this call.
    pub(super) fn response(&self, id: &str) -> Result<Box<RawValue>, Failure> {
        self.client
            .query_blocking(&["agent-execution", id, "response"], &[])
            .map_err(|error| missing(id, &error))
    }

    /// One page of the tasks of an agent, or of all agents, the newest first.
    pub(super) fn page(
        &self,
        agent: Option<&str>,
        parameters: &[(&str, &str)],
    ) -> Result<Vec<Record>, Failure> {
        #[derive(Deserialize)]
        struct Page {
            items: Vec<Box<RawValue>>,
        }
        let answer = match agent {
            Some(agent) => {
                let path = ["agent-execution", "executions", "history", agent];
                self.client.query_blocking(&path, parameters)
            }
            None => self.client.query_blocking(&["v1", "tasks"], parameters),
        };
        let answer = answer.map_err(|error| match (&error, agent) {
            _ if is_of_relay(&error) => no_platform(),
            (Error::Status(StatusError { status: 404, .. }), None) => Failure::usage(
                "this platform lists tasks by agent; set the agent with --agent-id or \
                 XPANDER_AGENT_ID",
            ),
            _ => connection::failure(&error),
        })?;
        // A history is a list without a page around it.
        let tasks = match agent {
            Some(_) => serde_json::from_str(answer.get()),
            None => serde_json::from_str(answer.get()).map(|Page { items }| items),
        };
        let tasks: Vec<Box<RawValue>> = tasks.map_err(|error| {
            Failure::new(
                Failure::REFUSED,
                format!("the platform's list of tasks could not be read: {error}"),
            )
        })?;
        tasks.into_iter().map(record).collect()
    }
}

fn record(json: Box<RawValue>) -> Result<Record, Failure> {
    Record::new(json).map_err(|error| {
        Failure::new(
            Failure::REFUSED,
            format!("the platform's record of a task could not be read: {error}"),
        )
    })
}

/// Whether a relay answered that it has no tasks.
fn is_of_relay(error: &Error) -> bool {
    match error {
        Error::Status(StatusError {
            status: 404,
            detail,
            ..
        }) => relay::says_so(detail),
        _ => false,
    }
}

fn no_platform() -> Failure {
    Failure::new(
        Failure::REFUSED,
        "this address is that of a relay, which only accepts and delivers reports; set the \
         address of the platform, which has the tasks, with --base-url or XPANDER_BASE_URL",
    )
}

fn missing(id: &str, error: &Error) -> Failure {
    match error {
        _ if is_of_relay(error) => no_platform(),
        Error::Status(StatusError {
            status: 404,
            detail,
            is_from_platform: true,
            ..
        }) => Failure::new(Failure::NONE, detail),
        Error::Status(StatusError { status: 404, .. }) => {
            Failure::new(Failure::NONE, format!("the platform has no task {id:?}"))
        }
        _ => connection::failure(error),
    }
}
