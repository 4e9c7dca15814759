use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use xpander_report::DeadLetter;
use xpander_report::relay::Standing;

/// The status of a relay: the answer of `GET /xpander-relay`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The relay's name, random to its process.
    pub relay: String,
    /// Its version.
    pub version: String,
    /// The address of the platform that it forwards to.
    pub forwards_to: String,
    /// The organization of the platform's key, if it was set.
    pub organization: Option<String>,
    /// Whether this relay process delivers the waiting reports.
    pub is_forwarding: bool,
    /// The relay that delivers them, if there is one.
    pub forwarder: Option<String>,
    /// The stream in which the reports wait. `None`: they wait in a spool.
    pub stream: Option<Stream>,
    /// Reports that wait for delivery.
    pub waiting: u64,
    /// The age of the oldest waiting report, in seconds; with a spool, of those that were read.
    pub oldest_seconds: Option<f64>,
    /// Reports accepted since it started.
    pub accepted: u64,
    /// Reports that an earlier process left; with a stream, reports that this process took from it.
    pub adopted: u64,
    /// Reports that the platform accepted.
    pub delivered: u64,
    /// Reports merged into a newer report of the same task.
    pub merged: u64,
    /// Reports superseded by a newer report of the same task.
    pub superseded: u64,
    /// Failed attempts that are retried.
    pub retried: u64,
    /// Reports that the platform permanently refused since the relay started.
    pub dead_lettered: u64,
    /// Dead letters that are kept.
    pub dead_letters: usize,
    /// Dead letters that were deleted to make room.
    pub dead_letters_dropped: u64,
    /// Reports that were dropped, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Reports that were not accepted, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Whether the platform's circuit breaker is open: only periodic probes are sent.
    pub is_platform_away: bool,
    /// Whether the platform refuses the key. Until this is fixed, no report is accepted.
    pub is_key_refused: bool,
    /// Requests in progress.
    pub in_flight: usize,
    /// The agents whose circuit breakers are open, at most 100.
    pub failing_agents: Vec<FailingAgent>,
    /// A cumulative histogram: seconds, and the number of answers that took at most that long.
    pub request_seconds: Vec<(f64, u64)>,
    /// All answers of the platform.
    pub requests: u64,
    /// The sum of their durations, in seconds.
    pub request_seconds_sum: f64,
    /// The error of the most recent failed attempt.
    pub last_error: Option<String>,
}

/// A stream of NATS JetStream in which reports wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stream {
    /// Its name.
    pub name: String,
    /// The bytes of its reports.
    pub bytes: u64,
    /// Its maximum size in bytes. When it is full, no report is accepted.
    pub max_bytes: u64,
    /// How many servers keep each report.
    pub replicas: usize,
    /// Reports of failing agents that were moved to a second stream. They are included in [`Status::waiting`].
    pub parked: u64,
    /// The bytes of the parked reports.
    pub parked_bytes: u64,
    /// The agents with parked reports, at most 100.
    pub parked_agents: Vec<ParkedAgent>,
}

/// An agent with parked reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParkedAgent {
    /// Its id.
    pub agent_id: String,
    /// How many of its reports are parked.
    pub waiting: u64,
}

/// An agent whose reports are not delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FailingAgent {
    /// Its id.
    pub agent_id: String,
    /// How many of its reports wait, as far as they were read.
    pub waiting: u64,
    /// The error of the most recent failed attempt.
    pub error: Option<String>,
}

/// A report that the platform permanently refused, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadLetterEntry {
    /// The task.
    pub task_id: String,
    /// Its agent.
    pub agent_id: String,
    /// The platform's reason.
    pub reason: String,
    /// When, in seconds since 1970.
    pub refused_at: u64,
}

/// The deleted reports of a task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Purged {
    /// Reports that waited.
    pub waiting: usize,
    /// Dead letters.
    pub dead_letters: usize,
    /// Whether a report is still being sent to the platform.
    pub is_in_flight: bool,
}

impl From<DeadLetter> for DeadLetterEntry {
    fn from(letter: DeadLetter) -> Self {
        let refused_at = letter.refused_at.duration_since(UNIX_EPOCH);
        Self {
            task_id: letter.report.id.unwrap_or_default(),
            agent_id: letter.agent_id,
            reason: letter.reason,
            refused_at: refused_at.unwrap_or_default().as_secs(),
        }
    }
}

impl DeadLetterEntry {
    /// When the platform refused it.
    #[must_use]
    pub fn refused_at(&self) -> SystemTime {
        UNIX_EPOCH + std::time::Duration::from_secs(self.refused_at)
    }
}

impl Status {
    /// Fills in how delivery stands.
    pub(crate) fn deliver(&mut self, standing: Standing) {
        let stats = standing.stats;
        self.delivered = stats.delivered;
        self.merged = stats.merged;
        self.superseded = stats.superseded;
        self.retried = stats.retried;
        self.dead_lettered = stats.dead_lettered;
        let dropped = [
            ("expired", stats.dropped.expired),
            ("purged", stats.dropped.purged),
        ];
        self.dropped = dropped
            .map(|(reason, count)| (reason.to_owned(), count))
            .into();
        self.is_platform_away = standing.is_platform_away;
        self.is_key_refused = standing.is_key_refused;
        self.in_flight = standing.in_flight;
        let errors = stats.failing_agents;
        let failing = standing.failing_agents.into_iter();
        self.failing_agents = failing
            .map(|(agent_id, waiting)| {
                let known = errors.iter().find(|known| known.agent_id == agent_id);
                FailingAgent {
                    error: known.map(|known| known.error.clone()),
                    agent_id,
                    waiting,
                }
            })
            .collect();
        self.request_seconds = standing
            .request_times
            .into_iter()
            .map(|(bound, count)| (bound.as_secs_f64(), count))
            .collect();
        self.requests = standing.requests;
        self.request_seconds_sum = standing.request_time.as_secs_f64();
        self.last_error = stats.last_error;
    }
}
