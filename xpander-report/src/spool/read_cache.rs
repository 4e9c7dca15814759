use std::sync::Weak;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_queue::SegQueue;

use crate::envelope::outgoing::Outgoing;
use crate::spool::files::segment::Segment;

/// So many bytes of what was just written are kept: more than comes while the worker does something else.
const MAX_BYTES: usize = 4 << 20;

/// What was just written, as it was before: who reads it next need not read the file, which would hold up who
/// writes it. May have gaps.
#[derive(Default)]
pub(crate) struct ReadCache {
    reports: SegQueue<(Written, Outgoing)>,
    bytes: AtomicUsize,
}

/// Where a report was written.
pub(crate) struct Written {
    /// Not held: who lets go of the spool lets go of its files.
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
