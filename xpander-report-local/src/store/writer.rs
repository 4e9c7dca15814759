//! The one thread that writes (group commit). It runs all waiting jobs in one transaction and answers them
//! after the commit, so concurrent reports share the cost of a commit. If one job fails, for example on a
//! disk error, all jobs of the transaction fail and nothing is stored.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, RwLock, RwLockWriteGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Error, Result, TransactionBehavior};
use tokio::sync::{broadcast, oneshot};
use xpander_report_http::sync::ignore_poison;

use super::batch::{Batch, WriterCache};
use super::{retention, rows, search_index};
use crate::model::event::Event;

/// How many jobs may share a transaction.
const MAX_JOBS: usize = 256;

/// How many pages are freed before the thread looks at its queue again.
const MAX_FREED_PAGES: u32 = 256;

/// How long the queue must be empty before the search index is updated.
const INDEX_DELAY: Duration = Duration::from_millis(50);

/// Work for the writer, and the answer to its caller.
trait Job: Send {
    fn work(&mut self, batch: &mut Batch<'_>) -> Result<()>;
    fn answer(self: Box<Self>, committed: Result<()>);
}

struct WriteJob<T, W, A> {
    work: Option<W>,
    done: Option<T>,
    answer: A,
}

impl<T, W, A> Job for WriteJob<T, W, A>
where
    T: Send,
    W: FnOnce(&mut Batch<'_>) -> Result<T> + Send,
    A: FnOnce(Result<T>) + Send,
{
    fn work(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        if let Some(work) = self.work.take() {
            self.done = Some(work(batch)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let outcome = match (committed, self.done) {
            (Ok(()), Some(done)) => Ok(done),
            (Ok(()), None) => Err(writer_ended()),
            (Err(error), _) => Err(error),
        };
        (self.answer)(outcome);
    }
}

/// The handle of the writer's thread. Dropping it ends the thread.
pub(super) struct Writer {
    jobs: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

/// The state of the writer's thread.
pub(super) struct WriterState {
    pub(super) connection: Connection,
    pub(super) cache: WriterCache,
    /// Locked during a transaction, since a database in memory cannot be read meanwhile. `None` with a file.
    pub(super) memory_lock: Option<Arc<RwLock<()>>>,
    pub(super) events: broadcast::Sender<Event>,
    /// Whether some stored texts are not in the search index yet.
    pub(super) index_is_stale: Arc<AtomicBool>,
    /// How many tasks have been deleted since the start.
    pub(super) deleted: Arc<AtomicU64>,
    pub(super) retention: Option<Duration>,
}

impl Writer {
    pub(super) fn start(state: WriterState) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("xpander-local-writer".to_owned())
            .spawn(move || run(state, &queue))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Runs the work in a transaction and returns after the commit.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        self.send(work, move |outcome| {
            // The caller may be gone; the write stays.
            let _ = answer.send(outcome);
        });
        answered.await.unwrap_or(Err(writer_ended()))
    }

    /// Like [`write`](Self::write), for callers that may block.
    pub(super) fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.send(work, move |outcome| {
            let _ = answer.send(outcome);
        });
        answered.recv().unwrap_or(Err(writer_ended()))
    }

    fn send<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T> + Send + 'static,
        answer: impl FnOnce(Result<T>) + Send + 'static,
    ) {
        let job = Box::new(WriteJob {
            work: Some(work),
            done: None,
            answer,
        });
        if let Some(jobs) = &self.jobs {
            // If the thread has ended, the job is dropped and with it the sender of the answer.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // The thread has already printed a panic.
            let _ = thread.join();
        }
    }
}

fn writer_ended() -> Error {
    rows::unreadable("the thread that writes has ended")
}

fn run(mut state: WriterState, queue: &Receiver<Box<dyn Job>>) {
    let mut sweeps = state.retention.map(retention::SweepSchedule::new);
    // A killed process may have left free pages.
    let mut shrinking = true;
    loop {
        let mut wait = Duration::MAX;
        if let Some(sweeps) = &mut sweeps {
            shrinking |= sweep(&mut state, sweeps);
            wait = sweeps.wait(Instant::now());
        }
        if state.cache.unindexed() > 0 {
            wait = wait.min(INDEX_DELAY);
        }
        if shrinking {
            wait = Duration::ZERO;
        }
        match receive(queue, wait) {
            Ok(job) => {
                let mut jobs = vec![job];
                jobs.extend(queue.try_iter().take(MAX_JOBS - 1));
                shrinking |= commit(&mut state, jobs);
                if state.cache.unindexed() > search_index::MAX_WAITING {
                    index(&mut state);
                }
            }
            Err(RecvTimeoutError::Timeout) if state.cache.unindexed() > 0 => index(&mut state),
            Err(RecvTimeoutError::Timeout) if shrinking => {
                let _locked = lock_memory(state.memory_lock.as_deref());
                // SQLite reuses pages that are not freed.
                shrinking = retention::shrink(&state.connection, MAX_FREED_PAGES).unwrap_or(false);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Deletes expired tasks if a sweep is due. Returns whether any task was deleted.
fn sweep(state: &mut WriterState, sweeps: &mut retention::SweepSchedule) -> bool {
    let now = Instant::now();
    if !sweeps.is_due(now) {
        return false;
    }
    let limit = sweeps.limit();
    let swept = transact(state, |batch| retention::sweep(batch, limit));
    let deleted = swept.unwrap_or(0);
    sweeps.swept(now, deleted);
    deleted > 0
}

fn receive(
    queue: &Receiver<Box<dyn Job>>,
    wait: Duration,
) -> Result<Box<dyn Job>, RecvTimeoutError> {
    if wait == Duration::MAX {
        return queue.recv().map_err(|_| RecvTimeoutError::Disconnected);
    }
    queue.recv_timeout(wait)
}

/// Runs the jobs in one transaction and answers them. Returns whether any task was deleted.
fn commit(state: &mut WriterState, mut jobs: Vec<Box<dyn Job>>) -> bool {
    let committed = transact(state, |batch| {
        for job in &mut jobs {
            job.work(batch)?;
        }
        Ok(batch.has_deleted())
    });
    for job in jobs {
        job.answer(committed.as_ref().map(|_| ()).map_err(copy_error));
    }
    committed.unwrap_or(false)
}

/// Updates the search index. After a failure the next search does it.
fn index(state: &mut WriterState) {
    let _ = transact(state, |batch| batch.index_some());
}

fn transact<T>(
    state: &mut WriterState,
    work: impl FnOnce(&mut Batch<'_>) -> Result<T>,
) -> Result<T> {
    let _locked = lock_memory(state.memory_lock.as_deref());
    let transaction = state
        .connection
        .transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut batch = Batch::new(&transaction, &mut state.cache);
    let outcome = work(&mut batch)
        .and_then(|done| Ok((done, batch.finish()?)))
        .and_then(|done| {
            transaction.commit()?;
            Ok(done)
        });
    match outcome {
        Ok((done, finished)) => {
            state.cache.committed(&finished);
            let index_is_stale = state.cache.unindexed() > 0;
            state
                .index_is_stale
                .store(index_is_stale, Ordering::Release);
            state
                .deleted
                .fetch_add(finished.deleted(), Ordering::Relaxed);
            for event in finished.events {
                // It fails only when nobody listens.
                let _ = state.events.send(event);
            }
            Ok(done)
        }
        Err(error) => {
            state.cache.clear_interned();
            Err(error)
        }
    }
}

fn lock_memory(memory_lock: Option<&RwLock<()>>) -> Option<RwLockWriteGuard<'_, ()>> {
    memory_lock.map(|memory_lock| ignore_poison(memory_lock.write()))
}

/// A copy of the error for another caller.
fn copy_error(error: &Error) -> Error {
    match error {
        Error::SqliteFailure(code, message) => Error::SqliteFailure(*code, message.clone()),
        other => rows::unreadable(other.to_string()),
    }
}
