//! Reports wait in NATS JetStream, where any number of relays put them, and one at a time takes them.

mod accepting;
mod acks;
mod admin;
mod backlog;
mod connection;
mod in_hand;
mod leading;
mod lease;
mod message;
mod moving;
mod parked;
mod parking;
mod shared;
pub(crate) mod store;
mod streams;
mod term;
mod tls;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where a fleet's reports wait: the servers of NATS, how to connect to them, and how the streams are made.
///
/// ```no_run
/// use xpander_report::Config;
/// use xpander_report_relay::{Nats, Relay};
///
/// let nats = Nats::new("nats://nats-0,nats-1,nats-2")
///     .credentials("/etc/xpander-relay/relay.creds")
///     .replicas(3);
/// let upstream = Config::builder().api_key("key-of-the-platform");
/// let relay = Relay::on_nats(upstream, nats).host("0.0.0.0").tokens("/etc/xpander-relay/tokens").start()?;
/// # Ok::<(), xpander_report_relay::Error>(())
/// ```
///
/// The relay creates the streams `XPANDER_REPORTS`, `XPANDER_PARKED` and `XPANDER_DEAD_LETTERS` and the bucket
/// `xpander-relay` if they are missing. If they exist with another configuration, the relay does not start. If it could
/// not reach the servers when it started, it accepts no reports instead, and `GET /readyz` tells why.
#[derive(Clone)]
#[must_use = "it does nothing until a relay is started with it"]
pub struct Nats {
    pub(crate) servers: String,
    pub(crate) credentials: Option<PathBuf>,
    pub(crate) nkey: Option<PathBuf>,
    pub(crate) root_certificates: Option<PathBuf>,
    pub(crate) client_certificate: Option<(PathBuf, PathBuf)>,
    pub(crate) require_tls: bool,
    pub(crate) replicas: Option<usize>,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) lease: Option<Duration>,
    pub(crate) max_age: Duration,
}

/// The bytes of a stream that is made.
pub(crate) const DEFAULT_MAX_BYTES: u64 = 1 << 30;
/// A report that waits for longer becomes a dead letter.
const MAX_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

impl Nats {
    /// These servers, with commas between them: `nats://a,b:4222,c`. `tls://` in place of `nats://` requires TLS.
    pub fn new(servers: impl Into<String>) -> Self {
        Self {
            servers: servers.into(),
            credentials: None,
            nkey: None,
            root_certificates: None,
            client_certificate: None,
            require_tls: false,
            replicas: None,
            max_bytes: None,
            lease: None,
            max_age: MAX_AGE,
        }
    }

    /// Authenticates with this credentials file: a JWT and a seed.
    pub fn credentials(mut self, file: impl Into<PathBuf>) -> Self {
        self.credentials = Some(file.into());
        self
    }

    /// Authenticates with the seed of an NKey, in this file.
    pub fn nkey(mut self, file: impl Into<PathBuf>) -> Self {
        self.nkey = Some(file.into());
        self
    }

    /// Trusts only servers whose certificate was issued by an authority in this PEM file, not the system's authorities.
    pub fn root_certificates(mut self, file: impl Into<PathBuf>) -> Self {
        self.root_certificates = Some(file.into());
        self
    }

    /// Shows the servers this certificate, with this key, both files in PEM.
    pub fn client_certificate(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.client_certificate = Some((certificate.into(), key.into()));
        self
    }

    /// Refuses servers that do not speak TLS.
    pub fn require_tls(mut self, require: bool) -> Self {
        self.require_tls = require;
        self
    }

    /// The number of servers that keep each report: 1, or 3 in a cluster. New streams have 1 by default. Without this
    /// setting, an existing stream keeps its number.
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = Some(replicas);
        self
    }

    /// The maximum size of the stream of waiting reports, in bytes. The stream of parked reports gets the same limit.
    /// When the stream of waiting reports is full, no report is accepted. New streams have 1 GiB by default. Without
    /// this setting, an existing stream keeps its limit.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// How long another relay waits before it takes over from a forwarder that no longer renews its lease. The lease
    /// must be longer than a request to the platform may take. By default it is 10 s longer. Tests shorten it.
    #[doc(hidden)]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }

    /// A report that waits for longer becomes a dead letter; 7 days by default. Tests shorten it.
    #[doc(hidden)]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }
}

/// Addresses may hold passwords.
impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nats")
            .field("servers", &connection::places(&self.servers))
            .finish_non_exhaustive()
    }
}
