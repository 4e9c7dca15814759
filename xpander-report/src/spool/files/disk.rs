//! What the spool asks of a file system. Tests put one in its place that fails, fills up or forgets.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, IoSlice, Write};
use std::path::Path;

use crate::support::process::UnsharedFile;

pub(crate) trait Disk: Send + Sync + 'static {
    /// Makes a directory that only its owner can read, and those above it; one that is there stays. They
    /// survive a loss of power where the one above can be read.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;

    /// The names of the files in a directory.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Makes a file that only its owner can read. It must not be there.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file that is there.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;

    fn exists(&self, path: &Path) -> bool;

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

    /// Whether this is now the only one that has the file's lock. It is held until the file is closed,
    /// also by the end of the process.
    fn try_lock(&self) -> io::Result<bool>;
}

/// The operating system's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OsDisk;

impl Disk for OsDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
        if let Some(above) = above {
            self.create_dir(above)?;
        }
        let mut builder = DirBuilder::new();
        // Another process may be faster.
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)?;
        let _ = self.sync_dir(above.unwrap_or(Path::new(".")));
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Box::new(UnsharedFile::new(options.open(path)?)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).append(true).open(path)?;
        Ok(Box::new(UnsharedFile::new(file)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    #[cfg(unix)]
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for UnsharedFile {
    fn append(&self, pieces: &[&[u8]]) -> io::Result<()> {
        let mut file: &File = self;
        let mut pieces: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut left = &mut pieces[..];
        // What is empty goes first, so that nothing written means that there is no room.
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            match file.write_vectored(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut left, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read_at(&self, offset: u64, most: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
        let start = bytes.len();
        bytes.resize(start + most, 0);
        let (mut read, mut done) = (0, Ok(()));
        while done.is_ok() && read < most {
            let room = &mut bytes[start + read..];
            match read_at(self, room, offset + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => done = Err(error),
            }
        }
        bytes.truncate(start + read);
        done
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(self, len)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn try_lock(&self) -> io::Result<bool> {
        match File::try_lock(self) {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

#[cfg(not(any(unix, windows)))]
fn read_at(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}
