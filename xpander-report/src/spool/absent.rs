//! What stands for the spool in a build without it: nothing of it can be made.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::envelope::Envelope;
use crate::sequence::Sequence;
use crate::sink::Chosen;
use crate::task_id::TaskId;
use crate::{DeadLetter, TaskReport};

pub(crate) struct Spool(Infallible);

pub(crate) struct Written(Infallible);

#[expect(dead_code, reason = "nothing is written")]
pub(crate) struct Entry {
    pub(crate) agent_id: String,
    pub(crate) sequence: Sequence,
    pub(crate) is_named: bool,
    pub(crate) report: TaskReport,
}

pub(crate) struct Replay(Infallible);

pub(crate) struct Replayed {
    pub(crate) place: Place,
    pub(crate) sequence: Sequence,
    pub(crate) then: Then,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(Infallible);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(dead_code, reason = "nothing is replayed")]
pub(crate) enum Then {
    Deliver,
    Outdated,
    Expired,
}

#[derive(Debug, Clone)]
#[expect(dead_code, reason = "nothing is on disk that could be settled")]
pub(crate) struct Settled {
    pub(crate) id: TaskId,
    pub(crate) is_named: bool,
    pub(crate) sequence: Option<Sequence>,
}

impl Spool {
    pub(crate) fn directory(&self) -> &Self {
        self
    }

    pub(crate) fn path(&self) -> &Path {
        match self.0 {}
    }

    pub(crate) fn append(&self, _: &Entry) -> io::Result<Written> {
        match self.0 {}
    }

    pub(crate) fn remember(&self, written: Written, _: Entry) {
        match written.0 {}
    }

    pub(crate) fn appended(&self) -> u64 {
        match self.0 {}
    }

    pub(crate) fn is_synced(&self, _: u64) -> bool {
        match self.0 {}
    }

    pub(crate) fn is_dirty(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        match self.0 {}
    }

    pub(crate) fn keep_dead(&self, _: &DeadLetter, _: bool) -> io::Result<()> {
        match self.0 {}
    }

    pub(crate) fn visit_dead(&self, _: Chosen<'_>) -> io::Result<()> {
        match self.0 {}
    }
}

impl Replay {
    pub(crate) fn new(spool: Arc<Spool>, _: Instant) -> Self {
        match spool.0 {}
    }

    pub(crate) fn scan_at(&self) -> Instant {
        match self.0 {}
    }

    pub(crate) fn scan(&mut self, _: Instant) {
        match self.0 {}
    }

    pub(crate) fn scan_soon(&mut self, _: Instant) {
        match self.0 {}
    }

    pub(crate) fn next(&mut self) -> Option<Replayed> {
        match self.0 {}
    }

    pub(crate) fn read_again(&self, _: Place) -> Option<Replayed> {
        match self.0 {}
    }

    pub(crate) fn read(&self) -> u64 {
        match self.0 {}
    }

    pub(crate) fn skipped(&self) -> u64 {
        match self.0 {}
    }

    pub(crate) fn is_outdated(&self, _: &TaskId, _: Sequence) -> bool {
        match self.0 {}
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn is_drained(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn settle(&mut self, _: &[Place], _: &Settled) {
        match self.0 {}
    }

    pub(crate) fn note(&mut self, _: Settled) {
        match self.0 {}
    }

    pub(crate) fn close(&mut self) {
        match self.0 {}
    }
}

impl Place {
    pub(crate) fn is_own(&self) -> bool {
        match self.0 {}
    }
}

impl Replayed {
    pub(crate) fn into_envelope(self) -> (Place, TaskId, Box<Envelope>) {
        match self.place.0 {}
    }
}
