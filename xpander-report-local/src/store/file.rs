//! Opens a data file. A file of another program is never changed.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use rusqlite::Connection;

use super::location::Location;
use super::lock::Lock;
use super::private;
use super::schema::{self, APPLICATION_ID, VERSION};
use crate::error::Error;

/// The start of every SQLite database: <https://www.sqlite.org/fileformat.html#the_database_header>.
const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;

/// A data file that is open and locked for this platform.
pub(super) struct Opened {
    /// The connection that writes.
    pub(super) connection: Connection,
    pub(super) location: Location,
    pub(super) lock: Lock,
    /// Whether other users could read the file until now.
    pub(super) was_open_to_others: bool,
}

pub(super) fn open(path: &Path) -> Result<Opened, Error> {
    let data_file = |source| Error::DataFile {
        path: path.to_owned(),
        source,
    };
    create(path).map_err(data_file)?;
    // One file has one lock, whatever path names it.
    let absolute = fs::canonicalize(path).map_err(data_file)?;
    private::check(&absolute).map_err(data_file)?;
    let lock = Lock::acquire(&absolute)?;
    let location = Location::File(absolute.clone());
    let opened = open_locked(path, &location).and_then(|connection| {
        let was_open_to_others = private::close_to_others(&absolute).map_err(data_file)?;
        Ok((connection, was_open_to_others))
    });
    match opened {
        Ok((connection, was_open_to_others)) => Ok(Opened {
            connection,
            location,
            lock,
            was_open_to_others,
        }),
        Err(error) => {
            lock.remove();
            Err(error)
        }
    }
}

fn open_locked(path: &Path, location: &Location) -> Result<Connection, Error> {
    let sqlite = |source| Error::storage(Some(path), source);
    let header = header(path).map_err(|source| Error::DataFile {
        path: path.to_owned(),
        source,
    })?;
    check(path, &header)?;
    let mut connection = location.writer().map_err(sqlite)?;
    // The schema is created before the file switches to a write-ahead log. So the header in the file itself
    // has our application id from the first commit on.
    let found = schema::version(&connection).map_err(sqlite)?;
    if found != 0 {
        check_version(path, found)?;
    }
    schema::create(&mut connection).map_err(sqlite)?;
    location.configure_writer(&connection).map_err(sqlite)?;
    Ok(connection)
}

/// Creates the file and its folders. Only the owner can read them, since they will contain prompts.
fn create(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut folders = DirBuilder::new();
        folders.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            folders.mode(0o700);
        }
        folders.create(folder)?;
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
    let mut header = Vec::with_capacity(HEADER_BYTES);
    fs::File::open(path)?
        .take(HEADER_BYTES as u64)
        .read_to_end(&mut header)?;
    Ok(header)
}

/// Checks the header's bytes. Opening the file with SQLite could change it: SQLite replays the log of a
/// crashed program.
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
    check_version(path, user_version)
}

fn check_version(path: &Path, found: u32) -> Result<(), Error> {
    if found == VERSION {
        return Ok(());
    }
    Err(Error::OtherVersion {
        path: path.to_owned(),
        found,
        known: VERSION,
    })
}

fn number(header: &[u8], at: usize) -> Option<u32> {
    let bytes = header.get(at..at + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}
