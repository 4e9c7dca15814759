//! The side of the spool that gives reports back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::read_cache::Written;
use super::segment_reader::{InMemory, SegmentReader};
use super::writer::Spool;
use crate::envelope::outgoing::{Delivered, Outgoing};
use crate::report::task_id::TaskId;
use crate::spool::adoption::{Adoption, MAX_ADOPTED};
use crate::spool::files::directory::{ACKS, SEGMENT, found, made_at};
use crate::spool::format::entry::{Ack, DeliveredTask};
use crate::spool::place::{Place, Replayed, SegmentId};
use crate::support::sync::Ordering;

/// The reading side of the spool. It returns reports in the order in which they were written, and records which have
/// ended. A process has one at a time.
pub(crate) struct Replay {
    pub(super) spool: Arc<Spool>,
    pub(super) readers: BTreeMap<SegmentId, SegmentReader>,
    next_id: SegmentId,
    adoption: Adoption,
    /// A warning has said why files cannot be compacted.
    pub(super) warned_compaction: bool,
    /// Own reports that were read.
    read: u64,
    /// How many of them could not be read or belong to another process now.
    skipped: u64,
    /// The numbers of the reports that have not ended.
    open: BTreeSet<u64>,
    /// The new places of reports that were moved after they were read.
    pub(super) relocated: HashMap<(SegmentId, u64), (SegmentId, u64)>,
    /// An own report that is still in memory, and not read yet.
    recent: Option<(Written, Outgoing)>,
    /// Why other processes may not find the waiting reports.
    pub(super) misplaced: Option<String>,
    /// A warning has said so.
    pub(super) warned_restore: bool,
}

impl Replay {
    pub(crate) fn new(spool: Arc<Spool>, now: Instant) -> Self {
        let left = spool.left.load(Ordering::Acquire);
        Self {
            adoption: Adoption::new(Arc::clone(&spool), now),
            spool,
            readers: BTreeMap::new(),
            next_id: 0,
            warned_compaction: false,
            read: left,
            skipped: 0,
            // This process does not learn when those reports end.
            open: (left > 0).then_some(1).into_iter().collect(),
            relocated: HashMap::new(),
            recent: None,
            misplaced: None,
            warned_restore: false,
        }
    }

    /// When to look for what other processes left behind.
    pub(crate) fn scan_at(&self) -> Instant {
        self.adoption.scan_at()
    }

    /// If it is time, adopts segments of ended processes, and checks that the waiting reports are still on disk.
    pub(crate) fn scan(&mut self, now: Instant) {
        if now >= self.adoption.scan_at() {
            self.restore();
        }
        let Some(adopted) = self.adoption.scan(now, &self.readers) else {
            return;
        };
        for reader in adopted {
            self.add(reader);
        }
        let limit = self.spool.limits.waiting_bytes();
        if self.spool.used.load(Ordering::Relaxed) > limit / 2
            || self.readers.len() > MAX_ADOPTED / 2
        {
            self.compact();
        }
    }

    /// Moves the next scan for segments of ended processes to now.
    pub(crate) fn scan_soon(&mut self, now: Instant) {
        self.adoption.scan_soon(now);
    }

    /// What the platform has of this task, as far as files of acks say.
    pub(crate) fn known(&self, id: &TaskId) -> Option<&Delivered> {
        self.adoption.delivered(id)
    }

    pub(super) fn add(&mut self, reader: SegmentReader) -> SegmentId {
        let id = self.next_id;
        self.next_id += 1;
        self.readers.insert(id, reader);
        id
    }

