//! What waits for somebody to look at it: reports that the platform refused, and damaged pieces of segments.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::writer::Spool;
use crate::report::dead_letter::DeadLetter;
use crate::support::sync::lock;

/// So many files are kept; the oldest make room.
const MAX_FILES: usize = 10_000;

/// How often to count what other processes keep.
const COUNT: Duration = Duration::from_secs(10);

/// How many files there are, about, and how many bytes.
#[derive(Debug, Default)]
pub(super) struct Kept {
    files: usize,
    bytes: u64,
    counted: Option<Instant>,
}

impl Spool {
    /// Keeps a report that the platform refused. Returns how many older ones were deleted to make room.
    pub(crate) fn keep_dead(&self, letter: &DeadLetter, is_synced: bool) -> io::Result<u64> {
        let letter = serde_json::to_vec(letter)?;
        let dropped = self.make_room(letter.len() as u64)?;
        self.directory().write_dead(&letter, is_synced)?;
        Ok(dropped)
    }

    /// Puts the damaged pieces of a segment where people find them.
    pub(super) fn set_aside(&self, name: &str, pieces: &[u8]) -> io::Result<PathBuf> {
        // What is larger than all that may be kept is not lost for that.
        let bytes = self.limits.kept_bytes().min(pieces.len() as u64);
        self.make_room(bytes)?;
        self.directory().set_aside(name, pieces)
    }

    /// Makes room for a file of so many bytes.
    fn make_room(&self, bytes: u64) -> io::Result<u64> {
        let most = self.limits.kept_bytes();
        if bytes > most {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                format!("it has {bytes} bytes, and all that is kept there may have {most}"),
            ));
        }
        let mut kept = lock(&self.kept);
        let is_over = kept.files >= MAX_FILES || kept.bytes.saturating_add(bytes) > most;
        let is_recent = kept.counted.is_some_and(|at| at.elapsed() < COUNT);
        let mut dropped = 0;
        if is_over || !is_recent {
            // More than is needed, so that not each file has all of them looked through.
            let (files, room) = match is_over {
                true => (MAX_FILES - MAX_FILES / 16, (most - bytes) / 16 * 15),
                false => (MAX_FILES - 1, most - bytes),
            };
            let made = self.directory().make_room(files, room)?;
            (kept.files, kept.bytes) = (made.files, made.bytes);
            kept.counted = Some(Instant::now());
            dropped = made.dead_letters;
            if made.damaged_files > 0 {
                self.warn(format_args!(
                    "{} files of damaged reports were deleted to make room for newer ones",
                    made.damaged_files
                ));
            }
        }
        kept.files += 1;
        kept.bytes += bytes;
        Ok(dropped)
    }
}
