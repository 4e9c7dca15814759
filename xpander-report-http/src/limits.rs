//! The resources that clients may use.

use std::time::Duration;

/// The largest accepted request body: 32 MiB.
pub const MAX_BODY: usize = 32 * 1024 * 1024;

/// The maximum of connections, even if the process may open more files.
const MAX_CONNECTIONS: usize = 4096;

/// A smaller bound would keep out a browser, which opens several connections.
const MIN_CONNECTIONS: usize = 16;

/// The resources that clients may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections may be open.
    pub connections: usize,
    /// How long a client may take to send the next head of a request, the next part of a body, or to take
    /// the next part of an answer.
    pub client_timeout: Duration,
    /// How many bytes of bodies may be in progress over all connections.
    pub bodies: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: max_connections(),
            client_timeout: Duration::from_secs(30),
            bodies: 2 * MAX_BODY,
        }
    }
}

/// Half of the files that this process may open: the data file and the program around the platform need
/// some, too.
fn max_connections() -> usize {
    #[cfg(unix)]
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let files: Option<u64> = None;
    files
        .and_then(|files| usize::try_from(files / 2).ok())
        .unwrap_or(MAX_CONNECTIONS)
        .clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)
}
