use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::format::{entry, record};
use crate::envelope::outgoing::Outgoing;
use crate::envelope::sequence;
use crate::spool::files::directory::Directory;
use crate::spool::files::disk::DiskFile;
use crate::spool::files::segment::{PREAMBLE, Segment};
use crate::spool::format::entry::Ack;
use crate::spool::format::record::{Chunk, Decoded};

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
    /// When its oldest report was accepted, if this process accepted it. A change of the wall clock does not make it
    /// older.
    pub(super) accepted_since: Option<Instant>,
    pub(super) at: u64,
    /// What was read of the file; `passed` bytes of it lie before `at`.
    ahead: Vec<u8>,
    passed: usize,
    /// Reports that were settled before the segment was adopted.
    pub(super) settled: HashSet<u64>,
    acks: Option<Box<dyn DiskFile>>,
    /// Whether the ack file also names tasks.
    pub(super) has_names: bool,
    /// Where reports lie that were read and have not ended, and how long their records are.
    pub(super) open: BTreeMap<u64, u64>,
    /// Where reports lie that are in memory and were not read, and how long their records are.
    pub(super) held: HashMap<u64, (u64, InMemory)>,
    /// The pieces that no report could be read from.
    damaged: Vec<Range<u64>>,
    /// The disk could not be read from this offset on.
    unreadable_from: Option<u64>,
}

impl SegmentReader {
    /// A segment that this process writes.
    pub(super) fn own(segment: Arc<Segment>) -> Self {
        Self {
            is_own: true,
            at: PREAMBLE.len() as u64,
            accepted_since: Some(segment.since),
            ..Self::adopted(segment)
        }
    }

    /// A segment that nobody writes any more.
    pub(super) fn adopted(segment: Arc<Segment>) -> Self {
        Self {
            at: 0,
            segment,
            is_own: false,
            accepted_since: None,
            ahead: Vec::new(),
            passed: 0,
            settled: HashSet::new(),
            acks: None,
            has_names: false,
            open: BTreeMap::new(),
            held: HashMap::new(),
            damaged: Vec::new(),
            unreadable_from: None,
        }
    }

