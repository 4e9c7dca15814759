use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;
use xpander_report::SpoolSegment;

use super::directory::Directory;
use crate::failure::Done;
use crate::text::{count, printable, utc_time, write_json};

/// What waits, by file
///
/// Each process writes to files of its own. One that is in use is delivered by
/// the process that has it; the others are taken over by any program that
/// reports with this spool to the same platform, or by `spool drain`.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
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
    made_at: String,
}

impl List {
    pub(super) fn run(self) -> Done<ExitCode> {
        let spool = self.directory.open()?;
        let files: Vec<_> = spool.segments()?.into_iter().map(File::from).collect();
        let listing = Listing {
            waiting: files.iter().map(|file| file.waiting).sum(),
            dead: spool.dead_letters()?.len(),
            damaged_files: spool.damaged()?.len(),
            files,
        };
        let mut out = io::stdout().lock();
        if self.json {
            write_json(&mut out, &listing)?;
        } else {
            listing.write(&mut out)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Listing {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for file in &self.files {
            writeln!(out, "{}", file.file)?;
            let state = if file.is_in_use {
                "in use"
            } else {
                "left behind"
            };
            let platform = file.platform.as_deref().map_or_else(
                || "its head is damaged".to_owned(),
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
            write!(out, ", {damaged} in the folder `damaged`")?;
        }
        writeln!(out, ".")?;
        out.flush()
    }
}

impl From<SpoolSegment> for File {
    fn from(segment: SpoolSegment) -> Self {
        Self {
            made_at: utc_time(segment.made_at),
            file: segment.file,
            platform: segment.platform,
            bytes: segment.bytes,
            waiting: segment.waiting,
            settled: segment.settled,
            damaged_bytes: segment.damaged_bytes,
            is_in_use: segment.is_in_use,
        }
    }
}
