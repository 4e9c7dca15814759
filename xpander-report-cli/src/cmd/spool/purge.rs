use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use super::directory::{Directory, Unreadable};
use crate::failure::{Done, Failure};
use crate::progress::Progress;
use crate::text::count;
use xpander_report::SpoolDirectory;

/// Delete waiting, refused and damaged reports
///
/// Files of running programs and of other users stay. Undelivered reports are lost,
/// so the command asks for confirmation.
///
/// Exit codes:
///   0   the reports are deleted, or there were none
///   1   the deletion was not confirmed
///   2   an argument is wrong, or there is no terminal to ask for confirmation
///   66  a file cannot be read or deleted; the others are deleted
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report spool purge
  xpander-report spool purge --dir /tmp/old-reports --yes"
)]
pub(super) struct Purge {
    #[command(flatten)]
    directory: Directory,

    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

impl Purge {
    pub(super) fn run(self) -> Done<ExitCode> {
        let spool = self.directory.open()?;
        if !self.yes && !is_confirmed(&spool)? {
            writeln!(io::stdout(), "Nothing is deleted.")?;
            return Ok(ExitCode::FAILURE);
        }
        let purged = Progress::time("deleting").during(|| 0, || spool.purge())?;
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "Deleted: {} that waited, {} that had been refused, {}.",
            count(purged.waiting, "report", "reports"),
            purged.dead,
            count(purged.damaged, "damaged file", "damaged files"),
        )?;
        if purged.in_use > 0 {
            let stay = count(purged.in_use, "file stays", "files stay");
            writeln!(out, "{stay} because a running program uses it.")?;
        }
        let mut unreadable = Unreadable::default();
        for file in &purged.unreadable {
            unreadable.print(file);
        }
        Ok(unreadable.exit_code())
    }
}

/// Prints what would be lost, and asks for confirmation.
fn is_confirmed(spool: &SpoolDirectory) -> Done<bool> {
    let segments = spool.segments().flatten();
    let left = segments.filter(|segment| !segment.is_in_use && !segment.is_foreign);
    let waiting = left.map(|segment| segment.waiting).sum();
    let dead = spool.dead_letters().flatten().count();
    let damaged = spool.damaged().flatten().count();
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(
            Failure::usage("there is no terminal to ask for confirmation; use --yes").into(),
        );
    }
    let mut out = io::stdout().lock();
    write!(
        out,
        "Delete {} that were not delivered, {dead} that were refused and {}? [y/N] ",
        count(waiting, "report", "reports"),
        count(damaged, "damaged file", "damaged files"),
    )?;
    out.flush()?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim().to_ascii_lowercase().as_str(),
        "y" | "yes"
    ))
}
