use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Url;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::sender::{Answered, Prepared, Sender};
use crate::envelope::outgoing::Outgoing;
use crate::platform::api::{Answer, Api, PlaceInProcess, Request};
use crate::platform::config::Config;
use crate::platform::error::Error;
use crate::report::task_id::TaskId;

/// A request that takes no longer than this does not hang, however fast the others are.
const MIN_PATIENCE: Duration = Duration::from_secs(1);
/// A request hangs if it takes so many times as long as the others.
const PATIENCE: u32 = 8;

/// The requests on the way.
pub(super) struct Requests {
    /// Made when the worker starts; made again if that failed.
    api: Option<Api>,
    /// The last agent, and where its reports go.
    address: Option<(String, Url)>,
    idle: Vec<Sender>,
    under_way: Vec<UnderWay>,
    /// The number of the last request.
    last: u64,
    answers: UnboundedSender<Answered>,
    answered: UnboundedReceiver<Answered>,
    /// How long answers take, about.
    usual: Duration,
}

struct UnderWay {
    number: u64,
    id: TaskId,
    since: Instant,
    /// How many tries of the report failed before.
    failures: u32,
    sender: Sender,
}

/// What became of one try.
pub(super) struct Outcome {
    pub(super) id: TaskId,
    pub(super) took: Duration,
    pub(super) result: Result<Answer, Error>,
}

impl UnderWay {
    /// When it hangs, if others usually take that long. With each try a report gets more time, so that one that is slow
    /// arrives, too.
    fn hangs_at(&self, usual: Duration) -> Instant {
        let patience = MIN_PATIENCE.max(usual * PATIENCE);
        self.since + patience * (1 << self.failures.min(8))
    }
}

impl Requests {
    pub(super) fn new() -> Self {
        let (answers, answered) = unbounded_channel();
        Self {
            api: None,
            address: None,
            idle: Vec::new(),
            under_way: Vec::new(),
            last: 0,
            answers,
            answered,
            usual: Duration::ZERO,
        }
    }

    /// Makes the client before it is needed.
    pub(super) fn connect(&mut self, config: &Arc<Config>) {
        let _ = self.api(config);
    }

    pub(super) fn len(&self) -> usize {
        self.under_way.len()
    }

    /// Sends a report.
    pub(super) fn start(
        &mut self,
        id: TaskId,
        failures: u32,
        outgoing: &Outgoing,
        config: &Arc<Config>,
    ) {
        let prepared = self.api(config).and_then(|api| {
            let url = self.address(config, outgoing.agent_id())?;
            let request = Request::report_task_at(url, &outgoing.report)?;
            let sequence = outgoing.sequence();
            let place = PlaceInProcess {
                process: sequence.process(),
                count: sequence.count,
            };
            Ok((api, request.at(place)))
        });
        self.last += 1;
        let sender = self.send(prepared);
        self.under_way.push(UnderWay {
            number: self.last,
            id,
            since: Instant::now(),
            failures,
            sender,
        });
    }

    fn send(&mut self, mut prepared: Prepared) -> Sender {
        loop {
            let idle = self.idle.pop();
            let sender = idle.unwrap_or_else(|| Sender::start(self.answers.clone()));
            match sender.send(self.last, prepared) {
                None => return sender,
                Some(unsent) => prepared = unsent,
            }
        }
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
            match self.answered.recv().await {
                Some(answered) => {
                    if let Some(outcome) = self.outcome(answered) {
                        return outcome;
                    }
                }
                None => std::future::pending().await,
            }
        }
    }

    /// The outcome of a request that has already ended.
    pub(super) fn try_next(&mut self) -> Option<Outcome> {
        loop {
            let answered = self.answered.try_recv().ok()?;
            if let Some(outcome) = self.outcome(answered) {
                return Some(outcome);
            }
        }
    }

    /// None if the request was given up.
    fn outcome(&mut self, Answered { number, result }: Answered) -> Option<Outcome> {
        let mut under_way = self.under_way.iter();
        let at = under_way.position(|it| it.number == number)?;
        let UnderWay {
            id, since, sender, ..
        } = self.under_way.swap_remove(at);
        self.idle.push(sender);
        let took = since.elapsed();
        if matches!(result, Ok(_) | Err(Error::Status(_))) {
            self.usual = match self.usual.is_zero() {
                true => took,
                false => (self.usual * 7 + took) / 8,
            };
        }
        Some(Outcome { id, took, result })
    }

    /// Aborts the requests that hang. Returns how long each took.
    pub(super) fn abort_hanging(&mut self, now: Instant) -> Vec<(TaskId, Duration)> {
        let usual = self.usual;
        let hanging = self
            .under_way
            .extract_if(.., |it| it.hangs_at(usual) <= now);
        let aborted = hanging.map(
            |UnderWay {
                 id, since, sender, ..
             }| {
                sender.abort();
                (id, now.saturating_duration_since(since))
            },
        );
        aborted.collect()
    }

    /// When the next one hangs, unless it is answered.
    pub(super) fn next_hanging(&self) -> Option<Instant> {
        let under_way = self.under_way.iter();
        under_way.map(|it| it.hangs_at(self.usual)).min()
    }

    /// Gives up everything on the way.
    pub(super) fn abort(&mut self) {
        for UnderWay { sender, .. } in self.under_way.drain(..) {
            sender.abort();
        }
    }
}
