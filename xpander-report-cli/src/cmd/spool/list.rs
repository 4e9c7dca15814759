use std::io::{self, Write};
use std::process::ExitCode;

use super::directory::{Directory, Unreadable};
use crate::failure::Done;
use crate::text::{count, printable, utc_time, write_json};
use serde::Serialize;
use xpander_report::SpoolSegment;

/// List the waiting reports by file
///
/// Each process writes to its own files and delivers them. The files of processes
/// that have ended are taken over by any program with the same spool and platform,
/// or by `spool drain`.
///
/// Exit codes:
///   0   all files are listed
///   2   an argument is wrong
///   66  a file cannot be read; the others are listed
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report spool list
  xpander-report spool list --dir /var/lib/my-app/reports --json"
)]
pub(super) struct List {
    #[command(flatten)]
    directory: Directory,

    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Listing {
    waiting: usize,
    dead: usize,
    damaged_files: usize,
    files: Vec<File>,
    /// Directories of other users that cannot be read.
    closed: Vec<String>,
}

#[derive(Serialize)]
struct File {
    file: String,
    platform: Option<String>,
    bytes: u64,
    waiting: usize,
    settled: usize,
    damaged_bytes: usize,
    is_in_use: bool,
    is_foreign: bool,
    made_at: String,
}

impl List {
    pub(super) fn run(self) -> Done<ExitCode> {
        let spool = self.directory.open()?;
        let mut unreadable = Unreadable::default();
        let segments = spool.segments();
        let segments = segments.filter_map(|segment| unreadable.readable(segment));
        let files: Vec<_> = segments.map(File::from).collect();
        let letters = spool.dead_letters();
        let dead = letters.filter_map(|letter| unreadable.readable(letter));
        let dead = dead.count();
        let damaged = spool.damaged();
        let damaged = damaged.filter_map(|damaged| unreadable.readable(damaged));
        let damaged_files = damaged.count();
        let listing = Listing {
            waiting: files.iter().map(|file| file.waiting).sum(),
            dead,
            damaged_files,
            files,
            closed: spool.closed().to_vec(),
        };
        let mut out = io::stdout().lock();
        if self.json {
            write_json(&mut out, &listing)?;
        } else {
            listing.write(&mut out)?;
        }
        Ok(unreadable.exit_code())
    }
}

impl Listing {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for file in &self.files {
            writeln!(out, "{}", file.file)?;
            let state = match (file.is_in_use, file.is_foreign) {
                (true, _) => "in use",
                (false, false) if file.waiting == 0 => "finished",
                (false, false) => "left behind",
                (false, true) => "left behind by another user",
            };
            let platform = file.platform.as_deref().map_or_else(
                || "none of it can be read".to_owned(),
                |platform| format!("for {}", printable(platform)),
            );
            writeln!(
                out,
                "  {}, {}, {} bytes, since {}, {platform}",
                count(file.waiting, "report waits", "reports wait"),
                state,
                file.bytes,
                file.made_at
            )?;
            if file.damaged_bytes > 0 {
                writeln!(out, "  {} bytes of it cannot be read", file.damaged_bytes)?;
            }
        }
        if !self.files.is_empty() {
            writeln!(out)?;
        }
        write!(
            out,
            "{}",
            count(self.waiting, "report waits", "reports wait")
        )?;
        if self.dead > 0 {
            let refused = count(self.dead, "was refused", "were refused");
            write!(out, ", {refused} (see `spool show --dead`)")?;
        }
        if self.damaged_files > 0 {
            let damaged = count(self.damaged_files, "damaged file is", "damaged files are");
            write!(out, ", {damaged} set aside (see `spool recover --show`)")?;
        }
        writeln!(out, ".")?;
        for user in &self.closed {
            let user = printable(user);
            writeln!(out, "{user} belongs to another user and cannot be read.")?;
        }
        out.flush()
    }
}

impl From<SpoolSegment> for File {
    fn from(segment: SpoolSegment) -> Self {
        Self {
            made_at: utc_time(segment.created_at),
            file: segment.file,
            platform: segment.platform,
            bytes: segment.bytes,
            waiting: segment.waiting,
            settled: segment.settled,
            damaged_bytes: segment.damaged_bytes,
            is_in_use: segment.is_in_use,
            is_foreign: segment.is_foreign,
        }
    }
}
