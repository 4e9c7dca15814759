use std::collections::HashMap;
use std::sync::Arc;

use reqwest::Url;
use tokio::task::{self, JoinError, JoinSet};

use crate::envelope::outgoing::Outgoing;
use crate::platform::api::{Answer, Api, Request};
use crate::platform::config::Config;
use crate::platform::error::Error;
use crate::report::task_id::TaskId;

/// The requests on the way.
pub(super) struct Requests {
    /// Made when the worker starts; made again if that failed.
    api: Option<Api>,
    /// The last agent, and where its reports go.
    address: Option<(String, Url)>,
    sending: JoinSet<Result<Answer, Error>>,
    ids: HashMap<task::Id, TaskId>,
}

/// What became of one try.
pub(super) struct Outcome {
    pub(super) id: TaskId,
    pub(super) result: Result<Answer, Error>,
}

impl Requests {
    pub(super) fn new() -> Self {
        Self {
            api: None,
            address: None,
            sending: JoinSet::new(),
            ids: HashMap::new(),
        }
    }

    /// Makes the client before it is needed.
    pub(super) fn connect(&mut self, config: &Arc<Config>) {
        let _ = self.api(config);
    }

    pub(super) fn len(&self) -> usize {
        self.sending.len()
    }

    /// Sends a report.
    pub(super) fn start(&mut self, id: TaskId, outgoing: &Outgoing, config: &Arc<Config>) {
        let prepared = self.api(config).and_then(|api| {
            let url = self.address(config, outgoing.agent_id())?;
            let request = Request::report_task_at(url, &outgoing.report)?;
            Ok((api, request))
        });
        let sending = self.sending.spawn(async move {
            let (api, request) = prepared?;
            let answer = api.send(request).await?;
            answer.check()?;
            Ok(answer)
        });
        self.ids.insert(sending.id(), id);
    }

    /// Where reports of this agent go.
    fn address(&mut self, config: &Config, agent: &str) -> Result<Url, Error> {
        if let Some((known, url)) = &self.address
            && known == agent
        {
            return Ok(url.clone());
        }
        let url = config.endpoint(&["agent-execution", agent, "report_task"])?;
        self.address = Some((agent.to_owned(), url.clone()));
        Ok(url)
    }

    fn api(&mut self, config: &Arc<Config>) -> Result<Api, Error> {
        if let Some(api) = &self.api {
            return Ok(api.clone());
        }
        let api = Api::connect(Arc::clone(config))?;
        Ok(self.api.insert(api).clone())
    }

    /// Waits for the next one that ends; forever if there is none.
    pub(super) async fn next(&mut self) -> Outcome {
        loop {
            match self.sending.join_next_with_id().await {
                Some(ended) => {
                    if let Some(outcome) = self.outcome(ended) {
                        return outcome;
                    }
                }
                None => std::future::pending().await,
            }
        }
    }

    /// One that has ended already.
    pub(super) fn try_next(&mut self) -> Option<Outcome> {
        let ended = self.sending.try_join_next_with_id()?;
        self.outcome(ended)
    }

    fn outcome(
        &mut self,
        ended: Result<(task::Id, Result<Answer, Error>), JoinError>,
    ) -> Option<Outcome> {
        let (task, result) = match ended {
            Ok((task, result)) => (task, result),
            // What the application put into the HTTP client can panic.
            Err(error) => (error.id(), Err(Error::broken("the request", error))),
        };
        let id = self.ids.remove(&task)?;
        Some(Outcome { id, result })
    }

    /// Gives up everything on the way.
    pub(super) fn abort(&mut self) {
        // What is dropped is aborted, and counts no more.
        self.sending = JoinSet::new();
        self.ids.clear();
    }
}
