//! Clocks of other processes that were ahead.

use std::collections::HashSet;
use std::time::Duration;

use crate::envelope::sequence::{self, Sequence};

/// So many are remembered.
const MAX_PROCESSES: usize = 10_000;

/// The processes of which a report came from the future. Whatever else they reported counts as older than this process,
/// also when that future has come: what is reported now must not be outdated by it.
pub(super) struct ClocksAhead {
    begun: Duration,
    processes: HashSet<u64>,
}

impl ClocksAhead {
    /// `begun` is before any report of this process.
    pub(super) fn new(begun: Duration) -> Self {
        Self {
            begun,
            processes: HashSet::new(),
        }
    }

    /// When another process reported this, which is seen for the first time.
    pub(super) fn date(&mut self, sequence: &Sequence) -> Duration {
        if sequence.at > sequence::now() && self.processes.len() < MAX_PROCESSES {
            self.processes.insert(sequence.process());
        }
        self.date_again(sequence)
    }

    /// When another process reported this, which was seen before.
    pub(super) fn date_again(&self, sequence: &Sequence) -> Duration {
        let is_ahead =
            sequence.at > sequence::now() || self.processes.contains(&sequence.process());
        match is_ahead {
            true => sequence.at.min(self.begun),
            false => sequence.at,
        }
    }
}
