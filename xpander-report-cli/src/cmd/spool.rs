mod drain;
mod list;
mod purge;
mod recover;
mod retry_dead;
mod show;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Subcommand;
use jiff::Timestamp;
use xpander_report::{SpoolDirectory, UnreadableFile};

use super::Done;
use crate::failure::{Failure, with_causes};
use crate::text::printable;

/// Look after reports that wait on disk
///
/// A program that reports with a spool keeps each report in a directory until it
/// is delivered. These commands work on that directory, also while programs use
/// it. In it each user has a directory of its own: all that can be read is shown,
/// and what is this user's own is delivered, recovered and deleted.
///
/// A file that cannot be read is named, the others are worked on all the same, and
/// the exit code is 66.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Spool {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Drain(drain::Drain),
    RetryDead(retry_dead::RetryDead),
    Recover(recover::Recover),
    Purge(purge::Purge),
}

impl Spool {
    pub(crate) fn run(self) -> Done<ExitCode> {
        match self.command {
            Command::List(list) => list.run(),
            Command::Show(show) => show.run(),
            Command::Drain(drain) => drain.run(),
            Command::RetryDead(retry_dead) => retry_dead.run(),
            Command::Recover(recover) => recover.run(),
            Command::Purge(purge) => purge.run(),
        }
    }
}

/// Which spool is meant.
#[derive(Debug, clap::Args)]
struct Directory {
    /// The spool's directory [default: XPANDER_REPORT_SPOOL_DIR]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Directory {
    fn path(&self) -> Result<PathBuf, Failure> {
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

    fn open(&self) -> Result<SpoolDirectory, Failure> {
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

/// Names what cannot be read.
#[derive(Debug, Default)]
struct Unreadable {
    files: usize,
}

impl Unreadable {
    /// What could be read; otherwise that is told.
    fn readable<T>(&mut self, read: Result<T, UnreadableFile>) -> Option<T> {
        read.map_err(|unreadable| self.tell(&unreadable)).ok()
    }

    fn tell(&mut self, unreadable: &UnreadableFile) {
        self.files += 1;
        let says = printable(&with_causes(unreadable));
        let _ = writeln!(io::stderr(), "error: {says}");
    }

    /// The exit code of a command that ends well otherwise.
    fn exit_code(&self) -> ExitCode {
        match self.files {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(Failure::UNREADABLE),
        }
    }
}

/// A moment, to the second, in UTC.
pub(super) fn moment(at: SystemTime) -> String {
    Timestamp::try_from(at).map_or_else(
        |_| "unknown".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// `1 report`, `2 reports`.
pub(super) fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
