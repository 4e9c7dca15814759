//! A file beside the data file that says which process works with it. The data file itself cannot: SQLite
//! loses its own locks on a file that the same process opens and closes once more.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// How much of the holder's message is read.
const MAX_HOLDER_BYTES: u64 = 1024;

/// Held while the platform runs; the operating system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    pub(super) fn take(data: &Path) -> Result<Self, Error> {
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

    /// Tells whoever finds the file locked who has it.
    pub(super) fn sign(&mut self, url: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        write!(self.file, "{url} (process {})", std::process::id())
    }

    /// Takes the file away, because nothing was started.
    pub(super) fn give_up(self) {
        // Left behind it would do no harm.
        let _ = fs::remove_file(&self.path);
    }
}

/// Who signed; nobody where a locked file cannot be read.
fn holder(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.take(MAX_HOLDER_BYTES).read_to_string(&mut text).ok()?;
    // The file is only as trustworthy as its folder.
    let plain = |character: char| !character.is_control();
    (!text.is_empty() && text.chars().all(plain)).then_some(text)
}
