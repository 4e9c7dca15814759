use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use xpander_report::DeadLetter;

use crate::app::App;

/// The status of a relay: the answer of `GET /xpander-relay`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Whether this relay process delivers the spool.
    pub is_forwarding: bool,
    /// Reports that wait for delivery.
    pub waiting: u64,
    /// The age of the oldest waiting report that was read, in seconds.
    pub oldest_seconds: Option<f64>,
    /// Reports accepted since it started.
    pub accepted: u64,
    /// Reports that an earlier process left.
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
    pub(crate) async fn of(app: &App) -> Self {
        let standing = app.forwarder.standing().await;
        let stats = standing.stats;
        let dropped = [
            ("expired", stats.dropped.expired),
            ("purged", stats.dropped.purged),
        ];
        let errors = stats.failing_agents;
        let failing = standing.failing_agents.into_iter();
        let forwarder = app.forwarder.clone();
        let letters = tokio::task::spawn_blocking(move || forwarder.dead_letters().len());
        Self {
            relay: app.name.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            forwards_to: app.forwarder.base_url().to_owned(),
            organization: app.organization.as_deref().map(str::to_owned),
            is_forwarding: true,
            waiting: stats.pending + stats.spooled,
            oldest_seconds: stats.oldest_age.map(|age| age.as_secs_f64()),
            accepted: stats.accepted,
            adopted: stats.adopted,
            delivered: stats.delivered,
            merged: stats.merged,
            superseded: stats.superseded,
            retried: stats.retried,
            dead_lettered: stats.dead_lettered,
            dead_letters: letters.await.unwrap_or_default(),
            dead_letters_dropped: stats.dead_letters_dropped,
            dropped: dropped
                .map(|(reason, count)| (reason.to_owned(), count))
                .into(),
            refused: app
                .refusals
                .read()
                .map(|(reason, count)| (reason.to_owned(), count))
                .collect(),
            is_platform_away: standing.is_platform_away,
            is_key_refused: standing.is_key_refused,
            in_flight: standing.in_flight,
            failing_agents: failing
                .map(|(agent_id, waiting)| {
                    let known = errors.iter().find(|known| known.agent_id == agent_id);
                    FailingAgent {
                        error: known.map(|known| known.error.clone()),
                        agent_id,
                        waiting,
                    }
                })
                .collect(),
            request_seconds: standing
                .request_times
                .into_iter()
                .map(|(bound, count)| (bound.as_secs_f64(), count))
                .collect(),
            requests: standing.requests,
            request_seconds_sum: standing.request_time.as_secs_f64(),
            last_error: stats.last_error,
        }
    }
}
