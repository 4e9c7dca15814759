//! The store on this machine's disk: one thread writes to the spool.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use tokio::sync::oneshot;
use xpander_report::relay::Forwarder;

use crate::store::{Incoming, Keeping, NotKept, Store};

/// So many reports may share one sync.
const MAX_BATCH: usize = 256;

#[derive(Debug)]
pub(crate) struct SpoolStore {
    forwarder: Forwarder,
    dir: PathBuf,
    jobs: Sender<Job>,
}

struct Job {
    incoming: Incoming,
    done: oneshot::Sender<io::Result<()>>,
}

impl SpoolStore {
    /// Starts the thread. With `sync` a report is kept when it survives a loss of power.
    pub(crate) fn start(forwarder: Forwarder, dir: PathBuf, sync: bool) -> io::Result<Self> {
        let (jobs, waiting) = channel();
        let writer = forwarder.clone();
        thread::Builder::new()
            .name("xpander-relay-writer".to_owned())
            .spawn(move || write(&writer, &waiting, sync))?;
        Ok(Self {
            forwarder,
            dir,
            jobs,
        })
    }

    fn not_kept(dir: &std::path::Path, error: &io::Error) -> NotKept {
        NotKept {
            why: format!(
                "it cannot be written to the spool in {}: {error}",
                dir.display()
            ),
        }
    }
}

impl Store for SpoolStore {
    fn keep(&self, incoming: Incoming) -> Keeping {
        let (done, written) = oneshot::channel();
        let sent = self.jobs.send(Job { incoming, done });
        let dir = self.dir.clone();
        Box::pin(async move {
            let written = match sent {
                Ok(()) => written.await.unwrap_or_else(|_| Err(stopped())),
                Err(_) => Err(stopped()),
            };
            written.map_err(|error| Self::not_kept(&dir, &error))
        })
    }

    fn check(&self) -> Result<(), NotKept> {
        let checked = self.forwarder.check();
        checked.map_err(|error| Self::not_kept(&self.dir, &error))
    }
}

fn stopped() -> io::Error {
    io::Error::other("it is being shut down")
}

/// The thread's life: it ends with the store.
fn write(forwarder: &Forwarder, waiting: &Receiver<Job>, sync: bool) {
    while let Ok(first) = waiting.recv() {
        let more = std::iter::from_fn(|| waiting.try_recv().ok());
        let batch = std::iter::once(first).chain(more).take(MAX_BATCH);
        let mut kept = Vec::new();
        for Job { incoming, done } in batch {
            let Incoming {
                id,
                report,
                sender,
                in_progress: _in_progress,
            } = incoming;
            match forwarder.keep(id, report, sender) {
                Ok(()) if sync => kept.push(done),
                // Who asked may have gone.
                result => drop(done.send(result)),
            }
        }
        if kept.is_empty() {
            continue;
        }
        let synced = forwarder.sync();
        for done in kept {
            let result = match &synced {
                Ok(()) => Ok(()),
                Err(error) => Err(io::Error::new(
                    error.kind(),
                    format!("it is written but may not survive a power loss: {error}"),
                )),
            };
            drop(done.send(result));
        }
    }
}
