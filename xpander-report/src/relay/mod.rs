//! The interface for the relay: it stores finished reports of other processes on disk and delivers them. Not a public
//! API; it changes with the relay.

mod stream;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde::de::DeserializeOwned;

pub use self::stream::{Notices, StreamForwarder, StreamOrder, StreamReport};
pub use crate::delivery::keeper::{Notice, StreamEnding};

use crate::delivery::Delivery;
use crate::delivery::request_times::TIME_BOUNDS;
use crate::envelope::sequence::new_id;
use crate::platform::api::{PlaceInProcess, X_XPANDER_RELAY, X_XPANDER_SEQUENCE};
use crate::platform::certificates::tls;
use crate::platform::client::Client;
use crate::platform::config::Config;
use crate::platform::error::{ConfigError, Error};
use crate::report::TaskReport;
use crate::report::dead_letter::{DeadLetter, DeadLetters};
use crate::reporter::builder::ReporterBuilder;
use crate::sink::stats::{FlushOutcome, Stats};
use crate::sink::{Background, Sink, Then};
use crate::support::block_on::{block_on, block_on_for};

/// By this header an answer says that it is a relay's, and a request that it comes from one.
pub const RELAY_HEADER: &str = X_XPANDER_RELAY;
/// By this header a report tells a relay where it stands among those of its process.
pub const SEQUENCE_HEADER: &str = X_XPANDER_SEQUENCE;

/// A TLS configuration for clients that trusts the system's authorities.
///
/// # Errors
///
/// If the cryptography provider supports no version of TLS.
pub fn system_tls() -> Result<rustls::ClientConfig, rustls::Error> {
    tls()
}

/// How long a request by this configuration may take.
pub fn request_timeout(config: &Config) -> Duration {
    config.timeout
}

/// Where a report stands among those of the process that sends it.
#[derive(Debug, Clone, Copy)]
pub struct SenderSequence(PlaceInProcess);

impl SenderSequence {
    /// The content of the header. `None` if it is not from this library.
    pub fn parse(header: &str) -> Option<Self> {
        header.parse().ok().map(Self)
    }
}

impl fmt::Display for SenderSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Keeps reports on disk and delivers them.
#[derive(Clone)]
pub struct Forwarder {
    delivery: Arc<Delivery>,
    base_url: Arc<str>,
}

/// Another relay, asked over HTTP.
#[derive(Clone, Debug)]
pub struct Remote(Client);

impl Remote {
    /// The one at the address of this configuration.
    pub fn new(config: Config) -> Self {
        Self(Client::new(config))
    }

    /// Makes one of the relay's own calls, and waits for the answer.
    ///
    /// # Errors
    /// No connection, a status that is no success, an answer that cannot be read.
    pub fn ask<T: DeserializeOwned>(&self, ask: Ask, path: &[&str]) -> Result<T, Error> {
        block_on(self.0.ask(ask.into(), path))
    }
}

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A request that changes nothing.
    Get,
    /// A request that starts an action.
    Post,
    /// A request that deletes data.
    Delete,
}

impl From<Ask> for Method {
    fn from(ask: Ask) -> Self {
        match ask {
            Ask::Get => Self::GET,
            Ask::Post => Self::POST,
            Ask::Delete => Self::DELETE,
        }
    }
}

/// The state of delivery.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The counters.
    pub stats: Stats,
    /// The platform's circuit breaker is open.
    pub is_platform_away: bool,
    /// The platform refuses the key.
    pub is_key_refused: bool,
    /// Requests that are not answered.
    pub in_flight: usize,
    /// The agents whose circuit breakers are open, and how many reports wait for each, as far as they were read.
    pub failing_agents: Vec<(String, u64)>,
    /// How long the platform took to answer: an upper bound, and how many answers took no longer.
    pub request_times: Vec<(Duration, u64)>,
    /// All answers of the platform.
    pub requests: u64,
    /// The sum of their times.
    pub request_time: Duration,
}

/// The deleted data of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgedTask {
    /// Reports that waited. More may lie on disk, which will be dropped when they are read.
    pub waiting: usize,
    /// Dead letters.
    pub dead_letters: usize,
    /// A report is on its way to the platform.
    pub is_in_flight: bool,
}

