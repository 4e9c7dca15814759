//! The store on this machine's disk: one thread writes to the spool.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use xpander_report::relay::Forwarder;
use xpander_report::{DeadLetter, Stats};

use crate::status::{DeadLetterEntry, Purged, Status};
use crate::store::{Doing, Incoming, NotDone, Store};

/// The maximum number of reports that share one sync.
const MAX_BATCH: usize = 256;
/// How long the end waits for what is on its way. What is left stays on disk.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a purge waits for a report that is on its way, and how often it looks.
const PURGE_TIMEOUT: Duration = Duration::from_secs(20);
const PURGE_PAUSE: Duration = Duration::from_millis(50);

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

    fn not_kept(dir: &Path, error: &io::Error) -> NotDone {
        NotDone::Unavailable(format!(
            "it cannot be written to the spool in {}: {error}",
            dir.display()
        ))
    }

    /// Does what may block on a thread for that.
    fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Forwarder) -> T + Send + 'static,
    ) -> Doing<'_, Result<T, NotDone>> {
        let forwarder = self.forwarder.clone();
        let work = spawn_blocking(move || work(&forwarder));
        Box::pin(async {
            work.await
                .map_err(|_| NotDone::Unavailable(stopped().to_string()))
        })
    }
}

impl Store for SpoolStore {
    fn keep(&self, incoming: Incoming) -> Doing<'_, Result<Option<u64>, NotDone>> {
        let (done, written) = oneshot::channel();
        let sent = self.jobs.send(Job { incoming, done });
        Box::pin(async move {
            let written = match sent {
                Ok(()) => written.await.unwrap_or_else(|_| Err(stopped())),
                Err(_) => Err(stopped()),
            };
            written
                .map(|()| None)
                .map_err(|error| Self::not_kept(&self.dir, &error))
        })
    }

    fn check(&self) -> Doing<'_, Result<(), NotDone>> {
        let checking = self.blocking(Forwarder::check);
        Box::pin(async {
            let checked = checking.await?;
            checked.map_err(|error| Self::not_kept(&self.dir, &error))
        })
    }

    fn key_refusal(&self) -> Option<String> {
        self.forwarder.key_refusal()
    }

    fn describe<'a>(&'a self, status: &'a mut Status) -> Doing<'a, Result<(), NotDone>> {
        Box::pin(async {
            let standing = self.forwarder.standing().await;
            let stats = &standing.stats;
            status.is_forwarding = true;
            status.forwarder = Some(status.relay.clone());
            status.waiting = stats.pending + stats.spooled;
            status.oldest_seconds = stats.oldest_age.map(|age| age.as_secs_f64());
            status.accepted = stats.accepted;
            status.adopted = stats.adopted;
            status.dead_letters_dropped = stats.dead_letters_dropped;
            status.deliver(standing);
            status.dead_letters = self
                .blocking(|forwarder| forwarder.dead_letters().len())
                .await?;
            Ok(())
        })
    }

    fn dead_letters(&self) -> Doing<'_, Result<Vec<DeadLetterEntry>, NotDone>> {
        self.blocking(|forwarder| forwarder.dead_letters().map(Into::into).collect())
    }

    fn retry_dead_letters(&self, task: Option<String>) -> Doing<'_, Result<usize, NotDone>> {
        self.blocking(move |forwarder| forwarder.retry_dead_letters(|letter| is_of(letter, &task)))
    }

    fn delete_dead_letters(&self, task: Option<String>) -> Doing<'_, Result<usize, NotDone>> {
        self.blocking(move |forwarder| forwarder.delete_dead_letters(|letter| is_of(letter, &task)))
    }

    fn purge(&self, task: String) -> Doing<'_, Result<Purged, NotDone>> {
        Box::pin(async move {
            let deadline = Instant::now() + PURGE_TIMEOUT;
            let mut all = Purged::default();
            loop {
                let purged = self.forwarder.purge(&task).await;
                all.waiting += purged.waiting;
                all.dead_letters += purged.dead_letters;
                all.is_in_flight = purged.is_in_flight;
                if !purged.is_in_flight || Instant::now() >= deadline {
                    return Ok(all);
                }
                sleep(PURGE_PAUSE).await;
            }
        })
    }

    fn place(&self) -> String {
        self.dir.display().to_string()
    }

    fn problem(&self) -> Option<String> {
        None
    }

    fn stats(&self) -> Stats {
        self.forwarder.stats()
    }

    fn is_drained(&self) -> bool {
        let stats = self.forwarder.stats();
        stats.pending + stats.spooled == 0
    }

    fn stop(&self) {
        let _ = self.forwarder.shutdown(SHUTDOWN_TIMEOUT);
    }
}

/// Whether it is of this task; none stands for all.
fn is_of(letter: &DeadLetter, task: &Option<String>) -> bool {
    task.is_none() || letter.report.id == *task
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
                ..
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
