//! The location of the database, and its connections.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Result};
use uuid::Uuid;

/// How long a request waits for another program that holds the data file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Prepared statements that a connection caches.
const MAX_CACHED_STATEMENTS: usize = 64;

/// The write-ahead log is checkpointed after this many pages: 32 MiB. Many reports change the same pages, and
/// a checkpoint writes each page once.
const CHECKPOINT_PAGES: u32 = 8192;

/// The size in bytes to which the log is truncated after a checkpoint.
const MAX_LOG_BYTES: u32 = 64 * 1024 * 1024;

/// The page cache of a connection, in KiB.
const WRITER_CACHE_KIB: i32 = 16 * 1024;
const READER_CACHE_KIB: i32 = 6 * 1024;

#[derive(Debug, Clone)]
pub(super) enum Location {
    /// An absolute path: SQLite treats names such as `:memory:` specially.
    File(PathBuf),
    /// The name by which the connections of this process share the database.
    Memory(String),
}

impl Location {
    pub(super) fn memory() -> Self {
        Self::Memory(format!("file:/xpander-local-{}?vfs=memdb", Uuid::now_v7()))
    }

    pub(super) const fn is_memory(&self) -> bool {
        matches!(self, Self::Memory(_))
    }

    /// The connection that writes. There may be no schema yet.
    pub(super) fn writer(&self) -> Result<Connection> {
        let connection = self.open()?;
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        // It takes effect only before the first table is created.
        connection.pragma_update(None, "auto_vacuum", "incremental")?;
        Ok(connection)
    }

    /// Configures the connection that writes. The schema must exist.
    pub(super) fn configure_writer(&self, connection: &Connection) -> Result<()> {
        if self.is_memory() {
            return Ok(());
        }
        connection.pragma_update(None, "journal_mode", "wal")?;
        // With a write-ahead log, a commit survives a crash of the process, but not a power failure.
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "journal_size_limit", MAX_LOG_BYTES)
    }

    pub(super) fn reader(&self) -> Result<Connection> {
        let connection = self.open()?;
        connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn open(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self {
            Self::File(path) => Connection::open_with_flags(path, flags)?,
            Self::Memory(name) => Connection::open_with_flags(
                name,
                flags | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_CREATE,
            )?,
        };
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Without it SQLite plans a statement again for each bound value.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(MAX_CACHED_STATEMENTS);
        Ok(connection)
    }
}
