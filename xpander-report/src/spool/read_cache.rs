use std::sync::Weak;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_queue::SegQueue;

use crate::envelope::outgoing::Outgoing;
use crate::spool::files::segment::Segment;

/// So many bytes of what was just written are kept: more than comes while the worker does something else.
const MAX_BYTES: usize = 4 << 20;

/// Recently written reports. The reader takes them from here, because reading the file would delay its writer. Some
/// reports may be missing.
#[derive(Default)]
pub(crate) struct ReadCache {
    reports: SegQueue<(Written, Outgoing)>,
    bytes: AtomicUsize,
}

/// Where a report was written.
pub(crate) struct Written {
    /// A weak reference, so that releasing the spool releases its files.
    pub(crate) segment: Weak<Segment>,
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// How many had been appended with it.
    pub(crate) number: u64,
}

impl Written {
    fn bytes(&self) -> usize {
        size_of::<(Self, Outgoing)>() + (self.end - self.start) as usize
    }
}

impl ReadCache {
    pub(crate) fn push(&self, written: Written, outgoing: Outgoing) {
        if self.bytes.load(Ordering::Relaxed) < MAX_BYTES {
            self.bytes.fetch_add(written.bytes(), Ordering::Relaxed);
            self.reports.push((written, outgoing));
        }
    }

    /// About the oldest: several threads may have put theirs in at once.
    pub(crate) fn pop(&self) -> Option<(Written, Outgoing)> {
        let (written, outgoing) = self.reports.pop()?;
        self.bytes.fetch_sub(written.bytes(), Ordering::Relaxed);
        Some((written, outgoing))
    }
}
