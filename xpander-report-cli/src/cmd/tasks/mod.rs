mod conditions;
mod follow;
mod known;
mod list;
mod newest;
mod open;
mod platform;
mod record;
mod row;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Done;

/// List, show and open the tasks on the platform
///
/// Works with the local platform and any other that XPANDER_BASE_URL or --base-url
/// names. The local platform also has costs, raw responses, pages, and filters by
/// tool, model and text.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report tasks list --failed --since 1h
  xpander-report tasks show job-17"
)]
pub(crate) struct Tasks {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Open(open::Open),
}

impl Tasks {
    pub(crate) fn run(self) -> Done<ExitCode> {
        match self.command {
            Command::List(list) => list.run(),
            Command::Show(show) => show.run(),
            Command::Open(open) => open.run(),
        }
    }
}
