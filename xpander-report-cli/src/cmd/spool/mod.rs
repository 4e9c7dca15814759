mod directory;
mod drain;
mod list;
mod purge;
mod recover;
mod retry_dead;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Done;

/// Manage the reports that wait on disk
///
/// A program with a spool keeps each report in a directory until it is delivered.
/// These commands work on that directory, even while programs use it. Each user has
/// a subdirectory. The commands show the reports of all users that you may read.
/// They deliver, recover and delete only your own.
///
/// If a file cannot be read, an error names it, the others are processed, and the
/// exit code is 66.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report spool list
  xpander-report spool drain --timeout 5m"
)]
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
