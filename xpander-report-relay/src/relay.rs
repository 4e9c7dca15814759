use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use xpander_report::Stats;
use xpander_report_http::address;

use crate::store::Store;

const PAUSE: Duration = Duration::from_millis(5);

/// A running relay. It stops when it is dropped.
#[must_use = "the relay stops when this is dropped"]
pub struct Relay {
    pub(crate) address: SocketAddr,
    pub(crate) scheme: &'static str,
    pub(crate) name: String,
    /// The address of the platform.
    pub(crate) forwards_to: Arc<str>,
    pub(crate) store: Arc<dyn Store>,
    /// Dropping it tells the server to stop.
    pub(crate) stop: Option<watch::Sender<()>>,
    pub(crate) thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// The base URL for programs on this machine: `http://127.0.0.1:9727`.
    #[must_use]
    pub fn url(&self) -> String {
        address::url(self.scheme, self.address)
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its name, random to the process.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the platform that it forwards to.
    #[must_use]
    pub fn forwards_to(&self) -> &str {
        &self.forwards_to
    }

    /// Where reports wait: a directory, or the servers of NATS.
    #[must_use]
    pub fn place(&self) -> String {
        self.store.place()
    }

    /// Why no report is accepted at the moment, as far as that is known without asking: for example, NATS cannot be
    /// reached.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.store.problem()
    }

    /// The counters of its reports.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.store.stats()
    }

    /// Waits until no report waits for delivery, at most for `timeout`. Returns whether all are delivered.
    #[must_use]
    pub fn drain(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            if self.store.is_drained() {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Stops the relay. It accepts no more reports, finishes the answers in progress, and waits at most two seconds for
    /// reports that are being sent. The others stay where they wait. Dropping the relay does the same.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread has already printed a panic of the server.
            let _ = thread.join();
            self.store.stop();
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("address", &self.address)
            .field("forwards_to", &self.forwards_to())
            .finish_non_exhaustive()
    }
}
