//! Connections that only read, one for each who reads at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rusqlite::{Connection, Result};

use super::place::Place;

/// Idle connections that are kept.
const MAX_IDLE: usize = 4;

pub(super) struct Readers {
    place: Place,
    /// See [`Setting::gate`](super::writer::Setting::gate).
    gate: Option<Arc<RwLock<()>>>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) const fn new(place: Place, gate: Option<Arc<RwLock<()>>>) -> Self {
        Self {
            place,
            gate,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Reads one state of the database, whatever is written meanwhile.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let _shared = self
            .gate
            .as_ref()
            .map(|gate| gate.read().unwrap_or_else(PoisonError::into_inner));
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.place.reader()?,
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
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
