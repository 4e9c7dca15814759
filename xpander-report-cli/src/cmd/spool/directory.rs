use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use xpander_report::{SpoolDirectory, UnreadableFile};

use crate::failure::{Failure, with_causes};
use crate::text::printable;

/// Which spool is meant.
#[derive(Debug, clap::Args)]
pub(super) struct Directory {
    /// The spool's directory [default: XPANDER_REPORT_SPOOL_DIR]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Directory {
    pub(super) fn path(&self) -> Result<PathBuf, Failure> {
        let variable = || std::env::var_os("XPANDER_REPORT_SPOOL_DIR").map(PathBuf::from);
        let given = self.dir.clone().or_else(variable);
        given
            .filter(|dir| !dir.as_os_str().is_empty())
            .ok_or_else(|| {
                Failure::usage(
                    "no spool directory is set: use --dir, or set the environment variable \
                     XPANDER_REPORT_SPOOL_DIR",
                )
            })
    }

    pub(super) fn open(&self) -> Result<SpoolDirectory, Failure> {
        let path = self.path()?;
        SpoolDirectory::open(&path).map_err(|error| {
            let advice = match error.kind() {
                io::ErrorKind::NotFound => "no program has spooled anything there",
                io::ErrorKind::PermissionDenied => {
                    "run this command as the user that runs the program"
                }
                _ => "is it the spool's directory?",
            };
            Failure::usage(format!(
                "the spool {} cannot be read: {error}; {advice}",
                path.display()
            ))
        })
    }
}

/// Names the files that cannot be read.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    pub(super) files: usize,
}

impl Unreadable {
    /// The value if it could be read. Otherwise it prints the error.
    pub(super) fn readable<T>(&mut self, read: Result<T, UnreadableFile>) -> Option<T> {
        read.map_err(|unreadable| self.print(&unreadable)).ok()
    }

    pub(super) fn print(&mut self, unreadable: &UnreadableFile) {
        self.files += 1;
        let says = printable(&with_causes(unreadable));
        let _ = writeln!(io::stderr(), "error: {says}");
    }

    /// The exit code of a command that otherwise succeeded.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self.files {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(Failure::UNREADABLE),
        }
    }
}
