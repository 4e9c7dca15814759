use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::NonEmptyStringValueParser;

use super::platform::Platform;
use crate::connection::Connection;
use crate::failure::{Done, Failure};
use crate::page;
use crate::text::printable;

/// Open the page of one task in the browser
///
/// Works with the local platform only, whose page addresses are known.
///
/// Exit codes:
///    0  the browser opens it
///    1  the platform refuses the request or has no such page, or there is no
///       browser
///    2  an argument or the configuration is wrong
///    3  there is no such task
///   75  no answer, or a temporary error: try again later
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report tasks open job-17
  xpander-report tasks open job-17 --print"
)]
pub(super) struct Open {
    /// The task's id
    #[arg(allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new())]
    id: String,

    /// Print the page's address, and do not open it
    #[arg(long)]
    print: bool,

    #[command(flatten)]
    connection: Connection,
}

impl Open {
    pub(super) fn run(self) -> Done<ExitCode> {
        let platform = Platform::new(&self.connection)?;
        let task = platform.task(&self.id)?;
        let address = task
            .is_local()
            .then(|| page::of_task(&platform.config, task.id(), task.text("organization_id")))
            .flatten();
        let Some(address) = address else {
            return Err(Failure::new(
                Failure::REFUSED,
                format!(
                    "the address of the task's page on this platform is unknown; look in the \
                     history of the agent {}",
                    task.text("agent_id").unwrap_or("that has it"),
                ),
            )
            .into());
        };
        writeln!(io::stdout(), "{}", printable(&address))?;
        if !self.print {
            open::that_detached(&address).map_err(|error| {
                Failure::new(
                    Failure::REFUSED,
                    format!("the browser could not be opened: {error}"),
                )
            })?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