impl Forwarder {
    /// Delivers as the builder says, which needs a spool. Each request names the relay.
    ///
    /// # Errors
    /// A setting that is missing or malformed.
    pub fn new(builder: ReporterBuilder, name: &str) -> Result<Self, ConfigError> {
        let mut settings = builder.settings()?;
        Arc::make_mut(&mut settings.config).relay = Some(name.into());
        let base_url = settings.config.base_url().into();
        Ok(Self {
            delivery: Arc::new(Delivery::new(settings)),
            base_url,
        })
    }

    /// The address of the platform.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A new id for a report that has none.
    pub fn new_id() -> String {
        new_id().to_string()
    }

    /// Stores a report on disk. It must name its agent. It is sent unchanged, but merged with other reports of its
    /// task. `sender` is its position among those of its process.
    ///
    /// # Errors
    /// The report is not on disk, and no part of it is kept.
    pub fn keep(
        &self,
        id: String,
        report: TaskReport,
        sender: Option<SenderSequence>,
    ) -> io::Result<()> {
        self.delivery
            .keep_relayed(id, report, sender.map(|it| it.0))
    }

    /// Whether a report could be kept now.
    ///
    /// # Errors
    /// The reason that it could not.
    pub fn check(&self) -> io::Result<()> {
        self.delivery.check()
    }

    /// Syncs the stored reports, so that they survive a loss of power.
    ///
    /// # Errors
    /// The error of the system: reports since the last sync may not survive.
    pub fn sync(&self) -> io::Result<()> {
        self.delivery.sync()
    }

    /// The counters.
    pub fn stats(&self) -> Stats {
        self.delivery.stats()
    }

    /// The state of delivery.
    pub async fn standing(&self) -> Standing {
        let (stats, times) = (self.delivery.stats(), self.delivery.request_times());
        let standing = self.delivery.standing().await;
        let (counts, request_time) = times;
        let mut requests = 0;
        let cumulated = counts.map(|count| {
            requests += count;
            requests
        });
        let bounds = TIME_BOUNDS.map(Duration::from_millis);
        Standing {
            stats,
            is_platform_away: standing.is_platform_away,
            is_key_refused: standing.is_key_refused,
            in_flight: standing.in_flight,
            failing_agents: standing.failing_agents,
            request_times: bounds.into_iter().zip(cumulated).collect(),
            requests,
            request_time,
        }
    }

    /// Whether the platform refused the key when it was asked last, and what it said.
    pub fn key_refusal(&self) -> Option<String> {
        self.delivery.key_refusal()
    }

    /// The reports that the platform permanently refused, oldest first.
    pub fn dead_letters(&self) -> DeadLetters {
        self.delivery.dead_letters()
    }

    /// Resubmits the dead letters for which `choose` returns true. Returns their number.
    pub fn retry_dead_letters(&self, mut choose: impl FnMut(&DeadLetter) -> bool) -> usize {
        self.delivery.retry_dead_letters(&mut choose)
    }

    /// Deletes the dead letters for which `choose` returns true. Returns their number.
    pub fn delete_dead_letters(&self, mut choose: impl FnMut(&DeadLetter) -> bool) -> usize {
        self.delivery.delete_dead_letters(&mut choose)
    }

    /// Deletes the data of a task. Its accepted reports are not delivered.
    pub async fn purge(&self, id: &str) -> PurgedTask {
        let purged = self.delivery.purge(id).await;
        let dead_letters =
            self.delete_dead_letters(|letter| letter.report.id.as_deref() == Some(id));
        PurgedTask {
            waiting: purged.reports,
            dead_letters,
            is_in_flight: purged.is_in_flight,
        }
    }

    /// Takes no more reports and aborts what is in flight. Waits for nothing.
    fn abort(&self) {
        // The worker hears of it, though nobody waits for its answer.
        drop(self.delivery.flush(Duration::ZERO, Then::Shutdown));
    }

    /// Accepts no more reports and releases the spool. Reports that are not delivered in time stay there.
    pub fn shutdown(&self, timeout: Duration) -> FlushOutcome {
        let flushing = self.delivery.flush(timeout, Then::Shutdown);
        let patience = timeout.saturating_add(Duration::from_secs(2));
        block_on_for(flushing, patience).unwrap_or_default()
    }
}

impl fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarder")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
