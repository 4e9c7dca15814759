//! Shared code of the commands that serve.

use std::io;

use tokio::runtime::Runtime;

/// How many open files a server can use.
#[cfg(unix)]
const WANTED_FILES: u64 = 8192;

/// Raises the process's limit of open files, and so of connections, as far as allowed. The usual limit is low.
#[cfg(unix)]
pub(crate) fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let allowed = limit
        .maximum
        .map_or(WANTED_FILES, |most| most.min(WANTED_FILES));
    if limit.current.is_some_and(|current| current < allowed) {
        // If it fails, the server accepts fewer connections.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(allowed),
                maximum: limit.maximum,
            },
        );
    }
}

/// These systems have no such limit.
#[cfg(not(unix))]
pub(crate) const fn raise_file_limit() {}

/// Starts listening. The future ends when the program is asked to stop.
#[cfg(unix)]
pub(crate) fn stop_signal(runtime: &Runtime) -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let _runtime = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Starts listening. The future ends when the program is asked to stop.
#[cfg(windows)]
pub(crate) fn stop_signal(runtime: &Runtime) -> io::Result<impl Future<Output = ()>> {
    let _runtime = runtime.enter();
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    let mut close = tokio::signal::windows::ctrl_close()?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = close.recv() => {}
        }
    })
}
