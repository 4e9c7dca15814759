//! The operating system's disk. A spool may lie where others may write: only what is this user's own is used.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, IoSlice, Write};
use std::path::{Path, PathBuf};

use super::disk::{Disk, DiskFile, FileId};
use crate::support::folder::{Folder, Open, user};
use crate::support::process::UnsharedFile;

/// Below the directory that the user names, each user has one with a name of its own.
const USER: &str = "user-";

/// The files in and below a directory, which the user names and which may be anybody's. What is below it is looked at.
#[derive(Debug, Clone)]
pub(crate) struct OsDisk {
    root: PathBuf,
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// To this user's own.
    Own,
    /// To whatever can be read.
    Read,
}

/// The name of the directory in which this user's reports are.
pub(crate) fn own_folder() -> String {
    format!("{USER}{}", user())
}

/// The names of the directories in which reports of users are.
pub(crate) fn user_folders(root: &Path) -> io::Result<Vec<String>> {
    let mut names = names(root)?;
    names.retain(|name| name.starts_with(USER));
    names.sort_unstable();
    Ok(names)
}

impl OsDisk {
    /// What is this user's own in this directory.
    pub(crate) fn own(root: PathBuf) -> Self {
        let access = Access::Own;
        Self { root, access }
    }

    /// What this user can read in this directory; nothing is changed there.
    pub(crate) fn reading(root: PathBuf) -> Self {
        let access = Access::Read;
        Self { root, access }
    }

    fn folder(&self, dir: &Path) -> io::Result<Folder> {
        let below = self.below(dir)?;
        let mut folder = Folder::open(&self.root)?;
        let mut path = self.root.clone();
        for name in below {
            path.push(name);
            folder = folder
                .folder(name)
                .map_err(|error| explained(error, &path))?;
            self.check_folder(&folder, &path)?;
        }
        Ok(folder)
    }

    /// The directory of a file, and the name that it has there.
    fn place<'a>(&self, path: &'a Path) -> io::Result<(Folder, &'a OsStr)> {
        let (dir, name) = path.parent().zip(path.file_name()).ok_or_else(outside)?;
        Ok((self.folder(dir)?, name))
    }

    fn file(&self, path: &Path, open: Open) -> io::Result<UnsharedFile> {
        let (folder, name) = self.place(path)?;
        let file = folder
            .file(name, open)
            .map_err(|error| explained(error, path))?;
        self.check_file(&file, path)?;
        Ok(UnsharedFile::new(file))
    }

    /// The names on the way from the root to this directory.
    fn below<'a>(&self, dir: &'a Path) -> io::Result<impl Iterator<Item = &'a OsStr> + use<'a>> {
        let below = dir.strip_prefix(&self.root).map_err(|_| outside())?;
        Ok(below.iter())
    }

    #[cfg(unix)]
    fn check_folder(&self, folder: &Folder, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt;
        const GROUP_WRITES: u32 = 0o020;
        const OTHERS_WRITE: u32 = 0o002;
        if self.access == Access::Read {
            return Ok(());
        }
        let found = folder.metadata()?;
        check_owner(&found, path)?;
        if found.mode() & OTHERS_WRITE != 0 {
            return Err(not_ours(format!(
                "every user can write to {}, so it is not used; run `chmod 700` on it, or choose \
                 another directory",
                path.display()
            )));
        }
        // A volume that is given to a group makes all that is there the group's.
        if found.mode() & GROUP_WRITES != 0 {
            folder.set_mode(0o700)?;
        }
        Ok(())
    }

    #[cfg(unix)]
    fn check_file(&self, file: &File, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(not_ours(format!(
                "{} is not a regular file",
                path.display()
            )));
        }
        if self.access == Access::Read {
            return Ok(());
        }
        check_owner(&found, path)?;
        match found.nlink() {
            1 => Ok(()),
            // Somebody has removed it since it was opened.
            0 => Err(io::ErrorKind::NotFound.into()),
            links => Err(not_ours(format!(
                "{} has {links} names (hard links), so it is not used",
                path.display()
            ))),
        }
    }

    #[cfg(not(unix))]
    fn check_folder(&self, _: &Folder, _: &Path) -> io::Result<()> {
        Ok(())
    }

    #[cfg(not(unix))]
    fn check_file(&self, file: &File, path: &Path) -> io::Result<()> {
        match file.metadata()?.is_file() {
            true => Ok(()),
            false => Err(not_ours(format!(
                "{} is not a regular file",
                path.display()
            ))),
        }
    }
}

#[cfg(unix)]
fn check_owner(found: &fs::Metadata, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let (owner, user) = (found.uid(), user());
    if owner == user {
        return Ok(());
    }
    Err(not_ours(format!(
        "{} belongs to the user {owner} and this program runs as the user {user}, so it is not \
         used; remove it, or choose another directory",
        path.display()
    )))
}

