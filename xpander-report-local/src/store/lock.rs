//! Excludes a second platform. A lock file beside the data file names the process that uses the data. On Linux
//! the data file itself is locked, too, so that its new name does not help when it is renamed. Elsewhere such a
//! lock and those of SQLite exclude each other.

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
    /// SQLite loses its own locks when this process closes the data file, so it is closed last.
    #[cfg(target_os = "linux")]
    _data: File,
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
            use rustix::fs::OFlags;
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
            // Another user may put a link or a pipe there.
            options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
        }
        let failed = |source| Error::DataFile {
            path: data.to_owned(),
            source,
        };
        let mut file = options.open(&path).map_err(failed)?;
        let in_use = |by| Error::DataFileInUse {
            path: data.to_owned(),
            by,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(in_use(holder(&mut file).unwrap_or_default()));
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        #[cfg(target_os = "linux")]
        let locked_data = {
            let data = File::open(data).map_err(failed)?;
            match data.try_lock() {
                Ok(()) => data,
                Err(TryLockError::WouldBlock) => {
                    return Err(in_use("one that knows the file by another name".to_owned()));
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        };
        Ok(Self {
            file,
            path,
            #[cfg(target_os = "linux")]
            _data: locked_data,
        })
    }

    /// Writes the holder into the lock file.
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
