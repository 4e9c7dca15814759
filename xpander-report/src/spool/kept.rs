//! What waits for somebody to look at it: reports that the platform refused, and damaged pieces of segments.

use std::io;
use std::time::{Duration, Instant};

use super::files::directory::{Directory, MadeRoom};

/// The maximum number of files that are kept. Beyond it, the oldest are deleted.
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

impl Kept {
    /// Makes room for a file of so many bytes; all together may have `most`.
    pub(super) fn make_room(
        &mut self,
        directory: &Directory,
        bytes: u64,
        most: u64,
    ) -> io::Result<MadeRoom> {
        if bytes > most {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                format!("it has {bytes} bytes, but the limit for everything kept there is {most}"),
            ));
        }
        let is_over = self.files >= MAX_FILES || self.bytes.saturating_add(bytes) > most;
        let is_recent = self.counted.is_some_and(|at| at.elapsed() < COUNT);
        let mut room = MadeRoom::default();
        if is_over || !is_recent {
            // This frees more than is needed, so that not every new file causes a scan of all files.
            let (files, bytes_left) = match is_over {
                true => (MAX_FILES - MAX_FILES / 16, (most - bytes) / 16 * 15),
                false => (MAX_FILES - 1, most - bytes),
            };
            room = directory.make_room(files, bytes_left)?;
            (self.files, self.bytes) = (room.files, room.bytes);
            self.counted = Some(Instant::now());
        }
        self.files += 1;
        self.bytes += bytes;
        Ok(room)
    }
}
