//! The lock file beside the data file, which names the process that uses the data. The data file itself
//! cannot be locked: SQLite loses its own locks when the same process opens and closes the file again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// How much of the holder's message is read, in bytes.
const MAX_HOLDER_BYTES: u64 = 1024;

/// Held while the platform runs. The operating system releases it when the process ends, even in a crash.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    pub(super) fn acquire(data: &Path) -> Result<Self, Error> {
        let mut path = data.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let failed = |source| Error::DataFile {
            path: data.to_owned(),
            source,
        };
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, path }),
            Err(TryLockError::WouldBlock) => Err(Error::DataFileInUse {
                path: data.to_owned(),
                by: holder(&mut file).unwrap_or_default(),
            }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Writes into the lock file who holds it.
    pub(super) fn write_holder(&mut self, url: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        write!(self.file, "{url} (process {})", std::process::id())
    }

    /// Deletes the lock file, because the platform did not start.
    pub(super) fn remove(self) {
        // A lock file that stays is harmless.
        let _ = fs::remove_file(&self.path);
    }
}

/// The holder's message. `None` where a locked file cannot be read.
fn holder(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.take(MAX_HOLDER_BYTES).read_to_string(&mut text).ok()?;
    // Others may have written the file.
    let plain = |character: char| !character.is_control();
    (!text.is_empty() && text.chars().all(plain)).then_some(text)
}
