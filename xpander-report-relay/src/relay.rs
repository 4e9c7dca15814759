use std::fmt;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use xpander_report::Stats;
use xpander_report::relay::Forwarder;
use xpander_report_http::address;

/// How long the end waits for what is on its way. What is left stays on disk.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);

/// A running relay. It stops when it is dropped.
#[must_use = "the relay stops when this is dropped"]
pub struct Relay {
    pub(crate) address: SocketAddr,
    pub(crate) scheme: &'static str,
    pub(crate) name: String,
    pub(crate) forwarder: Forwarder,
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
        self.forwarder.base_url()
    }

    /// The counters of its reports.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.forwarder.stats()
    }

    /// Waits until no report waits for delivery, at most for `timeout`. Returns whether all are delivered.
    #[must_use]
    pub fn drain(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            let stats = self.forwarder.stats();
            if stats.pending + stats.spooled == 0 {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Stops the relay. It accepts no more reports, finishes the answers in progress, and waits at most two seconds for
    /// reports that are being sent. The others stay on disk. Dropping the relay does the same.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread has already printed a panic of the server.
            let _ = thread.join();
            let _ = self.forwarder.shutdown(PATIENCE);
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
