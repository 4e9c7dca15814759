use std::collections::BTreeMap;
use std::time::Instant;

use crate::sink::{Overdue, Watched};

/// The runs that are reported when their time is up.
#[derive(Default)]
pub(super) struct Deadlines {
    last: u64,
    runs: BTreeMap<Watched, Box<dyn Overdue>>,
}

impl Deadlines {
    pub(super) fn add(&mut self, at: Instant, run: Box<dyn Overdue>) -> Watched {
        self.last += 1;
        let watched = (at, self.last);
        self.runs.insert(watched, run);
        watched
    }

    pub(super) fn remove(&mut self, watched: Watched) {
        self.runs.remove(&watched);
    }

    /// Removes and returns the runs whose deadline has passed.
    pub(super) fn take_until(&mut self, now: Instant) -> Vec<Box<dyn Overdue>> {
        let mut due = Vec::new();
        while let Some(first) = self.runs.first_entry()
            && first.key().0 <= now
        {
            due.push(first.remove());
        }
        due
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.runs.first_key_value().map(|((at, _), _)| *at)
    }
}
