use std::io::{self, Write};
use std::process::ExitCode;

use super::directory::{Directory, Unreadable};
use crate::failure::{Done, Failure};
use crate::text::{count, printable, utc_time};
use xpander_report::{DamagedFile, SpoolDirectory};

/// Recover damaged reports
///
/// When a file of the spool is damaged, its readable reports are delivered and the
/// damaged pieces are set aside. This command reads the reports in these pieces and
/// queues them again. `spool drain` or a program then delivers them. A report with
/// a single wrong bit is restored exactly. A report with any other checksum error
/// may differ from the original and is marked as doubtful. Pieces without a report
/// stay until `spool purge`.
///
/// Reports that are older than the spool's limit are dropped on delivery.
///
/// Exit codes:
///   0   all reports are recovered, or there were none
///   2   an argument is wrong
///   65  some pieces contain no readable report and stay
///   66  a file cannot be read or written
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report spool recover --show
  xpander-report spool recover"
)]
pub(super) struct Recover {
    /// Only show the damaged reports
    #[arg(long)]
    show: bool,

    #[command(flatten)]
    directory: Directory,
}

impl Recover {
    pub(super) fn run(self) -> Done<ExitCode> {
        let spool = self.directory.open()?;
        match self.show {
            true => show(&spool),
            false => recover(&spool),
        }
    }
}

fn show(spool: &SpoolDirectory) -> Done<ExitCode> {
    let mut unreadable = Unreadable::default();
    let mut out = io::stdout().lock();
    let (mut reports, mut left) = (0, 0);
    for file in spool.damaged() {
        let Some(file) = unreadable.readable(file) else {
            continue;
        };
        reports += file.reports.len();
        left += file.unreadable_bytes;
        write_file(&mut out, &file)?;
    }
    let reports = count(reports, "report", "reports");
    let left_bytes = count(left, "byte", "bytes");
    writeln!(
        out,
        "{reports} can be recovered, {left_bytes} cannot be read."
    )?;
    out.flush()?;
    Ok(exit_code(&unreadable, left))
}

fn write_file(out: &mut impl Write, file: &DamagedFile) -> io::Result<()> {
    writeln!(out, "{}", printable(&file.file))?;
    let doubtful = match file.doubtful {
        0 => String::new(),
        doubtful => format!(", {doubtful} of them doubtful"),
    };
    writeln!(
        out,
        "  {}{doubtful}, {} cannot be read, since {}",
        count(file.reports.len(), "report", "reports"),
        count(file.unreadable_bytes, "byte", "bytes"),
        utc_time(file.created_at)
    )?;
    for spooled in &file.reports {
        writeln!(
            out,
            "  {}  {}  {}",
            printable(spooled.report.id.as_deref().unwrap_or("-")),
            utc_time(spooled.accepted_at),
            printable(&spooled.platform)
        )?;
    }
    Ok(())
}

fn recover(spool: &SpoolDirectory) -> Done<ExitCode> {
    let recovered = spool.recover()?;
    let mut out = io::stdout().lock();
    let again = count(recovered.reports, "report waits", "reports wait");
    let next = match recovered.reports {
        0 => "",
        _ => "; `xpander-report spool drain` delivers them",
    };
    writeln!(out, "{again} again{next}.")?;
    if recovered.doubtful > 0 {
        let may = count(recovered.doubtful, "report", "reports");
        writeln!(out, "{may} of them may differ from the original.")?;
    }
    if recovered.unreadable_bytes > 0 {
        let stay = count(recovered.unreadable_bytes, "byte stays", "bytes stay");
        writeln!(
            out,
            "{stay} in place, because no report can be read from them."
        )?;
    }
    out.flush()?;
    let mut unreadable = Unreadable::default();
    for file in &recovered.unreadable {
        unreadable.print(file);
    }
    Ok(exit_code(&unreadable, recovered.unreadable_bytes))
}

fn exit_code(unreadable: &Unreadable, left: usize) -> ExitCode {
    match (unreadable.files, left) {
        (0, 1..) => ExitCode::from(Failure::DAMAGED),
        _ => unreadable.exit_code(),
    }
}
