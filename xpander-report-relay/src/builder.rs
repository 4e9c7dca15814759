use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use jiff::Timestamp;
use tokio::sync::watch;
use xpander_report::relay::Forwarder;
#[cfg(feature = "nats")]
use xpander_report::relay::request_timeout;
use xpander_report::{ConfigBuilder, Durability, Reporter};
use xpander_report_http::access::Access;
use xpander_report_http::address;
use xpander_report_http::body::Bodies;
use xpander_report_http::limits::Limits;
use xpander_report_http::server::{self, Listener, layered};

use crate::app::App;
use crate::error::Error;
#[cfg(feature = "nats")]
use crate::nats::{Nats, store::NatsStore};
use crate::refusals::Refusals;
use crate::relay::Relay;
use crate::spool_store::SpoolStore;
use crate::store::Store;
use crate::tokens::TokensFile;
use crate::{api, name, tls};

/// The default port: the local platform's plus 1.
pub const DEFAULT_PORT: u16 = 9727;

/// Requests to the platform at once.
const CONNECTIONS: usize = 32;
/// Bytes of reports in memory. What waits beyond them is on disk only.
const QUEUE_BYTES: usize = 32 << 20;

/// Settings of a [`Relay`]; made by [`Relay::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct Builder {
    upstream: ConfigBuilder,
    place: Place,
    host: String,
    port: u16,
    tokens: Option<PathBuf>,
    certificate: Option<(PathBuf, PathBuf)>,
    organization: Option<String>,
    limits: Limits,
}

/// Where reports wait.
#[derive(Debug, Clone)]
enum Place {
    Spool {
        dir: PathBuf,
        bytes: Option<u64>,
        sync: bool,
    },
    #[cfg(feature = "nats")]
    Nats(Nats),
}

impl Relay {
    /// A relay that forwards to the platform of this configuration, and keeps waiting reports in this directory.
    pub fn builder(upstream: ConfigBuilder, spool: impl Into<PathBuf>) -> Builder {
        let place = Place::Spool {
            dir: spool.into(),
            bytes: None,
            sync: false,
        };
        Builder::new(upstream, place)
    }

    /// A relay that forwards to the platform of this configuration, and keeps waiting reports in NATS JetStream.
    ///
    /// Any number of relays may share the streams: each accepts reports, and one at a time delivers them.
    #[cfg(feature = "nats")]
    pub fn on_nats(upstream: ConfigBuilder, nats: Nats) -> Builder {
        Builder::new(upstream, Place::Nats(nats))
    }
}

impl Builder {
    fn new(upstream: ConfigBuilder, place: Place) -> Self {
        Self {
            upstream,
            place,
            host: Ipv4Addr::LOCALHOST.to_string(),
            port: DEFAULT_PORT,
            tokens: None,
            certificate: None,
            organization: None,
            limits: Limits::default(),
        }
    }

    /// The address to listen on: an IP address, or `localhost`. The default is 127.0.0.1. An address that other machines
    /// can reach requires [`tokens`](Self::tokens).
    pub fn host(mut self, host: impl ToString) -> Self {
        self.host = host.to_string();
        self
    }

    /// The port to listen on. 0 takes any free port; [`Relay::url`] says which. The default is [`DEFAULT_PORT`].
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// A file with one token per line, followed by the agents that it may report for, or `*` for all. `#` begins a comment.
    /// Only requests with one of the tokens are accepted, for any host name. The file is read every second. A change takes
    /// effect after it was read twice. An unreadable or invalid file changes nothing.
    pub fn tokens(mut self, file: impl Into<PathBuf>) -> Self {
        self.tokens = Some(file.into());
        self
    }

