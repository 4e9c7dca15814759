use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{broadcast, watch};
use xpander_report_http::address;

use crate::error::Error;
use crate::http::faults::{Fault, Faults};
use crate::model::event::Event;
use crate::model::revision::Revision;
use crate::model::task::TaskRecord;
use crate::pages::links;
use crate::query::cursor::Paging;
use crate::query::filter::Filter;
use crate::query::metrics::{AgentMetrics, Metrics, MetricsQuery};
use crate::query::page::TaskPage;
use crate::query::summary::Summary;
use crate::store::Store;

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
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<Store>,
    pub(crate) faults: Arc<Faults>,
    /// Dropping it tells the server to stop.
    pub(crate) stop: Option<watch::Sender<()>>,
    pub(crate) thread: Option<JoinHandle<()>>,
}

impl LocalPlatform {
    /// The base URL for this machine's clients and browsers, without a slash at the end:
    /// `http://127.0.0.1:9726`.
    #[must_use]
    pub fn url(&self) -> String {
        address::url("http", self.address)
    }

    /// The file that keeps the data; `None` when it is in memory.
    #[must_use]
    pub fn data_file(&self) -> Option<&Path> {
        self.store.path()
    }

    /// Whether other users of this machine could read the data file when the platform started. It has closed
    /// the file to them, but they may have read it before.
    #[must_use]
    pub fn data_was_open_to_others(&self) -> bool {
        self.store.was_open_to_others()
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
        format!("{}{}", self.url(), links::task_path(id))
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

    /// One page of the tasks that match, newest first, at most `limit` of them. Long texts are cut.
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

    /// Every agent with the totals of all its tasks, the one with the latest task first.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read.
    pub fn agents(&self) -> Result<Vec<AgentMetrics>, Error> {
        self.store
            .agent_metrics()
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

    /// Deletes the task that [`task`](Self::task) returns, with all its data. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be written.
    pub fn delete_task(&self, id: &str) -> Result<bool, Error> {
        self.store
            .delete_task(id, None)
            .map_err(|source| self.store.error(source))
    }

    /// Deletes the tasks that match and existed when the call began, with all their data. Returns how many.
    /// The data file shrinks soon after.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read or written; some tasks may be deleted then.
    pub fn delete(&self, filter: &Filter) -> Result<u64, Error> {
        self.store
            .delete(filter)
            .map_err(|source| self.store.error(source))
    }

    /// How many tasks have been deleted since the platform started, on request or because they had expired. It
    /// grows while a deletion is in progress.
    ///
    /// ```
    /// # let platform = xpander_report_local::LocalPlatform::builder().port(0).start()?;
    /// assert_eq!(platform.deleted(), 0);
    /// # Ok::<(), xpander_report_local::Error>(())
    /// ```
    #[must_use]
    pub fn deleted(&self) -> u64 {
        self.store.deleted()
    }

    /// Subscribes to the events of tasks. An event is sent once the change is stored. A receiver that lags
    /// thousands of events behind misses the oldest ones and learns how many.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.store.events()
    }

    /// Makes the next reports fail. Faults apply one after the other, in the order in which they are
    /// injected. A fault with [`Fault::agent`] waits for reports to its agent. A fault without [`Fault::times`] stays until the
    /// faults are cleared.
    pub fn inject(&self, fault: Fault) {
        self.faults.inject(fault);
    }

    /// Removes all faults: reports are accepted as usual again.
    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    /// Every revision of the task that [`task`](Self::task) returns, in the order of arrival: each accepted
    /// request that created or changed it. Empty when there is no such task.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when the data cannot be read.
    pub fn revisions(&self, id: &str) -> Result<Vec<Revision>, Error> {
        self.store
            .revisions(id)
            .map_err(|source| self.store.error(source))
    }

    /// Stops the platform. It accepts no new connections and finishes the answers in progress. Its threads
    /// have ended and the data file is closed after a few seconds at the latest. Dropping the platform does
    /// the same.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread has already printed a panic of the server.
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
