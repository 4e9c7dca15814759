use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::format::entry;
use super::format::record;
use crate::envelope::outgoing::Outgoing;
use crate::envelope::sequence;
use crate::spool::files::directory::Directory;
use crate::spool::files::disk::DiskFile;
use crate::spool::files::segment::Segment;
use crate::spool::format::entry::Ack;
use crate::spool::format::record::Decoded;

/// A report that is in memory and was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InMemory {
    Waiting,
    Ended,
}

/// A segment that is being read.
pub(super) struct SegmentReader {
    pub(super) segment: Arc<Segment>,
    pub(super) is_own: bool,
    pub(super) at: u64,
    /// What was read of the file; `passed` bytes of it lie before `at`.
    ahead: Vec<u8>,
    passed: usize,
    /// Reports that were settled before the segment was adopted.
    pub(super) settled: HashSet<u64>,
    acks: Option<Box<dyn DiskFile>>,
    /// Whether the file of acks says more than what is settled.
    pub(super) has_names: bool,
    /// Where reports lie that were read and have not ended, and how long their records are.
    pub(super) open: BTreeMap<u64, u64>,
    /// Where reports lie that are in memory and were not read, and how long their records are.
    pub(super) held: HashMap<u64, (u64, InMemory)>,
    pub(super) is_damaged: bool,
    /// The disk did not give all of it.
    pub(super) is_unreadable: bool,
}

impl SegmentReader {
    pub(super) fn new(segment: Arc<Segment>, is_own: bool) -> Self {
        Self {
            at: segment.start,
            segment,
            is_own,
            ahead: Vec::new(),
            passed: 0,
            settled: HashSet::new(),
            acks: None,
            has_names: false,
            open: BTreeMap::new(),
            held: HashMap::new(),
            is_damaged: false,
            is_unreadable: false,
        }
    }

    /// Whether a report of it waited for longer than that.
    pub(super) fn is_expired(&self, outgoing: &Outgoing, age: Duration) -> bool {
        let mut waited = sequence::now().saturating_sub(outgoing.sequence().at);
        if self.is_own {
            // A clock that is set does not make a report old.
            waited = waited.min(self.segment.since.elapsed());
        }
        waited > age
    }

    /// What another process reported with a clock that was ahead counts as older than this process.
    pub(super) fn bound(&self, outgoing: &mut Outgoing, begun: Duration) {
        if !self.is_own {
            outgoing.stamps.bound(sequence::now(), begun);
        }
    }

    /// The report that lies there has ended.
    pub(super) fn end(&mut self, offset: u64) {
        self.open.remove(&offset);
        if let Some((_, held)) = self.held.get_mut(&offset) {
            *held = InMemory::Ended;
        }
    }

    /// How many bytes of it are waited for.
    pub(super) fn waiting(&self) -> u64 {
        self.open.values().sum()
    }

    /// Whether all that will ever be in it is read, and what is waited for can be read again.
    pub(super) fn is_whole(&self) -> bool {
        let is_closed = !self.is_own || self.segment.is_sealed();
        is_closed && self.is_read() && !self.is_damaged && !self.is_unreadable
    }

    pub(super) fn is_read(&self) -> bool {
        self.at >= self.segment.written()
    }

    /// The next report that is not settled, and where it begins.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Outgoing)>> {
        const PIECE: usize = 256 << 10;
        loop {
            let written = self.segment.written();
            if self.at >= written {
                return Ok(None);
            }
            let offset = self.at;
            let ahead = &self.ahead[self.passed..];
            let end = self.at + ahead.len() as u64;
            match record::read(ahead, end >= written) {
                Decoded::Record { text, end } => {
                    let is_new = !self.settled.contains(&offset);
                    let read = is_new.then(|| entry::decode_report(&ahead[text]));
                    self.pass(end);
                    match read {
                        Some(Ok(outgoing)) => return Ok(Some((offset, outgoing))),
                        Some(Err(_)) => self.is_damaged = true,
                        None => {}
                    }
                }
                Decoded::Damaged { end } => {
                    self.is_damaged = true;
                    self.pass(end);
                }
                Decoded::Incomplete if end >= written => {
                    // The process ended while it wrote; if it is this one, it did not.
                    self.is_damaged |= self.is_own;
                    self.skip_to(written);
                }
                Decoded::Incomplete => {
                    let most = (written - end).min((ahead.len() + PIECE) as u64) as usize;
                    self.ahead.drain(..self.passed);
                    self.passed = 0;
                    let before = self.ahead.len();
                    self.segment.file.read_at(end, most, &mut self.ahead)?;
                    if self.ahead.len() == before {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
            }
        }
    }

    /// The report that begins there.
    pub(super) fn read_again(&self, offset: u64) -> io::Result<Outgoing> {
        const PIECE: usize = 16 << 10;
        let mut bytes = Vec::new();
        loop {
            let before = bytes.len();
            let file = &self.segment.file;
            file.read_at(offset + before as u64, PIECE + before, &mut bytes)?;
            match record::read(&bytes, false) {
                Decoded::Record { text, .. } => return entry::decode_report(&bytes[text]),
                Decoded::Incomplete if bytes.len() > before => {}
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    pub(super) fn pass(&mut self, bytes: usize) {
        self.passed += bytes;
        self.at += bytes as u64;
        if self.passed > self.ahead.len() {
            self.skip_to(self.at);
        }
    }

    pub(super) fn skip_to(&mut self, at: u64) {
        self.at = at;
        self.ahead.clear();
        self.passed = 0;
    }

    pub(super) fn acknowledge(&mut self, directory: &Directory, ack: &Ack) -> io::Result<()> {
        if self.acks.is_none() {
            self.acks = Some(directory.open_acks(&self.segment.name)?);
        }
        let record = entry::encode(ack)?;
        self.acks
            .as_ref()
            .map_or(Ok(()), |acks| acks.append(&[&record]))
    }
}
