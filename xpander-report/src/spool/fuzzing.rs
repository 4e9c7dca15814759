//! What a fuzzer does to the files of a spool.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::format::{entry, record};
use super::place::Replayed;
use super::reader::Replay;
use super::writer::{Spool, SpoolLimits};
use crate::spool::files::directory::{ACKS, SEGMENT};
use crate::spool::files::faulty_disk::FaultyDisk;
use crate::spool::files::segment::PREAMBLE;
use crate::spool::format::entry::DeliveredTask;
use crate::spool::format::record::Chunk;

const DIR: &str = "/spool";
const PLATFORM: &str = "here";
const NAME: &str = "00000000-0000-7000-8000-000000000000";

/// The pieces of some bytes: those that begin with a `+` as the texts of records, the others as they are.
fn file(bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    for piece in bytes.split(|byte| *byte == b'\n') {
        match piece.strip_prefix(b"+") {
            Some(text) => file.extend(record::write(&[], |bytes| bytes.extend(text))),
            None => file.extend(piece),
        }
    }
    file
}

/// The bytes of a segment that no report of this platform can be read from.
fn unread(segment: &[u8]) -> Vec<u8> {
    let mut unread = Vec::new();
    let mut at = 0;
    for chunk in record::chunks(segment) {
        let (length, is_read) = match chunk {
            Chunk::Record(_, text) => {
                let report = entry::decode_report(text);
                let is_read = report.is_ok_and(|(platform, _)| platform == PLATFORM);
                (record::SHORTEST + text.len(), is_read)
            }
            Chunk::Damaged(length) => (length, false),
        };
        if !is_read {
            let preamble = Some(PREAMBLE.len()).filter(|length| segment.len() >= *length);
            let from = at.max(preamble.unwrap_or(0)).min(at + length);
            unread.extend(&segment[from..at + length]);
        }
        at += length;
    }
    unread
}

/// Takes in a segment and its acks that another process left behind.
pub(crate) fn adopt(segment: &[u8], acks: &[u8]) {
    let (disk, dir) = (FaultyDisk::default(), Path::new(DIR));
    let path = |ending| dir.join(format!("{NAME}.{ending}"));
    let segment = file(segment);
    let damaged: Vec<u8> = unread(&segment);
    disk.put(&path(SEGMENT), &segment);
    disk.put(&path(ACKS), &file(acks));
    let start = || {
        let limits = SpoolLimits::default();
        let spool = Spool::on(Arc::new(disk.clone()), DIR.into(), PLATFORM.into(), limits);
        let mut replay = Replay::new(Arc::new(spool), Instant::now());
        replay.scan(Instant::now());
        replay
    };
    let (mut replay, mut read, mut last) = (start(), 0, None);
    while let Some(replayed) = replay.next() {
        read += 1;
        let Replayed {
            place, outgoing, ..
        } = replayed;
        assert!(last < Some(place.offset()), "a report is read twice");
        last = Some(place.offset());
        let task = outgoing.is_named.then(|| DeliveredTask {
            id: outgoing.id.to_string(),
            delivered: outgoing.delivered(),
        });
        replay.acknowledge(&[place], task.as_ref());
    }
    assert!(read * record::SHORTEST <= segment.len());
    replay.close();
    drop(replay);
    assert_eq!(disk.open_files(), 0);
    // What no report was read from was put aside as it was, unless the segment is somebody else's.
    let aside = disk.files_in(&dir.join("damaged"));
    for file in aside {
        let bytes = disk.bytes(&file);
        let pieces = record::chunks(&bytes).map(|chunk| match chunk {
            Chunk::Record(_, piece) => piece,
            Chunk::Damaged(_) => panic!("it is not written whole"),
        });
        assert_eq!(pieces.collect::<Vec<_>>().concat(), damaged);
    }
    assert!(start().next().is_none(), "what was settled is read again");
}
