mod dead_letters;
mod purge;
mod remote;
mod serve;
mod status;

use std::process::ExitCode;

use clap::Subcommand;

pub(crate) use self::remote::CALLS;
pub(crate) use self::status::age;

use crate::failure::Done;

/// Take reports of many machines, and deliver them
///
/// Programs report to the relay as to the platform: XPANDER_BASE_URL is its
/// address, XPANDER_API_KEY a token from its file. It answers a report when it is
/// on disk, and delivers it to the platform of its own environment. It runs until
/// Ctrl-C or SIGTERM; what waits then stays on disk.
///
/// The other commands ask a relay that runs, from any machine.
///
/// Exit codes:
///   0   it ran and was stopped, or did what was asked
///   1   it could not start, or refuses what was asked
///   2   an argument or the configuration is wrong
///   75  the relay cannot be reached; try again later
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  xpander-report relay
  xpander-report relay --host 0.0.0.0 --tokens tokens.txt --cert cert.pem --key key.pem
  xpander-report relay status"
)]
pub(crate) struct Relay {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    Status(status::Status),
    DeadLetters(dead_letters::DeadLetters),
    Purge(purge::Purge),
}

impl Relay {
    pub(crate) fn run(self) -> Done<ExitCode> {
        match self.command {
            None => self.serve.run(),
            Some(Command::Status(status)) => status.run(),
            Some(Command::DeadLetters(dead_letters)) => dead_letters.run(),
            Some(Command::Purge(purge)) => purge.run(),
        }
    }
}
