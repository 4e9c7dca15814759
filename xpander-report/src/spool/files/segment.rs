use std::io;
use std::time::{Duration, Instant};

use super::disk::DiskFile;
use crate::support::sync::{AtomicBool, AtomicU64, Ordering};

/// What a segment begins with, for people who open it. Nothing depends on it.
pub(crate) const PREAMBLE: &[u8] =
    b"Reports that wait for delivery; see `xpander-report spool list`\n";

/// A file of reports. One process at a time holds its lock.
pub(crate) struct Segment {
    /// The file's name without its ending.
    pub(crate) name: String,
    pub(crate) file: Box<dyn DiskFile>,
    pub(crate) since: Instant,
    /// No report in it came before.
    pub(crate) made_at: Duration,
    /// Up to where it holds whole records.
    written: AtomicU64,
    /// How many reports the process had appended with the last one here.
    last_number: AtomicU64,
    /// No more are written.
    is_sealed: AtomicBool,
}

impl Segment {
    pub(crate) fn new(
        name: String,
        file: Box<dyn DiskFile>,
        made_at: Duration,
        written: u64,
    ) -> Self {
        Self {
            name,
            file,
            since: Instant::now(),
            made_at,
            written: AtomicU64::new(written),
            last_number: AtomicU64::new(0),
            is_sealed: AtomicBool::new(false),
        }
    }

    /// The same reports in another file, which is empty.
    pub(crate) fn copy_into(&self, mut copy: Self, content: &[u8]) -> io::Result<Self> {
        copy.seal();
        let reports = content.get(PREAMBLE.len()..);
        let reports = reports.ok_or(io::ErrorKind::UnexpectedEof)?;
        copy.file.append(&[reports])?;
        copy.file.sync()?;
        copy.since = self.since;
        copy.written = AtomicU64::new(content.len() as u64);
        copy.last_number = AtomicU64::new(self.last_number());
        Ok(copy)
    }

    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    pub(crate) fn last_number(&self) -> u64 {
        self.last_number.load(Ordering::Acquire)
    }

    /// Appends a record, in pieces, whole or not at all. One at a time; `number` counts them.
    pub(crate) fn append(&self, record: &[&[u8]], number: u64) -> io::Result<()> {
        let written = self.written();
        match self.file.append(record) {
            Ok(()) => {
                self.last_number.store(number, Ordering::Release);
                let bytes: usize = record.iter().map(|piece| piece.len()).sum();
                let written = written + bytes as u64;
                self.written.store(written, Ordering::Release);
                Ok(())
            }
            Err(error) => {
                // What was written of it must not stand before another record.
                if self.file.set_len(written).is_err() {
                    self.seal();
                }
                Err(error)
            }
        }
    }

    pub(crate) fn seal(&self) {
        self.is_sealed.store(true, Ordering::Release);
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.is_sealed.load(Ordering::Acquire)
    }
}
