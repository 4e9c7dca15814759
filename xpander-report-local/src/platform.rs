use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{broadcast, watch};

use crate::access::{Access, Token};
use crate::error::Error;
use crate::event::Event;
use crate::faults::{Fault, Faults};
use crate::pages;
use crate::query::{AgentFigures, Filter, Metrics, MetricsQuery, Paging, Summary, TaskPage};
use crate::revision::Revision;
use crate::server::{self, App};
use crate::store::Store;
use crate::task::TaskRecord;

/// The port of a platform whose builder names none: `XPAN` on a telephone's keypad.
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
    keeps: bool,
    clock: fn() -> Timestamp,
}

impl Builder {
    /// The address to listen on: an IP address, as a value or as text, or `localhost`. The default is
    /// 127.0.0.1. Any address that other machines can reach demands a [`token`](Self::token); `0.0.0.0` is
    /// all of this machine's addresses.
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

    /// The port; 0 takes any free one, which [`LocalPlatform::url`] then names. The default is
    /// [`DEFAULT_PORT`].
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Answers also requests for this host name or IP address, whatever their port. May be called several
    /// times. Without it only `localhost`, loopback addresses and the address it listens on are answered, so
    /// that a foreign page cannot reach the data by a name that it lets point here (DNS rebinding).
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// Answers only requests that carry this secret: as `x-api-key` (what clients call the API key), as
    /// `Authorization: Bearer …`, or as the password that a browser asks for, with any user name. Without it
    /// any API key is accepted.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Token::new(token.into()));
        self
    }

    /// Deletes tasks, with all that belongs to them, once their latest report is older than this. By
    /// default they are kept for ever.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Keeps the data in this SQLite file, which is created, with its parent folders, when it is missing.
    /// An answered report survives the end of the process, however it ends.
    pub fn data(mut self, path: impl Into<PathBuf>) -> Self {
        self.data = Some(path.into());
        self
    }

    /// Keeps the data in memory, gone when the platform stops. This is the default.
    pub fn ephemeral(mut self) -> Self {
        self.data = None;
        self
    }

    /// Answers reports and keeps none of them: what storage costs is measured against this.
    #[doc(hidden)]
    pub fn keep_nothing(mut self) -> Self {
        self.keeps = false;
        self
    }

    /// Takes the time at which a report arrives from this clock: tasks of many days are made with it.
    #[doc(hidden)]
    pub fn clock(mut self, clock: fn() -> Timestamp) -> Self {
        self.clock = clock;
        self
    }

    /// Starts the platform and returns once it accepts connections.
    ///
    /// It runs on a thread of its own (`xpander-local`), so this may be called from anywhere: with or
    /// without an async runtime.
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
        let ip = ip(&self.host)?;
        if !ip.is_loopback() && self.token.is_none() {
            return Err(Error::TokenMissing { host: self.host });
        }
        if self.token.as_ref().is_some_and(Token::is_empty) {
            return Err(Error::TokenEmpty);
        }
        if self.retention.is_some_and(|retention| retention.is_zero()) {
            return Err(Error::RetentionZero);
        }
        let (listener, address) = listen(SocketAddr::new(ip, self.port))?;
        let store = Arc::new(Store::open(
            self.data.as_deref(),
            self.retention,
            &url(address),
            self.keeps,
            self.clock,
        )?);

        let faults = Arc::new(Faults::default());
        let (stop, stopped) = watch::channel(());
        let app = App {
            store: Arc::clone(&store),
            faults: Arc::clone(&faults),
            access: Arc::new(Access::new(address.ip(), self.allowed_hosts, self.token)),
            url: Arc::from(url(address)),
            stop: stopped,
        };
        let (ready, started) = mpsc::sync_channel(1);
        // The runtime is made and dropped on its own thread: dropping one inside another runtime panics.
        let thread = thread::Builder::new()
            .name("xpander-local".to_owned())
            .spawn(move || server::run(listener, app, &ready))
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

fn ip(host: &str) -> Result<IpAddr, Error> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    bare.parse().map_err(|_| Error::Host {
        host: host.to_owned(),
    })
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let bind = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let bound = listener.local_addr()?;
        Ok((listener, bound))
    };
    bind().map_err(|source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => Error::PortTaken {
            port: address.port(),
        },
        _ => Error::Listen { address, source },
    })
}

