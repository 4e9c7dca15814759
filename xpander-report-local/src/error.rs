use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// An error of the local platform: it could not start, or could not read or write its data.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The host is neither an IP address nor `localhost`.
    Host {
        /// The requested host.
        host: String,
    },
    /// Other machines can reach the host, and there is no token.
    TokenMissing {
        /// The requested host.
        host: String,
    },
    /// The token is empty.
    TokenEmpty,
    /// The retention is zero, which would delete every task immediately.
    RetentionZero,
    /// The user's own prices cannot be read.
    Prices {
        /// The line of the document, from 1, where it is known.
        line: Option<usize>,
        /// The problem.
        message: String,
    },
    /// Another program listens on the port.
    PortTaken {
        /// The requested port.
        port: u16,
    },
    /// The operating system refused the address for another reason.
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// The server's thread or its runtime could not be started.
    Thread {
        /// The operating system's error.
        source: io::Error,
    },
    /// The data file or its folder cannot be created or read.
    DataFile {
        /// The requested path.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The data file is not a SQLite database. It was left untouched.
    NotADatabase {
        /// The requested path.
        path: PathBuf,
    },
    /// The data file is a SQLite database of another program. It was left untouched.
    ForeignDatabase {
        /// The requested path.
        path: PathBuf,
    },
    /// The data file was written by another version of this crate. It was left untouched.
    OtherVersion {
        /// The requested path.
        path: PathBuf,
        /// The schema version in the file.
        found: u32,
        /// The schema version that this crate knows.
        known: u32,
    },
    /// Another local platform uses the data file.
    DataFileInUse {
        /// The requested path.
        path: PathBuf,
        /// The address and the process of the platform that uses it. Empty when unknown.
        by: String,
    },
    /// Another program has locked the data file.
    DataFileLocked {
        /// The requested path.
        path: PathBuf,
    },
    /// SQLite could not read or write.
    Storage {
        /// The data file; `None` when the data is in memory.
        path: Option<PathBuf>,
        /// SQLite's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// A failure of SQLite; `path` is the data file, if there is one.
    pub(crate) fn storage(path: Option<&Path>, source: rusqlite::Error) -> Self {
        match (path, source.sqlite_error_code()) {
            (Some(path), Some(ErrorCode::DatabaseBusy)) => Self::DataFileLocked {
                path: path.to_owned(),
            },
            _ => Self::Storage {
                path: path.map(Path::to_owned),
                source: source.into(),
            },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { host } => write!(
                f,
                "cannot listen on {host:?}: it is not an IP address of this machine; use one, \
                 such as 127.0.0.1 or 0.0.0.0"
            ),
            Self::TokenMissing { host } => write!(
                f,
                "other machines can reach {host} and could read all reports: set a token \
                 (--token), or listen on 127.0.0.1"
            ),
            Self::TokenEmpty => f.write_str("the token is empty; set a secret, or leave it out"),
            Self::RetentionZero => f.write_str(
                "a retention of zero would delete every task immediately; choose a longer one",
            ),
            Self::Prices { line, message } => {
                f.write_str("the prices cannot be read: ")?;
                if let Some(line) = line {
                    write!(f, "line {line}: ")?;
                }
                write!(f, "{message}")
            }
            Self::PortTaken { port } => write!(
                f,
                "port {port} is taken by another program; stop that program, or choose another port \
                 (0 takes any free one)"
            ),
            Self::Listen { address, source } => write!(f, "cannot listen on {address}: {source}"),
            Self::Thread { source } => write!(f, "cannot start the server's thread: {source}"),
            Self::DataFile { path, source } => {
                write!(f, "cannot use the data file {}: {source}", path.display())
            }
            Self::NotADatabase { path } => write!(
                f,
                "{} is not a database of the local platform and was left untouched; choose another path",
                path.display()
            ),
            Self::ForeignDatabase { path } => write!(
                f,
                "{} is a database of another program and was left untouched; choose another path",
                path.display()
            ),
            Self::OtherVersion { path, found, known } => write!(
                f,
                "{} was written by another version of the local platform (its schema is {found}, this \
                 version has {known}) and was left untouched; use that version, or choose another path",
                path.display()
            ),
            Self::DataFileInUse { path, by } => {
                let by = if by.is_empty() { "one" } else { by };
                write!(
                    f,
                    "{} is in use by another local platform: {by}; use that one, stop it, or choose another file",
                    path.display()
                )
            }
            Self::DataFileLocked { path } => write!(
                f,
                "{} is locked by another program; close that program, or choose another path",
                path.display()
            ),
            Self::Storage {
                path: Some(path),
                source,
            } => {
                write!(
                    f,
                    "cannot read or write the data file {}: {source}",
                    path.display()
                )
            }
            Self::Storage { path: None, source } => {
                write!(f, "cannot read or write the data in memory: {source}")
            }
        }
    }
}

impl std::error::Error for Error {}
