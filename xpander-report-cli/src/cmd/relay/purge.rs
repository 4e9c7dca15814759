use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::NonEmptyStringValueParser;
use xpander_report::relay::Ask;
use xpander_report_relay::Purged;

use super::remote::Target;
use crate::failure::{Done, Failure};
use crate::text::count;

/// Delete a relay's reports of one task
///
/// Use it for personal data that must not be kept. It deletes waiting reports and
/// dead letters, but nothing on the platform. A spool file that the relay has not
/// read yet keeps the bytes until it is read. A token for all agents is needed.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report relay purge --task job-17"
)]
pub(super) struct Purge {
    /// The id of the task
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    task: String,

    #[command(flatten)]
    target: Target,
}

impl Purge {
    pub(super) fn run(self) -> Done<ExitCode> {
        let purged: Purged = self.target.ask(Ask::Delete, &["tasks", &self.task])?;
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "{} that waited, {} deleted.",
            count(purged.waiting, "report", "reports"),
            count(purged.dead_letters, "dead letter", "dead letters")
        )?;
        out.flush()?;
        if purged.is_in_flight {
            let problem = "a report of the task is being sent to the platform; try again later";
            return Err(Failure::new(Failure::TRY_AGAIN, problem).into());
        }
        Ok(ExitCode::SUCCESS)
    }
}