    /// The next report, own ones first.
    pub(crate) fn next(&mut self) -> Option<Replayed> {
        self.take_unknown();
        let own = self.readers.iter().filter(|(_, reader)| reader.is_own);
        let adopted = self.readers.iter().filter(|(_, reader)| !reader.is_own);
        let ids: Vec<_> = own.chain(adopted).map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(replayed) = self.next_of(id) {
                return Some(replayed);
            }
            self.finish(id, false);
        }
        None
    }

    /// What of an own segment could not be read is counted as read.
    fn catch_up(&mut self, id: SegmentId) {
        let reader = self.readers.get_mut(&id);
        let Some(reader) = reader.filter(|reader| reader.is_own) else {
            return;
        };
        if reader.is_damaged() && !reader.segment.is_sealed() {
            self.spool.seal(&reader.segment);
        }
        let last = reader.segment.last_number();
        if reader.segment.is_sealed() && reader.is_read() && self.read < last {
            self.skipped += (last - self.read).saturating_sub(reader.held.len() as u64);
            self.read = last;
            reader.held.clear();
            // This process does not learn when the report ends.
            self.open.insert(last);
        }
    }

    fn next_of(&mut self, id: SegmentId) -> Option<Replayed> {
        let spool = Arc::clone(&self.spool);
        let age = spool.limits.age;
        loop {
            self.pass_held_of(id);
            let recent = self.take_recent(id);
            let reader = self.readers.get_mut(&id)?;
            let read = match recent {
                Some((written, outgoing)) => {
                    reader.pass((written.end - written.start) as usize);
                    Ok(Some((written.start, outgoing)))
                }
                None => reader.next(&spool.platform),
            };
            let (offset, mut outgoing) = match read {
                Ok(next) => next?,
                Err(error) => {
                    // It is tried again when somebody adopts it.
                    self.spool.seal(&reader.segment);
                    reader.stop_reading();
                    let name = reader.segment.name.clone();
                    self.adoption
                        .back_off(&name, format_args!("cannot be read: {error}"));
                    return None;
                }
            };
            let is_expired = reader.is_expired(&outgoing, age);
            if !reader.is_own {
                let clocks = &mut self.adoption.clocks;
                outgoing.stamps.redate(|sequence| clocks.date(sequence));
            }
            // After damaged bytes, the next report may be one that is held in memory.
            let held = reader.held.remove(&offset).map(|(_, held)| held);
            let number = self.count_read(id, offset, held);
            if held.is_none() {
                return Some(Replayed {
                    place: Place {
                        segment: id,
                        offset,
                        number,
                    },
                    is_expired,
                    outgoing,
                });
            }
        }
    }

    /// The report that begins there was read, or passed because it is held. Returns its number if it is an own one.
    fn count_read(&mut self, id: SegmentId, offset: u64, held: Option<InMemory>) -> Option<u64> {
        let reader = self.readers.get_mut(&id)?;
        let is_waiting = held != Some(InMemory::Ended);
        if is_waiting {
            reader.open.insert(offset, reader.at - offset);
        }
        reader.is_own.then(|| {
            self.read += 1;
            if is_waiting {
                self.open.insert(self.read);
            }
            self.read
        })
    }

    /// Skips the next reports on disk if they are held in memory.
    pub(crate) fn pass_held(&mut self) {
        let own = self.readers.iter().filter(|(_, reader)| reader.is_own);
        let ids: Vec<_> = own.map(|(id, _)| *id).collect();
        for id in ids {
            self.pass_held_of(id);
            self.finish(id, false);
        }
    }

    fn pass_held_of(&mut self, id: SegmentId) {
        while let Some(reader) = self.readers.get_mut(&id)
            && let offset = reader.at
            && let Some((length, held)) = reader.held.remove(&offset)
        {
            reader.pass(length as usize);
            self.count_read(id, offset, Some(held));
        }
    }

    /// The next report of this reader, if it is still in memory.
    fn take_recent(&mut self, id: SegmentId) -> Option<(Written, Outgoing)> {
        let reader = self.readers.get(&id).filter(|reader| reader.is_own)?;
        loop {
            let recent = self.recent.take().or_else(|| self.spool.read_cache.pop())?;
            let (written, _) = &recent;
            let is_here = written.segment.as_ptr() == Arc::as_ptr(&reader.segment);
            if is_here && written.start == reader.at {
                return Some(recent);
            }
            let is_passed = written.number <= self.read || is_here && written.start < reader.at;
            if !is_passed {
                self.recent = Some(recent);
                return None;
            }
        }
    }

    /// In which segment a report lies, and where there.
    #[cfg(test)]
    pub(super) fn whereabouts(&self, place: Place) -> Option<(&str, std::ops::Range<usize>)> {
        let (id, at) = self
            .relocated
            .get(&place.key())
            .copied()
            .unwrap_or(place.key());
        let reader = self.readers.get(&id)?;
        let bytes = at as usize..(at + reader.open.get(&at)?) as usize;
        Some((&reader.segment.name, bytes))
    }

    /// A report that was read before and is not settled.
    pub(crate) fn read_again(&self, place: Place) -> Option<Replayed> {
        let (id, at) = self
            .relocated
            .get(&place.key())
            .copied()
            .unwrap_or(place.key());
        let reader = self.readers.get(&id)?;
        match reader.read_again(at) {
            Ok(mut outgoing) => {
                let is_expired = reader.is_expired(&outgoing, self.spool.limits.age);
                if !reader.is_own {
                    let clocks = &self.adoption.clocks;
                    outgoing
                        .stamps
                        .redate(|sequence| clocks.date_again(sequence));
                }
                Some(Replayed {
                    place,
                    outgoing,
                    is_expired,
                })
            }
            Err(error) => {
                let name = &reader.segment.name;
                self.spool.warn(format_args!(
                    "a report in {name}.{SEGMENT} cannot be read: {error}"
                ));
                None
            }
        }
    }

    /// Reports that lie on disk have ended. If they were delivered and their task has a name, `task` says what the
    /// platform has of it.
    pub(crate) fn acknowledge(&mut self, places: &[Place], task: Option<&DeliveredTask>) {
        for place in places {
            if let Some(number) = place.number {
                self.open.remove(&number);
            }
            let (id, at) = self.relocated.remove(&place.key()).unwrap_or(place.key());
            let Some(reader) = self.readers.get_mut(&id) else {
                continue;
            };
            reader.end(at);
            reader.has_names |= task.is_some();
            // Without it the report arrives once more, if the process does not live to remove the segment.
            let written = reader.acknowledge(
                self.spool.directory(),
                &Ack {
                    offset: at,
                    task: task.cloned(),
                },
            );
            let used = &self.spool.used;
            used.fetch_add(written.unwrap_or(0), Ordering::Relaxed);
            self.finish(id, false);
        }
        let unsettled = self.open.first().copied();
        self.spool
            .settled(unsettled.map_or(self.read, |first| first - 1));
    }

    /// Marks a report that this process has written as held in memory, so that it is not read from disk. Returns its
    /// place, or `None` if another process has its file.
    pub(crate) fn hold(&mut self, written: &Written) -> Option<Place> {
        self.take_unknown();
        let is_its =
            |reader: &SegmentReader| Arc::as_ptr(&reader.segment) == written.segment.as_ptr();
        let (id, reader) = self.readers.iter_mut().find(|(_, reader)| is_its(reader))?;
        let length = written.end - written.start;
        reader
            .held
            .insert(written.start, (length, InMemory::Waiting));
        Some(Place {
            segment: *id,
            offset: written.start,
            number: Some(written.number),
        })
    }

    pub(super) fn take_unknown(&mut self) {
        for segment in self.spool.take_unknown() {
            self.add(SegmentReader::own(segment));
        }
    }

    /// Removes a segment that is read and settled whole.
    pub(super) fn finish(&mut self, id: SegmentId, is_over: bool) {
        self.catch_up(id);
        let Some(reader) = self.readers.get(&id) else {
            return;
        };
        let is_done = reader.is_read() && reader.open.is_empty();
        if !is_done || reader.is_unreadable() && reader.is_own {
            return;
        }
        if !reader.is_unreadable() && !self.spool.retire(&reader.segment, reader.at, is_over) {
            return;
        }
        let Some(reader) = self.readers.remove(&id) else {
            return;
        };
        if reader.is_unreadable() || !self.remove(&reader) {
            return;
        }
        self.spool.removed(reader.segment.written());
        let (directory, name) = (self.spool.directory(), &reader.segment.name);
        let ack_bytes = directory.len(name, ACKS).unwrap_or(0);
        if reader.has_names {
            self.adoption.remember(ack_bytes);
        } else if directory.remove(name, ACKS).is_ok() {
            self.spool.removed(ack_bytes);
        }
    }

    /// Removes the segment's files. Returns whether the segment is gone. If it is not, its ack file stays, or all its
    /// reports would be delivered again.
    fn remove(&mut self, reader: &SegmentReader) -> bool {
        let name = &reader.segment.name;
        if reader.is_damaged() {
            let aside = reader.damaged_pieces();
            let aside = aside.and_then(|pieces| self.spool.set_aside(name, &pieces));
            match aside {
                Ok(aside) => self.spool.warn(format_args!(
                    "a file was damaged; its readable reports were taken, and the rest was set \
                     aside: {}; see `xpander-report spool recover`",
                    aside.display()
                )),
                Err(error) => {
                    let problem = format_args!("is damaged and cannot be set aside: {error}");
                    self.adoption.back_off(name, problem);
                    return false;
                }
            }
        }
        let removed = found(self.spool.directory().remove(name, SEGMENT));
        if let Err(error) = &removed {
            self.adoption
                .back_off(name, format_args!("cannot be removed: {error}"));
        }
        removed.is_ok()
    }

    /// How many own reports were read so far.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// How many of the first `appended` own reports wait to be read.
    pub(crate) fn unread(&self, appended: u64) -> u64 {
        appended.saturating_sub(self.read + self.held())
    }

    /// Whether more is to be read of what other processes left.
    pub(crate) fn has_unread_of_others(&self) -> bool {
        let mut readers = self.readers.values();
        readers.any(|reader| !reader.is_own && !reader.is_read())
            || self.adoption.goes_on(&self.readers)
    }

    /// How many own reports that were not read are in memory, or have ended.
    pub(crate) fn held(&self) -> u64 {
        let readers = self.readers.values();
        readers.map(|reader| reader.held.len() as u64).sum()
    }

    /// How many of those could not be read, or are another's now.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Whether nothing is here that could be delivered.
    pub(crate) fn is_empty(&self) -> bool {
        let is_done = |reader: &SegmentReader| reader.is_read() && reader.open.is_empty();
        !self.adoption.has_more()
            && self.spool.appended() == self.read
            && self.readers.values().all(is_done)
    }

    /// Whether, besides, nothing is left of others that something is wrong with.
    pub(crate) fn is_drained(&self) -> bool {
        self.is_empty() && self.adoption.has_no_errors()
    }

    /// Releases all segments. Those whose reports have all ended are removed. Other processes may take the rest.
    pub(crate) fn close(&mut self) {
        self.restore();
        let ids: Vec<_> = self.readers.keys().copied().collect();
        for id in ids {
            self.finish(id, true);
        }
        self.recent = None;
        while self.spool.read_cache.pop().is_some() {}
        let appended = self.spool.close();
        self.skipped += self.unread(appended);
        self.read = appended;
        self.readers.clear();
        let directory = self.spool.directory();
        // What cannot be removed now is removed by the next one that looks.
        if let Ok(left) = directory.names(SEGMENT) {
            let made_at = left.iter().map(|name| made_at(name).unwrap_or_default());
            let _ = self
                .adoption
                .remove_old_acks(made_at.min().unwrap_or(Duration::MAX));
        }
    }
}
