//! Where tasks are kept: one SQLite database, in a file or in memory.

mod agents;
mod file;
mod overview;
mod reports;
mod revisions;
mod rows;
mod schema;
mod tasks;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use crate::error::Error;

pub(crate) use overview::{Overview, Totals};
pub(crate) use revisions::RevisionHead;
pub(crate) use tasks::History;

/// How long a request waits for another program that holds the data file.
const BUSY: Duration = Duration::from_secs(2);

/// The database, with one connection that all callers share. Its methods block.
pub(crate) struct Store {
    path: Option<PathBuf>,
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens the file, or a database in memory, and brings its schema up to date.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Error> {
        let connection = match path {
            Some(path) => file::open(path)?,
            None => schema::in_memory().map_err(|source| storage(None, source))?,
        };
        Ok(Self {
            path: path.map(Path::to_owned),
            connection: Mutex::new(connection),
        })
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// A failure of one of the other methods, with the file that it is about.
    pub(crate) fn error(&self, source: rusqlite::Error) -> Error {
        storage(self.path.as_deref(), source)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic in between has rolled its transaction back, so the connection is sound.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn storage(path: Option<&Path>, source: rusqlite::Error) -> Error {
    match (path, source.sqlite_error_code()) {
        (Some(path), Some(ErrorCode::DatabaseBusy)) => Error::DataFileLocked {
            path: path.to_owned(),
        },
        _ => Error::Storage {
            path: path.map(Path::to_owned),
            source: source.into(),
        },
    }
}
