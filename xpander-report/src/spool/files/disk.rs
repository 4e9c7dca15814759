//! The file system operations that the spool needs. Tests replace them with a disk that fails, fills up or loses data.

use std::io;
use std::path::Path;

/// Which file something is, whatever it is called: the device, and the number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(pub(crate) u64, pub(crate) u64);

pub(crate) trait Disk: Send + Sync + 'static {
    /// Makes a directory that only its owner can use, and those above it; one that is there stays.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;

    /// The names of the files in a directory.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Makes a file that only its owner can read. It must not be there.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file that is there.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Which file is there.
    fn id(&self, path: &Path) -> io::Result<FileId>;

    /// Makes what was created, renamed and removed in a directory survive a loss of power.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

pub(crate) trait DiskFile: Send + Sync {
    /// Appends bytes that lie in several pieces.
    fn append(&self, pieces: &[&[u8]]) -> io::Result<()>;

    /// Adds the bytes from there on, so many at most.
    fn read_at(&self, offset: u64, most: usize, bytes: &mut Vec<u8>) -> io::Result<()>;

    fn len(&self) -> io::Result<u64>;

    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes the bytes survive a loss of power.
    fn sync(&self) -> io::Result<()>;

    fn id(&self) -> io::Result<FileId>;

    /// Whether this is now the only one that has the file's lock. It is held until the file is closed,
    /// also by the end of the process.
    fn try_lock(&self) -> io::Result<bool>;
}