    /// Uses TLS with this certificate chain and this key, both files in PEM.
    pub fn certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.certificate = Some((certificate.into(), key.into()));
        self
    }

    /// The organization that the platform's key is for. Reports whose address names another one are refused.
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// Answers a report only after it survives a power loss. By default it survives the end of the process. Concerns a spool
    /// only.
    pub fn sync(mut self, wanted: bool) -> Self {
        match &mut self.place {
            Place::Spool { sync, .. } => *sync = wanted,
            #[cfg(feature = "nats")]
            Place::Nats(_) => {}
        }
        self
    }

    /// The approximate size of the spool; 1 GiB by default. When it is full, no report is accepted.
    pub fn spool_bytes(mut self, max: u64) -> Self {
        match &mut self.place {
            Place::Spool { bytes, .. } => *bytes = Some(max),
            #[cfg(feature = "nats")]
            Place::Nats(_) => {}
        }
        self
    }

    /// Closes a connection when its client sends or takes nothing for this long; 30 s by default. Tests shorten it.
    #[doc(hidden)]
    pub fn client_timeout(mut self, timeout: Duration) -> Self {
        self.limits.client_timeout = timeout;
        self
    }

    /// Starts the relay and returns once it accepts connections. It runs on its own threads.
    ///
    /// # Errors
    /// A setting is wrong, a file cannot be used, or the port is taken.
    pub fn start(self) -> Result<Relay, Error> {
        let Some(ip) = address::ip(&self.host) else {
            return Err(Error::Host { host: self.host });
        };
        if !ip.is_loopback() && self.tokens.is_none() {
            return Err(Error::TokensMissing { host: self.host });
        }
        let tls = self.certificate.as_ref();
        let tls = tls
            .map(|(certificate, key)| tls::config(certificate, key))
            .transpose()?;
        let tokens = self.tokens.clone().map(TokensFile::open).transpose()?;
        let name = Forwarder::new_id();
        let upstream = self.upstream.clone().build()?;
        let forwards_to = Arc::from(upstream.base_url());
        let address = SocketAddr::new(ip, self.port);
        let (listener, address) =
            address::listen(address).map_err(|source| match source.kind() {
                io::ErrorKind::AddrInUse => Error::PortTaken { port: self.port },
                _ => Error::Listen { address, source },
            })?;
        if leads_to(&forwards_to, address) {
            let base_url = forwards_to.to_string();
            return Err(Error::ForwardsToItself { base_url });
        }
        let store = self.store(&name)?;
        let (access, tokens) = match tokens {
            Some((file, tokens)) => (Access::by_tokens(tokens), Some(file)),
            None => (Access::new(address.ip(), &[], None), None),
        };
        let access = Arc::new(access);
        let app = App {
            store: Arc::clone(&store),
            forwards_to: Arc::clone(&forwards_to),
            bodies: Arc::new(Bodies::new(&self.limits)),
            refusals: Arc::new(Refusals::default()),
            name: Arc::from(&*name),
            organization: self.organization.map(Arc::from),
            started_at: Timestamp::now(),
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = Listener::new(listener, self.limits).tls(tls);
        let (stop, stopped) = watch::channel(());
        let (ready, started) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("xpander-relay".to_owned())
            .spawn(move || {
                let router = router(app, Arc::clone(&access));
                let beside = async move {
                    if let Some(tokens) = tokens {
                        tokens.watch(access).await;
                    }
                };
                let threads = "xpander-relay-work";
                server::run(listener, router, stopped, threads, &ready, beside);
            })
            .map_err(|source| Error::Thread { source })?;
        started
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("it ended before it was ready")))
            .map_err(|source| Error::Thread { source })?;
        Ok(Relay {
            address,
            scheme,
            name,
            forwards_to,
            store,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Opens the place where reports wait, and begins to deliver them.
    fn store(&self, name: &str) -> Result<Arc<dyn Store>, Error> {
        let reporter = Reporter::builder()
            .config(self.upstream.clone())
            .connections(CONNECTIONS)
            .queue_bytes(QUEUE_BYTES);
        match &self.place {
            Place::Spool { dir, bytes, sync } => {
                let mut reporter = reporter.spool(dir).durability(match sync {
                    true => Durability::Disk,
                    false => Durability::Process,
                });
                if let Some(bytes) = bytes {
                    reporter = reporter.spool_bytes(*bytes);
                }
                let forwarder = Forwarder::new(reporter, name)?;
                let store = SpoolStore::start(forwarder.clone(), dir.clone(), *sync)
                    .map_err(|source| Error::Thread { source })?;
                forwarder.check().map_err(|source| Error::Spool {
                    dir: dir.clone(),
                    source,
                })?;
                Ok(Arc::new(store))
            }
            #[cfg(feature = "nats")]
            Place::Nats(nats) => {
                let timeout = request_timeout(&self.upstream.clone().build()?);
                Ok(Arc::new(NatsStore::start(
                    nats.clone(),
                    reporter,
                    timeout,
                    name,
                )?))
            }
        }
    }
}

/// The whole server.
fn router(app: App, access: Arc<Access>) -> Router {
    let guarded = layered(api::routes().with_state(app.clone()), access);
    let open = api::open_routes().with_state(app.clone());
    open.fallback_service(guarded)
        .layer(from_fn_with_state(app, name::name))
}

/// Whether the platform's address is the one that the relay listens on.
fn leads_to(base_url: &str, address: SocketAddr) -> bool {
    let Ok(uri) = base_url.parse::<Uri>() else {
        return false;
    };
    let port = uri.port_u16().unwrap_or(match uri.scheme_str() {
        Some("https") => 443,
        _ => 80,
    });
    let host = uri.host().unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    let is_here =
        |ip: IpAddr| ip == address.ip() || ip.is_loopback() && address.ip().is_unspecified();
    port == address.port()
        && match host.parse() {
            Ok(ip) => is_here(ip),
            Err(_) => {
                let is_local = host == "localhost" || host.ends_with(".localhost");
                is_local && (address.ip().is_loopback() || address.ip().is_unspecified())
            }
        }
}
