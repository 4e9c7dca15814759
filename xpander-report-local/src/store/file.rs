//! Opening a data file, without ever touching one that is not ours.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::schema::{self, APPLICATION_ID, VERSION};
use super::{BUSY, storage};
use crate::error::Error;

/// The start of every SQLite database: <https://www.sqlite.org/fileformat.html#the_database_header>.
const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER: usize = 100;

pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    let data_file = |source| Error::DataFile {
        path: path.to_owned(),
        source,
    };
    let sqlite = |source| storage(Some(path), source);

    create(path).map_err(data_file)?;
    check(path, &header(path).map_err(data_file)?)?;
    // SQLite gives names such as `:memory:` a meaning of their own; an absolute path has none.
    let absolute = fs::canonicalize(path).map_err(data_file)?;

    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(absolute, flags).map_err(sqlite)?;
    connection.busy_timeout(BUSY).map_err(sqlite)?;
    // The schema is made before the file changes to a write-ahead log, so that the header in the file
    // itself carries our mark from the first commit on.
    let found = schema::version(&connection).map_err(sqlite)?;
    if found > VERSION {
        return Err(Error::NewerData {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    schema::migrate(&mut connection).map_err(sqlite)?;
    connection
        .pragma_update(None, "journal_mode", "wal")
        .map_err(sqlite)?;
    // With a write-ahead log this is safe against the end of the process, though not of the power.
    connection
        .pragma_update(None, "synchronous", "normal")
        .map_err(sqlite)?;
    Ok(connection)
}

/// Creates the file with its folders, readable by its owner alone: it will hold people's prompts.
fn create(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn header(path: &Path) -> io::Result<Vec<u8>> {
    let mut header = Vec::with_capacity(HEADER);
    fs::File::open(path)?
        .take(HEADER as u64)
        .read_to_end(&mut header)?;
    Ok(header)
}

/// Looks at the bytes, because SQLite may change a foreign file by merely opening it (it replays a log
/// that a crashed program left).
fn check(path: &Path, header: &[u8]) -> Result<(), Error> {
    if header.is_empty() {
        return Ok(());
    }
    let (Some(user_version), Some(application_id), true) = (
        number(header, 60),
        number(header, 68),
        header.starts_with(MAGIC),
    ) else {
        return Err(Error::NotADatabase {
            path: path.to_owned(),
        });
    };
    if application_id != APPLICATION_ID {
        return Err(Error::ForeignDatabase {
            path: path.to_owned(),
        });
    }
    if user_version > VERSION {
        return Err(Error::NewerData {
            path: path.to_owned(),
            found: user_version,
            known: VERSION,
        });
    }
    Ok(())
}

fn number(header: &[u8], at: usize) -> Option<u32> {
    let bytes = header.get(at..at + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}