fn not_ours(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

fn outside() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not in the spool")
}

/// The error, with its path if it says that there is a link, or something else than was expected.
fn explained(error: io::Error, path: &Path) -> io::Error {
    #[cfg(unix)]
    if [libc::ELOOP, libc::ENOTDIR]
        .map(Some)
        .contains(&error.raw_os_error())
    {
        return not_ours(format!(
            "{} is a link or not a directory, so it is not used; remove it, or choose another \
             directory",
            path.display()
        ));
    }
    let _ = path;
    error
}

fn names(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

/// Makes a directory that only its owner can use, and those above it; one that is there stays. They survive a loss of
/// power where the one above can be read.
fn make_root(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        make_root(above)?;
    }
    let mut builder = DirBuilder::new();
    // Another process may be faster.
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    sync_if_readable(above.unwrap_or(Path::new(".")));
    Ok(())
}

fn sync_if_readable(dir: &Path) {
    #[cfg(unix)]
    let _ = File::open(dir).and_then(|dir| dir.sync_all());
    #[cfg(not(unix))]
    let _ = dir;
}

impl Disk for OsDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        match self.folder(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened.map(drop),
        }
        make_root(&self.root)?;
        let mut path = self.root.clone();
        let below: Vec<OsString> = self.below(dir)?.map(OsStr::to_owned).collect();
        for name in below {
            let above = self.folder(&path)?;
            match above.make_folder(&name) {
                Ok(()) => sync_if_readable(&path),
                // Another process may be faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            path.push(name);
        }
        self.folder(dir).map(drop)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.folder(dir)?;
        // By path: a name is a hint only, what has it is opened by the directory's descriptor.
        names(dir)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(self.file(path, Open::Create)?))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let open = match self.access {
            Access::Own => Open::Append,
            Access::Read => Open::Read,
        };
        Ok(Box::new(self.file(path, open)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (old, from) = self.place(from)?;
        let (new, to) = self.place(to)?;
        old.rename(from, (&new, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let (folder, name) = self.place(path)?;
        folder.remove(name)
    }

    fn id(&self, path: &Path) -> io::Result<FileId> {
        id(&*self.file(path, Open::Read)?)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.folder(dir)?.sync()
    }
}

#[cfg(unix)]
fn id(file: &File) -> io::Result<FileId> {
    use std::os::unix::fs::MetadataExt;
    let found = file.metadata()?;
    Ok(FileId(found.dev(), found.ino()))
}

/// These systems do not remove what is open.
#[cfg(not(unix))]
fn id(_: &File) -> io::Result<FileId> {
    Ok(FileId(0, 0))
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

    fn id(&self) -> io::Result<FileId> {
        id(self)
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

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{DirBuilderExt, chown};

    use tempfile::TempDir;

    use super::*;

    /// A directory of another user, in one that anybody may have.
    fn foreign() -> (TempDir, PathBuf) {
        let root = TempDir::new().expect("a directory");
        // Only root can give a directory away; the directories of the system are its own.
        let path = match user() {
            0 => {
                let path = root.path().join("user-0");
                DirBuilder::new()
                    .mode(0o755)
                    .create(&path)
                    .expect("a directory");
                fs::write(path.join("planted"), "text").expect("a file");
                chown(&path, Some(65_534), Some(65_534)).expect("root may");
                path
            }
            _ => PathBuf::from("/usr"),
        };
        (root, path)
    }

    #[test]
    fn what_is_in_another_users_directory_is_read_by_who_only_reads() {
        let (_root, path) = foreign();
        let above = path.parent().expect("a directory").to_owned();
        let own = OsDisk::own(above.clone());
        for refused in [
            own.list(&path).map(drop),
            own.create(&path.join("new")).map(drop),
            own.open(&path.join("planted")).map(drop),
            own.create_dir(&path),
            own.remove(&path.join("planted")),
        ] {
            let error = refused.expect_err("it is not ours");
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
            let says = error.to_string();
            assert!(says.contains("belongs to the user"), "{says}");
        }
        let reading = OsDisk::reading(above);
        assert!(!reading.list(&path).expect("its files").is_empty());
    }

    #[test]
    fn nothing_outside_the_spool_is_touched() {
        let root = TempDir::new().expect("a directory");
        let disk = OsDisk::own(root.path().join("spool"));
        for path in [root.path().join("file"), PathBuf::from("/etc/passwd")] {
            let opened = disk.open(&path).map(drop);
            assert_eq!(
                opened.expect_err("outside").kind(),
                io::ErrorKind::InvalidInput
            );
        }
    }
}
