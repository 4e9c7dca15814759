//! A pool of read-only connections, one for each concurrent reader.

use std::sync::{Arc, Mutex, MutexGuard, RwLock};

use rusqlite::{Connection, Result};
use xpander_report_http::sync::ignore_poison;

use super::location::Location;

/// How many idle connections stay open.
const MAX_IDLE: usize = 4;

pub(super) struct Readers {
    location: Location,
    /// See [`WriterState::memory_lock`](super::writer::WriterState::memory_lock).
    memory_lock: Option<Arc<RwLock<()>>>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) const fn new(location: Location, memory_lock: Option<Arc<RwLock<()>>>) -> Self {
        Self {
            location,
            memory_lock,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Reads a consistent snapshot of the database.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let _shared = self
            .memory_lock
            .as_ref()
            .map(|memory_lock| ignore_poison(memory_lock.read()));
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.location.reader()?,
        };
        let transaction = connection.transaction()?;
        let outcome = read(&transaction);
        drop(transaction);
        let mut idle = self.idle();
        if outcome.is_ok() && idle.len() < MAX_IDLE {
            idle.push(connection);
        }
        outcome
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        ignore_poison(self.idle.lock())
    }
}
