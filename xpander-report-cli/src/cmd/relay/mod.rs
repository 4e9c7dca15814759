mod dead_letters;
#[cfg(feature = "nats")]
mod nats;
mod purge;
mod remote;
mod serve;
mod status;

use std::process::ExitCode;

use clap::Subcommand;

pub(crate) use self::remote::{CALLS, says_so};
pub(crate) use self::status::age;

use crate::failure::Done;

/// Relay the reports of many machines to the platform
///
/// Programs report to the relay as they would to the platform: XPANDER_BASE_URL is
/// the relay's address, and XPANDER_API_KEY a token from its tokens file. The relay
/// stores each report on disk or in NATS JetStream, answers, and delivers it to the
/// platform in the relay's own XPANDER_BASE_URL. It runs until Ctrl-C or SIGTERM.
/// Undelivered reports then stay where they are.
///
/// The subcommands talk to a running relay, from any machine.
///
/// Exit codes:
///   0   it ran and was stopped, or the request succeeded
///   1   it could not start, or refused the request
///   2   an argument or the configuration is wrong
///   75  the relay cannot be reached; try again later
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  xpander-report relay
  xpander-report relay --host 0.0.0.0 --tokens tokens.txt
  xpander-report relay --cert cert.pem --key key.pem
  xpander-report relay --nats nats://nats-0,nats-1,nats-2 --replicas 3
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
