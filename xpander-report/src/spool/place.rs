//! Where a report lies.

use crate::envelope::outgoing::Outgoing;

pub(crate) type SegmentId = u64;

/// Where a report lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) segment: SegmentId,
    pub(super) offset: u64,
    /// Of an own report: how many had been appended with it.
    pub(super) number: Option<u64>,
}

/// A report read from disk.
pub(crate) struct Replayed {
    pub(crate) place: Place,
    pub(crate) outgoing: Outgoing,
    /// It waited longer than any report may.
    pub(crate) is_expired: bool,
}

impl Place {
    /// Of an own report, the one with this number.
    #[cfg(test)]
    pub(crate) fn own(number: u64) -> Self {
        Self {
            segment: 0,
            offset: 0,
            number: Some(number),
        }
    }

    #[cfg(xpander_fuzzing)]
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn key(&self) -> (SegmentId, u64) {
        (self.segment, self.offset)
    }

    /// Whether this process wrote it.
    pub(crate) fn is_own(&self) -> bool {
        self.number.is_some()
    }
}
