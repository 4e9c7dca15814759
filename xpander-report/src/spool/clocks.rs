//! Clocks of other processes that were ahead.

use std::collections::HashSet;
use std::time::Duration;

use crate::envelope::sequence::{self, Sequence};

/// The maximum number of processes that are remembered.
const MAX_PROCESSES: usize = 10_000;

/// The processes that sent a report from the future. All their reports count as older than this process, even after
/// that time has passed, so that they do not outdate new reports.
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

    /// The time of another process's report that is read for the first time. Remembers the process if the time is in
    /// the future.
    pub(super) fn date(&mut self, sequence: &Sequence) -> Duration {
        if sequence.at > sequence::now() && self.processes.len() < MAX_PROCESSES {
            self.processes.insert(sequence.process());
        }
        self.date_again(sequence)
    }

    /// The time of another process's report that was read before.
    pub(super) fn date_again(&self, sequence: &Sequence) -> Duration {
        let is_ahead =
            sequence.at > sequence::now() || self.processes.contains(&sequence.process());
        match is_ahead {
            true => sequence.at.min(self.begun),
            false => sequence.at,
        }
    }
}
