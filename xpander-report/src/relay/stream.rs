//! Reports that a stream keeps, such as one of NATS JetStream. They are delivered in the order of the stream, and its reader
//! gets a notice when a report may be acknowledged.

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Forwarder, PurgedTask, SenderSequence};
use crate::delivery::Delivery;
use crate::delivery::keeper::{Keeper, Kept, Notice};
use crate::delivery::senders::Senders;
use crate::envelope::outgoing::Outgoing;
use crate::envelope::sequence::Sequence;
use crate::platform::config::Config;
use crate::platform::error::ConfigError;
use crate::report::TaskReport;
use crate::report::task_id::TaskId;
use crate::reporter::builder::ReporterBuilder;

/// The order of the reports of a stream. It is the order in the stream, with one exception: a report that its process made
/// before an earlier one of the stream is merged beneath that one.
#[derive(Debug, Default)]
pub struct StreamOrder(Senders);

/// A report of a stream, with its place in the order of all of them.
#[derive(Debug, Clone)]
pub struct StreamReport(Outgoing);

/// Delivers reports that a stream keeps. It keeps nothing itself. Dropping it aborts the requests in flight.
#[derive(Debug)]
pub struct StreamForwarder(Forwarder);

/// The notices of a forwarder about its reports.
#[derive(Debug)]
pub struct Notices(UnboundedReceiver<Notice>);

impl StreamOrder {
    /// A report that names its agent and has this number in the stream.
    pub fn place(
        &mut self,
        id: String,
        report: TaskReport,
        number: u64,
        sender: Option<SenderSequence>,
    ) -> StreamReport {
        let sequence = self.0.sequence(sequence(number), sender.map(|it| it.0));
        StreamReport(Outgoing::new(report, TaskId::from(id), true, sequence))
    }
}

/// Stream numbers are far apart, so that what comes late has room before them.
fn sequence(number: u64) -> Sequence {
    Sequence::from((number.saturating_mul(1_000), 0, number))
}

impl StreamReport {
    /// A report that names its agent, with the place that it was given before.
    pub fn placed(id: String, report: TaskReport, (at, number): (u64, u64)) -> Self {
        let sequence = Sequence::from((at, 0, number));
        Self(Outgoing::new(report, TaskId::from(id), true, sequence))
    }

    /// Its agent.
    pub fn agent_id(&self) -> &str {
        self.0.agent_id()
    }

    /// Its place in the order of all reports of the stream.
    pub fn position(&self) -> (u64, u64) {
        let (at, _, count) = self.0.sequence().into();
        (at, count)
    }
}

impl StreamForwarder {
    /// Delivers as the builder says, and sends nothing while `may_send` is false. Each request names the relay.
    ///
    /// # Errors
    /// A setting that is missing or malformed.
    pub fn new(
        builder: ReporterBuilder,
        name: &str,
        may_send: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<(Self, Notices), ConfigError> {
        let (sender, notices) = unbounded_channel();
        let mut settings = builder.settings()?;
        settings.spool.dir = None;
        settings.keeper = Some(Keeper {
            notices: sender,
            may_send: Arc::new(may_send),
        });
        let config: &mut Config = Arc::make_mut(&mut settings.config);
        config.relay = Some(name.into());
        let base_url = settings.config.base_url().into();
        let forwarder = Forwarder {
            delivery: Arc::new(Delivery::new(settings)),
            base_url,
        };
        Ok((Self(forwarder), Notices(notices)))
    }

    /// Delivers a report. The notice of its end names this number, which must be new. `comes_again`: it was given up before.
    pub fn deliver(&self, ticket: u64, report: StreamReport, comes_again: bool) {
        self.0.delivery.take(Kept {
            ticket,
            outgoing: report.0,
            comes_again,
        });
    }

    /// Delivers the reports of this agent again, which was given up.
    pub async fn take_back(&self, agent: &str) {
        self.0.delivery.take_back(agent.to_owned()).await;
    }

    /// `may_send` has become true.
    pub fn resume(&self) {
        self.0.delivery.resume();
    }

    /// Deletes what is here of a task, up to this number of the stream.
    pub async fn purge(&self, id: &str, last: u64) -> PurgedTask {
        let id = TaskId::from(id.to_owned());
        let until = sequence(last.saturating_add(1));
        let purged = self.0.delivery.purge_until(id, until).await;
        PurgedTask {
            waiting: purged.reports,
            dead_letters: 0,
            is_in_flight: purged.is_in_flight,
        }
    }

    /// The counters, how delivery stands, and what the platform said about the key.
    pub fn forwarder(&self) -> &Forwarder {
        &self.0
    }
}

impl Drop for StreamForwarder {
    fn drop(&mut self) {
        // The stream still has what is left.
        self.0.abort();
    }
}

impl Notices {
    /// The next one; `None` when the forwarder is gone.
    pub async fn next(&mut self) -> Option<Notice> {
        self.0.recv().await
    }
}
