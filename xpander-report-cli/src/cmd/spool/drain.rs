use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime;
use xpander_report::{FlushOutcome, Reporter, SpoolDirectory};

use super::directory::{Directory, Unreadable};
use crate::connection::{self, Connection};
use crate::duration;
use crate::failure::{Done, Failure};
use crate::progress::Progress;
use crate::text::{count, printable};

/// Deliver the reports that programs left behind
///
/// Takes over the files that are for this platform and that no process uses, and
/// waits until their reports are delivered.
///
/// Exit codes:
///   0   all reports are delivered, except those in files of running processes
///   1   the platform refused some reports; see `spool show --dead`
///   2   an argument or the configuration is wrong
///   65  some reports are damaged and were set aside; see `spool recover`
///   66  a file cannot be read
///   75  some reports still wait
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report spool drain
  xpander-report spool drain --dir /var/lib/my-app/reports --timeout 5m"
)]
pub(super) struct Drain {
    #[command(flatten)]
    directory: Directory,

    /// How long to try
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::seconds)]
    timeout: Duration,

    #[command(flatten)]
    connection: Connection,
}

impl Drain {
    pub(super) fn run(self) -> Done<ExitCode> {
        let path = self.directory.path()?;
        let spool = self.directory.open()?;
        let progress = progress(&spool);
        let reporter = reporter(&self.connection, &path)?;
        let outcome = drain(&reporter, progress, self.timeout)?;
        print_outcome(&reporter, outcome, &spool)
    }
}

/// A reporter that uses this spool.
pub(super) fn reporter(connection: &Connection, path: &Path) -> Result<Reporter, Failure> {
    let reporter = Reporter::builder()
        .config(connection.config()?)
        .spool(path)
        .build()
        .map_err(|error| Failure::usage(connection::explain(&error)))?;
    if !reporter.is_enabled() {
        return Err(Failure::usage(
            "nothing is delivered because XPANDER_REPORT_DISABLED is true; unset it",
        ));
    }
    Ok(reporter)
}

/// Delivers the reports in the spool, and shows the progress.
pub(super) fn drain(
    reporter: &Reporter,
    progress: Progress,
    timeout: Duration,
) -> io::Result<FlushOutcome> {
    let runtime = runtime::Builder::new_current_thread().build()?;
    let settled = || {
        let stats = reporter.stats();
        stats.delivered + stats.merged + stats.superseded + stats.dead_lettered
    };
    let outcome = progress.during(settled, || {
        runtime.block_on(async {
            let outcome = reporter.drain(timeout).await;
            let _ = reporter.shutdown(Duration::ZERO).await;
            outcome
        })
    });
    Ok(outcome)
}

/// The progress of delivering the reports of ended processes. Call it before a reporter is made, which takes them over.
/// Counting reads the entire spool, so it is done only for a terminal.
pub(super) fn progress(spool: &SpoolDirectory) -> Progress {
    if !io::stderr().is_terminal() {
        return Progress::hidden();
    }
    let left = spool.segments().flatten();
    let left = left.filter(|segment| !segment.is_in_use && !segment.is_foreign);
    let waiting: usize = left.map(|segment| segment.waiting).sum();
    Progress::reports("delivering", u64::try_from(waiting).unwrap_or(u64::MAX))
}

/// Prints how many reports were delivered and how many are left.
pub(super) fn print_outcome(
    reporter: &Reporter,
    outcome: FlushOutcome,
    spool: &SpoolDirectory,
) -> Done<ExitCode> {
    let number = |reports: u64| usize::try_from(reports).unwrap_or(usize::MAX);
    let stats = reporter.stats();
    let mut out = io::stdout().lock();
    let delivered = number(stats.delivered);
    writeln!(
        out,
        "{} delivered.",
        count(delivered, "report is", "reports are")
    )?;
    let dead = number(stats.dead_lettered);
    if dead > 0 {
        let refused = count(dead, "report was refused", "reports were refused");
        writeln!(out, "{refused}; see `xpander-report spool show --dead`.")?;
    }
    let mut unreadable = Unreadable::default();
    let segments = spool.segments();
    let segments = segments.filter_map(|segment| unreadable.readable(segment));
    let (in_use, others): (Vec<_>, Vec<_>) = segments
        .filter(|segment| segment.waiting > 0)
        .partition(|segment| segment.is_in_use);
    let in_use: usize = in_use.iter().map(|segment| segment.waiting).sum();
    if in_use > 0 {
        let wait = count(in_use, "report waits", "reports wait");
        writeln!(
            out,
            "{wait} in files of a running program, which delivers them."
        )?;
    }
    for segment in &others {
        let wait = count(segment.waiting, "report waits", "reports wait");
        let platform = segment.platform.as_deref().unwrap_or("an unknown platform");
        let whose = if segment.is_foreign {
            ", which belongs to another user"
        } else {
            ""
        };
        writeln!(
            out,
            "{wait} in {}{whose}, for {}.",
            segment.file,
            printable(platform)
        )?;
    }
    let damaged = spool.damaged();
    let damaged = damaged.filter_map(|damaged| unreadable.readable(damaged));
    let damaged = damaged.count();
    if damaged > 0 {
        let files = count(damaged, "file was", "files were");
        writeln!(
            out,
            "{files} damaged, and the unreadable parts were set aside; see `xpander-report spool \
             recover --show`."
        )?;
    }
    out.flush()?;
    let left = outcome.pending + outcome.spooled > 0 || outcome.timed_out;
    if left && unreadable.files == 0 {
        let reason = stats
            .last_error
            .unwrap_or_else(|| "the timeout expired".to_owned());
        return Err(Failure::new(Failure::TRY_AGAIN, reason).into());
    }
    Ok(ExitCode::from(match (unreadable.files, damaged, dead) {
        (0, 0, 0) => 0,
        (0, 0, _) => Failure::REFUSED,
        (0, _, _) => Failure::DAMAGED,
        _ => Failure::UNREADABLE,
    }))
}
