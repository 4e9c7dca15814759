//! Protects the data's files from other users, because they contain prompts.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// The suffixes that SQLite and the lock add to the name of the data file.
const BESIDE: [&str; 4] = ["-wal", "-shm", "-journal", ".lock"];

/// Refuses a data file that is not this user's, and files beside it that somebody else may have put there.
pub(super) fn check(data: &Path) -> io::Result<()> {
    // If the file itself is not locked, two platforms could use it under two names.
    check_file(data, cfg!(target_os = "linux"))?;
    beside(data).try_for_each(|path| check_file(&path, false))
}

/// Closes the data file and the files beside it to other users. Returns whether they could read one.
pub(super) fn close_to_others(data: &Path) -> io::Result<bool> {
    let mut were_open = close_file(data)?;
    for path in beside(data) {
        were_open |= close_file(&path)?;
    }
    Ok(were_open)
}

fn beside(data: &Path) -> impl Iterator<Item = PathBuf> {
    BESIDE.into_iter().map(|suffix| {
        let mut path = data.as_os_str().to_owned();
        path.push(suffix);
        PathBuf::from(path)
    })
}

/// A file that does not exist is right.
fn check_file(path: &Path, may_have_names: bool) -> io::Result<()> {
    // Reads the metadata of a link itself.
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let problem = problem(&found, may_have_names).map(|problem| match path.file_name() {
        Some(name) => format!("{} {problem}", name.display()),
        None => problem,
    });
    problem.map_or(Ok(()), |problem| Err(io::Error::other(problem)))
}

fn problem(found: &Metadata, may_have_names: bool) -> Option<String> {
    if !found.is_file() {
        let kind = if found.is_dir() {
            "a folder"
        } else if found.is_symlink() {
            "a symbolic link"
        } else {
            "a pipe, a socket or a device"
        };
        return Some(format!("is {kind}; give the path of a file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (owner, own) = (found.uid(), rustix::process::geteuid().as_raw());
        if owner != own {
            return Some(format!(
                "belongs to another user (id {owner}, yours is {own}), who could read the reports"
            ));
        }
        if found.nlink() > 1 && !may_have_names {
            return Some(format!(
                "has {} names (hard links); delete the others",
                found.nlink()
            ));
        }
    }
    None
}

fn close_file(path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let found = match fs::symlink_metadata(path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let mode = found.permissions().mode();
        if mode & 0o077 == 0 {
            return Ok(false);
        }
        fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))?;
        Ok(true)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(false)
    }
}
