mod directory;
mod drain;
mod list;
mod purge;
mod retry_dead;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Done;

/// Look after reports that wait on disk
///
/// A program that reports with a spool keeps each report in a directory until it
/// is delivered. These commands work on that directory, also while programs use
/// it.
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
    Purge(purge::Purge),
}

impl Spool {
    pub(crate) fn run(self) -> Done<ExitCode> {
        match self.command {
            Command::List(list) => list.run(),
            Command::Show(show) => show.run(),
            Command::Drain(drain) => drain.run(),
            Command::RetryDead(retry_dead) => retry_dead.run(),
            Command::Purge(purge) => purge.run(),
        }
    }
}
