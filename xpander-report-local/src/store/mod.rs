//! The storage: one SQLite database, in a file or in memory.

mod agents;
mod batch;
mod delete;
mod file;
mod interned;
mod list;
mod location;
mod lock;
mod matching;
mod measured;
mod metrics;
mod private;
mod readers;
mod retention;
pub(crate) mod revisions;
mod rollups;
mod rows;
mod schema;
mod search;
mod search_index;
mod span;
mod tasks;
mod terms;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::broadcast;

use crate::error::Error;
use crate::model::change::Change;
use crate::model::event::Event;
use crate::model::task::TaskRecord;
use crate::query::filter::Filter;

use batch::WriterCache;
use location::Location;
use lock::Lock;
use readers::Readers;
use writer::{Writer, WriterState};

/// How many events a slow listener may lag behind before it misses some.
const MAX_EVENTS: usize = 4096;

/// The database. One thread writes; reads run on the caller's thread and block.
pub(crate) struct Store {
    path: Option<PathBuf>,
    // Fields are dropped in order: the last connection cleans up, and it should be the writer's.
    readers: Readers,
    writer: Writer,
    events: broadcast::Sender<Event>,
    /// Whether some stored texts are not in the search index yet.
    index_is_stale: Arc<AtomicBool>,
    /// How many tasks have been deleted since the start.
    deleted: Arc<AtomicU64>,
    lock: Option<Lock>,
    was_open_to_others: bool,
    /// Whether anything is stored. Only benchmarks switch it off.
    keeps: bool,
    clock: fn() -> Timestamp,
}

impl Store {
    /// Opens the file, or a database in memory. Other programs that want the file are told the `url`.
    pub(crate) fn open(
        path: Option<&Path>,
        retention: Option<Duration>,
        url: &str,
        keeps: bool,
        clock: fn() -> Timestamp,
    ) -> Result<Self, Error> {
        let mut was_open_to_others = false;
        let (connection, location, mut lock) = match path {
            Some(path) => {
                let opened = file::open(path)?;
                was_open_to_others = opened.was_open_to_others;
                (opened.connection, opened.location, Some(opened.lock))
            }
            None => {
                let location = Location::memory();
                let connection =
                    in_memory(&location).map_err(|source| Error::storage(None, source))?;
                (connection, location, None)
            }
        };
        if let Some(lock) = &mut lock {
            // The message is only a hint.
            let _ = lock.write_holder(url);
        }
        let cache = WriterCache::of(&connection).map_err(|source| Error::storage(path, source))?;
        let memory_lock = location.is_memory().then(|| Arc::new(RwLock::new(())));
        let (events, _) = broadcast::channel(MAX_EVENTS);
        let index_is_stale = Arc::new(AtomicBool::new(cache.unindexed() > 0));
        let deleted = Arc::<AtomicU64>::default();
        let writer = Writer::start(WriterState {
            connection,
            cache,
            index_is_stale: Arc::clone(&index_is_stale),
            deleted: Arc::clone(&deleted),
            memory_lock: memory_lock.clone(),
            events: events.clone(),
            retention,
        })
        .map_err(|source| Error::Thread { source })?;
        Ok(Self {
            path: path.map(Path::to_owned),
            readers: Readers::new(location, memory_lock),
            writer,
            events,
            index_is_stale,
            deleted,
            lock,
            was_open_to_others,
            keeps,
            clock,
        })
    }

    /// Brings the search index up to date if the filter needs it, so that a search finds every answered
    /// report.
    fn update_index(&self, filter: &Filter) -> rusqlite::Result<()> {
        if filter.search.is_some() && self.index_is_stale.load(Ordering::Acquire) {
            self.writer.write_blocking(|batch| batch.index_all())?;
        }
        Ok(())
    }

    pub(crate) fn deleted(&self) -> u64 {
        self.deleted.load(Ordering::Relaxed)
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(crate) const fn was_open_to_others(&self) -> bool {
        self.was_open_to_others
    }

    /// Subscribes to the events from now on.
    pub(crate) fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// The time at which a report arrives.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Creates or changes the task of a change that arrived at a time, and returns once it is stored. Without an agent the task must
    /// exist; otherwise the result is `None`.
    pub(crate) async fn change(
        &self,
        organization: String,
        agent: Option<String>,
        mut change: Change,
        now: Timestamp,
    ) -> rusqlite::Result<Option<TaskRecord>> {
        if !self.keeps {
            let id = change.id.take().unwrap_or_default();
            let mut task = TaskRecord::blank(id, organization, agent.unwrap_or_default(), now);
            change.merge_into(&mut task, now);
            return Ok(Some(task));
        }
        self.writer
            .write(move |batch| batch.change(&organization, agent.as_deref(), change, now))
            .await
    }

    /// Adds the data file to an error of the other methods.
    pub(crate) fn error(&self, source: rusqlite::Error) -> Error {
        Error::storage(self.path.as_deref(), source)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .field("lock", &self.lock)
            .finish_non_exhaustive()
    }
}

fn in_memory(location: &Location) -> rusqlite::Result<Connection> {
    let mut connection = location.writer()?;
    schema::create(&mut connection)?;
    location.configure_writer(&connection)?;
    Ok(connection)
}
