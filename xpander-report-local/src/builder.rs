use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use xpander_report_http::address;

use crate::app::App;
use crate::error::Error;
use crate::http::access::{Access, Token};
use crate::http::body::Bodies;
use crate::http::faults::Faults;
use crate::http::limits::Limits;
use crate::platform::LocalPlatform;
use crate::pricing::Prices;
use crate::server;
use crate::store::Store;

/// The default port: `XPAN` on a telephone's keypad.
pub const DEFAULT_PORT: u16 = 9726;

/// Settings of a [`LocalPlatform`]; made by [`LocalPlatform::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct Builder {
    host: String,
    port: u16,
    data: Option<PathBuf>,
    allowed_hosts: Vec<String>,
    token: Option<Token>,
    retention: Option<Duration>,
    prices: Prices,
    keeps: bool,
    clock: fn() -> Timestamp,
    limits: Limits,
}

impl Builder {
    /// The address to listen on: an IP address, as a value or as text, or `localhost`. The default is
    /// 127.0.0.1. An address that other machines can reach requires a [`token`](Self::token). `0.0.0.0`
    /// listens on all addresses of this machine.
    ///
    /// ```
    /// use std::net::Ipv6Addr;
    /// # use xpander_report_local::LocalPlatform;
    /// let builder = LocalPlatform::builder().host(Ipv6Addr::LOCALHOST);
    /// let builder = LocalPlatform::builder().host("0.0.0.0").token("a long secret");
    /// # let _ = builder;
    /// ```
    pub fn host(mut self, host: impl ToString) -> Self {
        self.host = host.to_string();
        self
    }

    /// The port to listen on. 0 takes any free port; [`LocalPlatform::url`] says which. The default is
    /// [`DEFAULT_PORT`].
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Also answers requests for this host name or IP address, with any port. May be called several times. By
    /// default only `localhost`, loopback addresses and the address it listens on are answered, so that a
    /// foreign page cannot reach the data through a name that resolves to this machine (DNS rebinding).
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// Answers only requests that carry this secret: as `x-api-key` (the clients' API key), as
    /// `Authorization: Bearer …`, or as the password that a browser asks for, with any user name. By default
    /// any API key is accepted.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Token::new(token.into()));
        self
    }

    /// Deletes a task and all its data once its latest report is older than this. By default tasks are kept
    /// forever.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = Some(retention);
        self
    }

    /// The prices by which costs are computed when a report arrives. By default they are those of the price list,
    /// which is there with the feature `cost`.
    pub fn prices(mut self, prices: Prices) -> Self {
        self.prices = prices;
        self
    }

    /// Keeps the data in this SQLite file. A missing file is created with its parent folders, for this user
    /// alone. An existing file is closed to other users. An answered report survives the end of the process,
    /// even a crash.
    pub fn data(mut self, path: impl Into<PathBuf>) -> Self {
        self.data = Some(path.into());
        self
    }

    /// Keeps the data in memory until the platform stops. This is the default.
    pub fn ephemeral(mut self) -> Self {
        self.data = None;
        self
    }

    /// Answers reports without storing them. Benchmarks compare with this to see what storage costs.
    #[doc(hidden)]
    pub fn keep_nothing(mut self) -> Self {
        self.keeps = false;
        self
    }

    /// Reads the time of a report's arrival from this clock. Benchmarks create tasks of many days with it.
    #[doc(hidden)]
    pub fn clock(mut self, clock: fn() -> Timestamp) -> Self {
        self.clock = clock;
        self
    }

    /// Closes a connection when its client sends or takes nothing for this long; 30 s by default. Tests
    /// shorten it.
    #[doc(hidden)]
    pub fn client_timeout(mut self, timeout: Duration) -> Self {
        self.limits.client_timeout = timeout;
        self
    }

    /// How many connections may be open; by default half of the files that the process may open, at most
    /// 4096. Tests lower it.
    #[doc(hidden)]
    pub fn max_connections(mut self, max: usize) -> Self {
        self.limits.connections = max;
        self
    }

    /// How many bytes of bodies may be in progress over all connections; 64 MiB by default. Tests lower it.
    #[doc(hidden)]
    pub fn max_bodies(mut self, bytes: usize) -> Self {
        self.limits.bodies = bytes;
        self
    }

    /// Starts the platform and returns once it accepts connections.
    ///
    /// It runs on its own thread (`xpander-local`), so this may be called with or without an async runtime.
    ///
    /// # Errors
    ///
    /// The port is taken or refused, the data file cannot be used, or the thread cannot be started. A file
    /// that is not a data file of this platform is never changed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("tasks.db");
    /// let platform = xpander_report_local::LocalPlatform::builder().port(0).data(path).start()?;
    /// assert!(platform.url().starts_with("http://127.0.0.1:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start(self) -> Result<LocalPlatform, Error> {
        let Some(ip) = address::ip(&self.host) else {
            return Err(Error::Host { host: self.host });
        };
        if !ip.is_loopback() && self.token.is_none() {
            return Err(Error::TokenMissing { host: self.host });
        }
        if self.token.as_ref().is_some_and(Token::is_empty) {
            return Err(Error::TokenEmpty);
        }
        if self.retention.is_some_and(|retention| retention.is_zero()) {
            return Err(Error::RetentionZero);
        }
        Prices::warm_up();
        let address = SocketAddr::new(ip, self.port);
        let (listener, address) =
            address::listen(address).map_err(|source| match source.kind() {
                io::ErrorKind::AddrInUse => Error::PortTaken { port: self.port },
                _ => Error::Listen { address, source },
            })?;
        let store = Arc::new(Store::open(
            self.data.as_deref(),
            self.retention,
            &address::url("http", address),
            self.keeps,
            self.clock,
        )?);

        let faults = Arc::new(Faults::default());
        let (stop, stopped) = watch::channel(());
        let app = App {
            store: Arc::clone(&store),
            faults: Arc::clone(&faults),
            prices: Arc::new(self.prices),
            bodies: Arc::new(Bodies::new(&self.limits)),
            access: Arc::new(Access::new(address.ip(), &self.allowed_hosts, self.token)),
            url: Arc::from(address::url("http", address)),
            stop: stopped,
        };
        let limits = self.limits;
        let (ready, started) = mpsc::sync_channel(1);
        // The thread creates and drops the runtime: dropping a runtime inside another one panics.
        let thread = thread::Builder::new()
            .name("xpander-local".to_owned())
            .spawn(move || server::run(listener, app, limits, &ready))
            .map_err(|source| Error::Thread { source })?;
        started
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("it ended before it was ready")))
            .map_err(|source| Error::Thread { source })?;

        Ok(LocalPlatform {
            address,
            store,
            faults,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl LocalPlatform {
    /// A builder with the default port and the data in memory.
    pub fn builder() -> Builder {
        Builder {
            host: Ipv4Addr::LOCALHOST.to_string(),
            port: DEFAULT_PORT,
            data: None,
            allowed_hosts: Vec::new(),
            token: None,
            retention: None,
            prices: Prices::default(),
            keeps: true,
            clock: Timestamp::now,
            limits: Limits::default(),
        }
    }
}
