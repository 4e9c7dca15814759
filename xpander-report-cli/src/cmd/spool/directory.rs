use std::io;
use std::path::PathBuf;

use xpander_report::SpoolDirectory;

use crate::failure::Failure;

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
                    "no spool is named: use --dir, or set the environment variable \
                     XPANDER_REPORT_SPOOL_DIR",
                )
            })
    }

    pub(super) fn open(&self) -> Result<SpoolDirectory, Failure> {
        let path = self.path()?;
        SpoolDirectory::open(&path).map_err(|error| {
            let advice = match error.kind() {
                io::ErrorKind::NotFound => "no program has spooled anything there",
                io::ErrorKind::PermissionDenied => "run this as the user who runs the program",
                _ => "is it the spool's directory?",
            };
            Failure::usage(format!(
                "the spool {} cannot be read: {error}; {advice}",
                path.display()
            ))
        })
    }
}
