use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use xpander_report::DeadLetter;

use super::directory::Directory;
use super::drain;
use crate::connection::Connection;
use crate::duration;
use crate::failure::{Done, Failure};
use crate::text::{count, printable};

/// Send refused reports again
///
/// Use it after the cause was fixed, such as a missing agent or a key without
/// permission. Reports that another platform refused stay.
///
/// A report that is sent again counts as new. It overwrites a newer result of the
/// same task that was delivered in the meantime. Name the tasks if that matters.
///
/// Exit codes: those of `spool drain`.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report spool retry-dead
  xpander-report spool retry-dead job-17 job-18"
)]
pub(super) struct RetryDead {
    /// The ids of tasks [default: all]
    #[arg(value_name = "TASK")]
    ids: Vec<String>,

    #[command(flatten)]
    directory: Directory,

    /// How long to try
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::seconds)]
    timeout: Duration,

    #[command(flatten)]
    connection: Connection,
}

impl RetryDead {
    pub(super) fn run(self) -> Done<ExitCode> {
        let path = self.directory.path()?;
        let spool = self.directory.open()?;
        let progress = drain::progress(&spool);
        let reporter = drain::reporter(&self.connection, &path)?;
        let platform = self.connection.config()?.build().map_err(Failure::usage)?;
        let is_meant = |letter: &DeadLetter| {
            self.ids.is_empty()
                || letter
                    .report
                    .id
                    .as_ref()
                    .is_some_and(|id| self.ids.contains(id))
        };
        let mut elsewhere = Vec::new();
        let retried = reporter.retry_dead_letters(|letter| {
            let is_here = letter.platform == platform.base_url();
            if is_meant(letter) && !is_here {
                elsewhere.push(letter.platform.clone());
            }
            is_meant(letter) && is_here
        });
        progress.expect(u64::try_from(retried).unwrap_or(u64::MAX));
        let mut out = io::stdout().lock();
        let again = count(retried, "report is", "reports are");
        writeln!(out, "{again} sent again.")?;
        if let Some(other) = elsewhere.first() {
            let stay = count(elsewhere.len(), "report stays", "reports stay");
            writeln!(
                out,
                "{stay} that another platform refused: {}.",
                printable(other)
            )?;
        }
        drop(out);
        let outcome = drain::drain(&reporter, progress, self.timeout)?;
        drain::print_outcome(&reporter, outcome, &spool)
    }
}