/// Where this machine's clients find a server at the address.
fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// A running local platform. It stops when it is dropped.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use xpander_report_local::{LocalPlatform, TaskStatus};
///
/// let platform = LocalPlatform::builder().port(0).start()?;
///
/// let body = r#"{"id": "order-7", "input": "2 + 2", "result": "4"}"#;
/// let mut connection = TcpStream::connect(platform.address())?;
/// write!(
///     connection,
///     "POST /agent-execution/calculator/report_task HTTP/1.1\r\n\
///      host: {}\r\nx-api-key: any\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
///     platform.address(),
///     body.len(),
/// )?;
/// connection.read_to_string(&mut String::new())?;
///
/// let task = platform.task("order-7")?.expect("the report arrived");
/// assert_eq!(task.status, TaskStatus::Completed);
/// assert_eq!(task.result.as_deref(), Some("4"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the platform stops when this is dropped"]
pub struct LocalPlatform {
    address: SocketAddr,
    store: Arc<Store>,
    faults: Arc<Faults>,
    /// Dropping it tells the server to stop.
    stop: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
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
            keeps: true,
            clock: Timestamp::now,
        }
    }

    /// The base URL for this machine's clients and browsers, without a slash at the end:
    /// `http://127.0.0.1:9726`.
    #[must_use]
    pub fn url(&self) -> String {
        url(self.address)
    }

    /// The file that keeps the data; `None` when it is in memory.
    #[must_use]
    pub fn data_file(&self) -> Option<&Path> {
        self.store.path()
    }

    /// The URL of the page of one task, whether or not there is such a task yet.
    ///
    /// ```
    /// # let platform = xpander_report_local::LocalPlatform::builder().port(0).start()?;
    /// assert!(platform.task_url("orders/7").ends_with("/tasks/orders%2F7"));
    /// # Ok::<(), xpander_report_local::Error>(())
    /// ```
    #[must_use]
    pub fn task_url(&self, id: &str) -> String {
        format!("{}{}", self.url(), pages::task_path(id))
    }

    /// The address that the platform listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// All tasks of all organizations, newest first, by the time of their first report.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read.
    pub fn tasks(&self) -> Result<Vec<TaskRecord>, Error> {
        self.store
            .tasks()
            .map_err(|source| self.store.error(source))
    }

    /// One task. When several organizations have the id, the one that reported last.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read.
    pub fn task(&self, id: &str) -> Result<Option<TaskRecord>, Error> {
        self.store
            .task(id, None)
            .map_err(|source| self.store.error(source))
    }

    /// A stretch of the tasks that match, newest first, at most `limit` of them; what fits into a list of each.
    ///
    /// ```
    /// use xpander_report_local::{Filter, LocalPlatform, Paging, TaskStatus};
    ///
    /// let platform = LocalPlatform::builder().port(0).start()?;
    /// let failed = Filter::new().status(TaskStatus::Failed).search("rate limit");
    /// let page = platform.list(&failed, Paging::Newest, 50)?;
    /// assert!(page.tasks.is_empty() && page.older.is_none());
    /// # Ok::<(), xpander_report_local::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read.
    pub fn list(&self, filter: &Filter, paging: Paging, limit: u32) -> Result<TaskPage, Error> {
        self.store
            .list(filter, paging, limit)
            .map_err(|source| self.store.error(source))
    }

    /// Sums over the tasks that match.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read.
    pub fn summary(&self, filter: &Filter) -> Result<Summary, Error> {
        self.store
            .summary(filter)
            .map_err(|source| self.store.error(source))
    }

    /// Requests, success, durations, tokens and calls of tools, by day, agent and tool.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read.
    pub fn metrics(&self, query: &MetricsQuery) -> Result<Metrics, Error> {
        self.store
            .metrics(query)
            .map_err(|source| self.store.error(source))
    }

    /// Every agent with the figures of all its tasks, the one with the latest task first.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read.
    pub fn agents(&self) -> Result<Vec<AgentFigures>, Error> {
        self.store
            .agent_figures()
            .map_err(|source| self.store.error(source))
    }

    /// Names of the tools that were used, in alphabetical order, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read.
    pub fn tools(&self, limit: u32) -> Result<Vec<String>, Error> {
        self.store
            .tools(limit)
            .map_err(|source| self.store.error(source))
    }

    /// Deletes the task that [`task`](Self::task) gives, with all that belongs to it. Says whether there was
    /// one.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be written.
    pub fn delete_task(&self, id: &str) -> Result<bool, Error> {
        self.store
            .delete_task(id, None)
            .map_err(|source| self.store.error(source))
    }

    /// Deletes the tasks that match and were there when it began, with all that belongs to them, and says how
    /// many. The data file shrinks soon after.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read or written; some tasks may be deleted then.
    pub fn delete(&self, filter: &Filter) -> Result<u64, Error> {
        self.store
            .delete(filter)
            .map_err(|source| self.store.error(source))
    }

    /// What happens to tasks from now on, each told once it is stored. A receiver that lags thousands of events
    /// behind misses the oldest of them and is told how many.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.store.events()
    }

    /// Makes something go wrong with the next reports. Faults come one after the other, in the order in which
    /// they are injected; one that is not limited by [`Fault::times`] stays until they are cleared.
    pub fn inject(&self, fault: Fault) {
        self.faults.inject(fault);
    }

    /// From now on reports are accepted as usual.
    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    /// Every revision of the task that [`task`](Self::task) gives, in the order of their arrival: every accepted
    /// request that made or changed it. Empty when there is no such task.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read.
    pub fn revisions(&self, id: &str) -> Result<Vec<Revision>, Error> {
        self.store
            .revisions(id)
            .map_err(|source| self.store.error(source))
    }

    /// Stops the platform: no new connections, answers in progress are finished, and at the latest after
    /// a few seconds its threads have ended and the data file is closed. Dropping the platform does the same.
    pub fn stop(mut self) {
        self.end();
    }

    /// [`stop`](Self::stop), under the name that a reporter's end has.
    pub fn shutdown(self) {
        self.stop();
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server has been printed by its thread; stopping has nothing to add to it.
            let _ = thread.join();
        }
    }
}

impl Drop for LocalPlatform {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for LocalPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalPlatform")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