    /// Whether a report of it waited for longer than that.
    pub(super) fn is_expired(&self, outgoing: &Outgoing, age: Duration) -> bool {
        let mut waited = sequence::now().saturating_sub(outgoing.sequence().at);
        if let Some(since) = self.accepted_since {
            waited = waited.min(since.elapsed());
        }
        waited > age
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

    /// Whether the segment is closed and completely read, and its waiting reports can be read again.
    pub(super) fn is_whole(&self) -> bool {
        let is_closed = !self.is_own || self.segment.is_sealed();
        is_closed && self.is_read() && !self.is_damaged() && !self.is_unreadable()
    }

    pub(super) fn is_read(&self) -> bool {
        self.at >= self.segment.written()
    }

    pub(super) fn is_unreadable(&self) -> bool {
        self.unreadable_from.is_some()
    }

    /// Reads no more of it. The process that adopts it tries again.
    pub(super) fn stop_reading(&mut self) {
        self.unreadable_from = Some(self.at);
        self.skip_to(self.segment.written());
    }

    pub(super) fn is_damaged(&self) -> bool {
        !self.damaged.is_empty()
    }

    /// The address of the platform that its next report says it is for; none if there is no report.
    pub(super) fn platform(&mut self) -> io::Result<Option<String>> {
        while let Some((text, end)) = self.next_record()? {
            match entry::decode_report(&self.ahead[text]) {
                Ok((platform, _)) => return Ok(Some(platform.into_owned())),
                Err(_) => self.pass_damaged(end),
            }
        }
        Ok(None)
    }

    /// The next report that is not settled, and where it begins. One for another platform counts as damaged.
    pub(super) fn next(&mut self, platform: &str) -> io::Result<Option<(u64, Outgoing)>> {
        while let Some((text, end)) = self.next_record()? {
            let offset = self.at;
            if self.settled.contains(&offset) {
                self.pass(end);
                continue;
            }
            match entry::decode_report(&self.ahead[text]) {
                Ok((its, outgoing)) if its == platform => {
                    self.pass(end);
                    return Ok(Some((offset, outgoing)));
                }
                _ => self.pass_damaged(end),
            }
        }
        Ok(None)
    }

    /// Where the text of the next record lies in what was read ahead, and how long the record is. Passes what is before it
    /// and is no record.
    fn next_record(&mut self) -> io::Result<Option<(Range<usize>, usize)>> {
        const PIECE: usize = 256 << 10;
        loop {
            let written = self.segment.written();
            if self.at >= written {
                return Ok(None);
            }
            let ahead = &self.ahead[self.passed..];
            let end = self.at + ahead.len() as u64;
            match record::read(ahead, end >= written) {
                Decoded::Record { text, end } => {
                    let text = self.passed + text.start..self.passed + text.end;
                    return Ok(Some((text, end)));
                }
                Decoded::Damaged { end } => self.pass_damaged(end),
                Decoded::Incomplete if end >= written => {
                    // The writing process ended in the middle of a record. An own segment cannot end like this, so its
                    // end is damaged.
                    if self.is_own {
                        self.damaged.push(self.at..written);
                    }
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
                Decoded::Record { text, .. } => {
                    return entry::decode_report(&bytes[text]).map(|(_, outgoing)| outgoing);
                }
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

    /// Passes bytes that no report can be read from.
    fn pass_damaged(&mut self, bytes: usize) {
        let mut piece = self.at..self.at + bytes as u64;
        let begins_record = record::begins(&self.ahead[self.passed..]);
        let preamble = PREAMBLE.len() as u64;
        if self.segment.written() >= preamble {
            piece.start = piece.start.max(preamble);
        }
        match self.damaged.last_mut() {
            _ if piece.start >= piece.end => {}
            Some(last) if last.end == piece.start && !begins_record => last.end = piece.end,
            _ => self.damaged.push(piece),
        }
        self.pass(bytes);
    }

    pub(super) fn skip_to(&mut self, at: u64) {
        self.at = at;
        self.ahead.clear();
        self.passed = 0;
    }

    /// Its damaged pieces as they are, each the text of a record.
    pub(super) fn damaged_pieces(&self) -> io::Result<Vec<u8>> {
        let mut pieces = Vec::new();
        for range in &self.damaged {
            let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
            let mut piece = Vec::new();
            self.segment.file.read_at(range.start, length, &mut piece)?;
            pieces.extend(record::write(&[], |bytes| bytes.extend(piece)));
        }
        Ok(pieces)
    }

    /// Returns how many bytes that takes.
    pub(super) fn acknowledge(&mut self, directory: &Directory, ack: &Ack) -> io::Result<u64> {
        self.write_acks(directory, &entry::encode(ack)?)
    }

    fn write_acks(&mut self, directory: &Directory, records: &[u8]) -> io::Result<u64> {
        let acks = match self.acks.take() {
            Some(acks) => acks,
            None => directory.open_acks(&self.segment.name)?,
        };
        let written = acks.append(&[records]);
        self.acks = Some(acks);
        written?;
        Ok(records.len() as u64)
    }

    /// Whether its file of acks is where others look for it, if there is one.
    pub(super) fn has_acks_there(&self, directory: &Directory) -> io::Result<bool> {
        match &self.acks {
            Some(acks) => {
                directory.is_there(&self.segment.name, super::files::directory::ACKS, &**acks)
            }
            None => Ok(true),
        }
    }

    /// Writes a new ack file with the reports that have ended. Their tasks are not recorded again.
    pub(super) fn write_acks_again(&mut self, directory: &Directory) -> io::Result<()> {
        let bytes = self.content()?;
        let mut records = Vec::new();
        for chunk in record::chunks(&bytes) {
            if let Chunk::Record(offset, _) = chunk
                && self.has_ended(offset)
            {
                let task = None;
                records.extend(entry::encode(&Ack { offset, task })?);
            }
        }
        (self.acks, self.has_names) = (None, false);
        if records.is_empty() {
            return Ok(());
        }
        self.write_acks(directory, &records).map(drop)
    }

    fn has_ended(&self, offset: u64) -> bool {
        let is_damaged = || self.damaged.iter().any(|piece| piece.contains(&offset));
        match self.held.get(&offset) {
            Some((_, held)) => *held == InMemory::Ended,
            None if self.settled.contains(&offset) => true,
            None => {
                let is_read = offset < self.unreadable_from.unwrap_or(self.at);
                is_read && !self.open.contains_key(&offset) && !is_damaged()
            }
        }
    }

    /// All that was written to it.
    pub(super) fn content(&self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.segment.written()).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        self.segment.file.read_at(0, length, &mut bytes)?;
        if bytes.len() < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }
}
