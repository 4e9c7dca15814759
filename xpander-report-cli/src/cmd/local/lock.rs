use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Held while a platform uses a data file. It is a file beside it, which says where that platform is.
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock; an error if another platform has it.
    pub(super) fn take(data: &Path) -> Result<Self, Failure> {
        let path = path(data);
        let mut file = open(&path).map_err(|error| {
            Failure::new(
                Failure::REFUSED,
                format!(
                    "cannot write {} ({error}); name another file with --db, or keep the data in \
                     memory with --ephemeral",
                    path.display()
                ),
            )
        })?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let mut place = String::new();
            // What holds the lock may not have written yet, or keeps readers out.
            let _ = file.read_to_string(&mut place);
            let at = match place.trim() {
                "" => String::new(),
                place => format!(" at {place}"),
            };
            return Err(Failure::new(
                Failure::REFUSED,
                format!(
                    "a local platform{at} already uses {}; use that one, or stop it, or name another \
                     file with --db and another port with --port",
                    data.display()
                ),
            ));
        }
        // A file system without locks has none to take; SQLite keeps the data whole all the same.
        let _ = file.set_len(0);
        Ok(Self { file })
    }

    /// Writes down where the platform is, for those who find the lock taken.
    pub(super) fn say(&mut self, url: &str) {
        let _ = self.file.write_all(url.as_bytes());
    }
}

fn path(data: &Path) -> PathBuf {
    let mut path = fs::canonicalize(data)
        .unwrap_or_else(|_| data.to_owned())
        .into_os_string();
    path.push(".lock");
    path.into()
}

fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
