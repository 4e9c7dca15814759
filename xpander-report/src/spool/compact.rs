//! Compaction: a waiting report does not keep a file whose other reports have ended.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::Arc;

use super::format::entry;
#[cfg(feature = "_relay")]
use super::place::Place;
use super::place::SegmentId;
use super::reader::Replay;
use super::segment_reader::SegmentReader;
use super::writer::SEGMENT_BYTES;
use crate::envelope::outgoing::Outgoing;
use crate::spool::files::directory::SEGMENT;
use crate::spool::files::segment::Segment;
use crate::spool::format::entry::Ack;
use crate::support::sync::Ordering;

/// Compaction pays if at most one byte in this many waits.
const PART: u64 = 4;

/// A report that goes into another segment.
struct Survivor {
    /// The name of its place.
    key: (SegmentId, u64),
    reader: SegmentId,
    offset: u64,
    outgoing: Outgoing,
}

/// A segment of survivors, and where each lies: the offset, and the length of its record.
type Copied = (Segment, Vec<(u64, u64)>);

impl Replay {
    /// Copies the waiting reports of mostly settled segments into one new segment, and removes the old ones.
    pub(super) fn compact(&mut self) {
        self.seal_settled();
        let survivors = self.survivors(self.segments_to_compact());
        if !survivors.is_empty() {
            self.gather(survivors);
        }
    }

    /// The segments in which these reports lie.
    #[cfg(feature = "_relay")]
    pub(crate) fn segments_of(&self, places: &[Place]) -> BTreeSet<SegmentId> {
        let at = |place: &Place| self.relocated.get(&place.key()).copied();
        let segments = places
            .iter()
            .map(|place| at(place).unwrap_or(place.key()).0);
        segments.collect()
    }

    /// Copies the waiting reports of these segments into new ones, and removes the old ones, so that ended reports
    /// leave the disk. Segments that are not completely read stay.
    #[cfg(feature = "_relay")]
    pub(crate) fn rewrite(&mut self, segments: BTreeSet<SegmentId>) {
        for id in segments {
            let Some(reader) = self.readers.get(&id) else {
                continue;
            };
            if reader.is_own && reader.is_read() {
                self.spool.seal(&reader.segment);
            }
            let is_known = reader.is_read() && reader.is_whole();
            let chosen: Vec<_> = self.readers.get_key_value(&id).into_iter().collect();
            let survivors = self.survivors(chosen);
            if is_known && !survivors.is_empty() {
                self.gather(survivors);
            }
            self.finish(id, true);
        }
    }

    fn gather(&mut self, survivors: Vec<Survivor>) {
        match self.copy(&survivors) {
            Ok(copied) => {
                self.warned_compaction = false;
                self.replace(survivors, copied);
            }
            Err(error) => {
                if !std::mem::replace(&mut self.warned_compaction, true) {
                    self.spool
                        .warn(format_args!("files cannot be compacted: {error}"));
                }
            }
        }
    }

    /// Closes own segments in which few bytes wait, so that they can be compacted like others.
    fn seal_settled(&self) {
        const LARGE: u64 = SEGMENT_BYTES / 32;
        for reader in self.readers.values().filter(|reader| reader.is_own) {
            let (waits, holds) = (reader.waiting(), reader.segment.written());
            if waits > 0 && holds >= LARGE && waits * PART <= holds && reader.is_read() {
                self.spool.seal(&reader.segment);
            }
        }
    }

    /// The waiting reports of these segments.
    fn survivors(&self, segments: Vec<(&SegmentId, &SegmentReader)>) -> Vec<Survivor> {
        let keys: HashMap<_, _> = self.relocated.iter().map(|(key, to)| (*to, *key)).collect();
        let mut survivors = Vec::new();
        for (id, reader) in segments {
            let offsets = reader.open.keys();
            let read = offsets.map(|offset| {
                let place = (*id, *offset);
                let outgoing = reader.read_again(*offset)?;
                Ok::<_, io::Error>(Survivor {
                    key: keys.get(&place).copied().unwrap_or(place),
                    reader: *id,
                    offset: *offset,
                    outgoing,
                })
            });
            // If a report cannot be read, all reports of its segment stay.
            survivors.extend(read.collect::<io::Result<Vec<_>>>().unwrap_or_default());
        }
        survivors
    }

    /// The segments whose compaction saves much space or many files. Their waiting reports fit into one segment.
    fn segments_to_compact(&self) -> Vec<(&SegmentId, &SegmentReader)> {
        const SMALL: u64 = SEGMENT_BYTES / 16;
        const MANY: usize = 16;
        let (mut waiting, mut written) = (0, 0);
        let mut chosen = Vec::new();
        for (id, reader) in &self.readers {
            let (waits, holds) = (reader.waiting(), reader.segment.written());
            let is_little = waits * PART <= holds || waits <= SMALL;
            if waits == 0 || !is_little || !reader.is_whole() {
                continue;
            }
            if waiting + waits > SEGMENT_BYTES {
                break;
            }
            waiting += waits;
            written += holds;
            chosen.push((id, reader));
        }
        if waiting * PART > written && chosen.len() < MANY {
            chosen.clear();
        }
        chosen
    }

    fn copy(&self, survivors: &[Survivor]) -> io::Result<Copied> {
        let directory = self.spool.directory();
        let since = survivors.iter().map(|it| it.outgoing.sequence().at).min();
        let mut places = Vec::with_capacity(survivors.len());
        let segment = directory.create_filled(since.unwrap_or_default(), |segment| {
            for survivor in survivors {
                let (head, [input, response, result]) =
                    entry::encode_report(&survivor.outgoing, &self.spool.platform)?;
                let offset = segment.written();
                segment.append(&[&head, input, response, result], 0)?;
                places.push((offset, segment.written() - offset));
            }
            segment.seal();
            // The old segments may have been synced, so the copy must be synced, too.
            segment.file.sync()?;
            Ok(segment)
        })?;
        match directory.sync() {
            Ok(()) => Ok((segment, places)),
            Err(error) => {
                let _ = directory.remove(&segment.name, SEGMENT);
                Err(error)
            }
        }
    }

    fn replace(&mut self, survivors: Vec<Survivor>, (segment, places): Copied) {
        let spool = Arc::clone(&self.spool);
        spool.used.fetch_add(segment.written(), Ordering::Relaxed);
        let mut reader = SegmentReader::adopted(Arc::new(segment));
        reader.skip_to(reader.segment.written());
        let from = |survivor: &Survivor| self.readers.get(&survivor.reader)?.accepted_since;
        // If some of the reports are from other processes, only the wall clock tells their age.
        let since: Option<Vec<_>> = survivors.iter().map(from).collect();
        reader.accepted_since = since.and_then(|since| since.into_iter().min());
        reader.open.extend(places.iter().copied());
        let id = self.add(reader);
        let mut emptied = BTreeSet::new();
        for (survivor, (offset, _)) in survivors.into_iter().zip(places) {
            self.relocated.insert(survivor.key, (id, offset));
            emptied.insert(survivor.reader);
            if let Some(reader) = self.readers.get_mut(&survivor.reader) {
                reader.open.remove(&survivor.offset);
                // The old file may not be removable, so the report is marked as ended there.
                let ack = Ack {
                    offset: survivor.offset,
                    task: None,
                };
                let written = reader.acknowledge(spool.directory(), &ack);
                spool
                    .used
                    .fetch_add(written.unwrap_or(0), Ordering::Relaxed);
            }
        }
        for id in emptied {
            self.finish(id, false);
        }
    }
}
