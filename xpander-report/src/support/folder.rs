//! An open directory. Its entries are opened relative to its descriptor and never through a link, so that nobody can
//! swap the directory.

#[cfg(not(unix))]
pub(crate) use plain::{Folder, user};
#[cfg(unix)]
pub(crate) use unix::{Folder, user};

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    /// Creates it, for its owner only. It must not exist.
    Create,
    /// For reading and appending.
    Append,
    Read,
}

#[cfg(unix)]
#[allow(
    unsafe_code,
    reason = "the standard library opens nothing by the descriptor of a directory"
)]
mod unix {
    use std::ffi::{CString, OsStr};
    use std::fs::{File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::fd::{AsRawFd, FromRawFd};
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    use libc::c_int;

    use super::Open;

    #[derive(Debug)]
    pub(crate) struct Folder(File);

    /// The effective user id of this process.
    pub(crate) fn user() -> u32 {
        // SAFETY: it takes nothing and cannot fail.
        unsafe { libc::geteuid() }
    }

    impl Folder {
        /// The directory at this path, which may be a link.
        pub(crate) fn open(path: &Path) -> io::Result<Self> {
            // A directory that cannot be listed can still be passed through.
            #[cfg(any(target_os = "linux", target_os = "android"))]
            let flags = libc::O_DIRECTORY | libc::O_PATH;
            #[cfg(not(any(target_os = "linux", target_os = "android")))]
            let flags = libc::O_DIRECTORY;
            let mut options = OpenOptions::new();
            Ok(Self(options.read(true).custom_flags(flags).open(path)?))
        }

        /// Opens a directory in this one.
        pub(crate) fn folder(&self, name: &OsStr) -> io::Result<Self> {
            let flags = libc::O_RDONLY | libc::O_DIRECTORY;
            self.open_at(name, flags).map(Self)
        }

        /// Makes a directory that only its owner can use.
        pub(crate) fn make_folder(&self, name: &OsStr) -> io::Result<()> {
            let name = c_string(name)?;
            // SAFETY: the descriptor is open, and the name ends with a zero and outlives the call.
            done(unsafe { libc::mkdirat(self.0.as_raw_fd(), name.as_ptr(), 0o700) })
        }

        /// Opens a file in it, without blocking. It may be something else than a regular file.
        pub(crate) fn file(&self, name: &OsStr, open: Open) -> io::Result<File> {
            let flags = match open {
                Open::Create => libc::O_RDWR | libc::O_APPEND | libc::O_CREAT | libc::O_EXCL,
                Open::Append => libc::O_RDWR | libc::O_APPEND,
                Open::Read => libc::O_RDONLY,
            };
            self.open_at(name, flags | libc::O_NONBLOCK)
        }

        pub(crate) fn rename(&self, from: &OsStr, to: (&Self, &OsStr)) -> io::Result<()> {
            let (from, name) = (c_string(from)?, c_string(to.1)?);
            let (old, new) = (self.0.as_raw_fd(), to.0.0.as_raw_fd());
            // SAFETY: both descriptors are open, and the names end with a zero and outlive the call.
            done(unsafe { libc::renameat(old, from.as_ptr(), new, name.as_ptr()) })
        }

        pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
            let name = c_string(name)?;
            // SAFETY: the descriptor is open, and the name ends with a zero and outlives the call.
            done(unsafe { libc::unlinkat(self.0.as_raw_fd(), name.as_ptr(), 0) })
        }

        pub(crate) fn sync(&self) -> io::Result<()> {
            self.0.sync_all()
        }

        pub(crate) fn metadata(&self) -> io::Result<Metadata> {
            self.0.metadata()
        }

        pub(crate) fn set_mode(&self, mode: u32) -> io::Result<()> {
            self.0.set_permissions(Permissions::from_mode(mode))
        }

        fn open_at(&self, name: &OsStr, flags: c_int) -> io::Result<File> {
            let name = c_string(name)?;
            let flags = flags | libc::O_NOFOLLOW | libc::O_CLOEXEC;
            loop {
                // SAFETY: the descriptor is open, and the name ends with a zero and outlives the call.
                let number = unsafe {
                    libc::openat(self.0.as_raw_fd(), name.as_ptr(), flags, 0o600 as c_int)
                };
                match done(number) {
                    // SAFETY: it was opened just now, and nobody else has it.
                    Ok(()) => return Ok(unsafe { File::from_raw_fd(number) }),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    fn c_string(name: &OsStr) -> io::Result<CString> {
        Ok(CString::new(name.as_bytes())?)
    }

    fn done(returned: c_int) -> io::Result<()> {
        match returned {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

/// Opens by path: these systems have no descriptors of directories.
#[cfg(not(unix))]
mod plain {
    use std::ffi::OsStr;
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::path::{Path, PathBuf};

    use super::Open;

    #[derive(Debug)]
    pub(crate) struct Folder(PathBuf);

    pub(crate) const fn user() -> u32 {
        0
    }

    impl Folder {
        pub(crate) fn open(path: &Path) -> io::Result<Self> {
            fs::read_dir(path).map(|_| Self(path.to_owned()))
        }

        pub(crate) fn folder(&self, name: &OsStr) -> io::Result<Self> {
            Self::open(&self.0.join(name))
        }

        pub(crate) fn make_folder(&self, name: &OsStr) -> io::Result<()> {
            fs::create_dir(self.0.join(name))
        }

        pub(crate) fn file(&self, name: &OsStr, open: Open) -> io::Result<File> {
            let mut options = OpenOptions::new();
            options.read(true).append(open != Open::Read);
            options.create_new(open == Open::Create);
            options.open(self.0.join(name))
        }

        pub(crate) fn rename(&self, from: &OsStr, to: (&Self, &OsStr)) -> io::Result<()> {
            fs::rename(self.0.join(from), to.0.0.join(to.1))
        }

        pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
            fs::remove_file(self.0.join(name))
        }

        pub(crate) fn sync(&self) -> io::Result<()> {
            Ok(())
        }
    }
}
