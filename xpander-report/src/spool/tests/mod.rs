//! The spool on a disk that fails, and what of that was wrong once.

#[cfg(loom_model)]
mod interleavings;
mod model;
mod reporter;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clocks::ClocksAhead;
use super::format::entry;
use super::place::{Place, Replayed};
use super::reader::Replay;
use super::writer::{SEGMENT_BYTES, Spool, SpoolLimits};
use crate::envelope::outgoing::Outgoing;
use crate::envelope::sequence;
use crate::envelope::sequence::Sequence;
use crate::report::TaskReport;
use crate::report::dead_letter::DeadLetter;
use crate::report::task_id::TaskId;
use crate::spool::files::directory::{ACKS, SEGMENT};
use crate::spool::files::faulty_disk::{Call, FaultyDisk};
use crate::spool::files::segment::PREAMBLE;
use crate::spool::format::entry::{Ack, DeliveredTask};
use crate::spool::format::record;
use crate::spool::format::record::Chunk;

const DIR: &str = "/spool";

/// What one process has of the spool. Dropped, it is one that was killed.
struct Process {
    spool: Arc<Spool>,
    replay: Replay,
}

impl Process {
    fn on(disk: &FaultyDisk) -> Self {
        Self::with(disk, SpoolLimits::default())
    }

    fn with(disk: &FaultyDisk, limits: SpoolLimits) -> Self {
        let spool = Spool::on(Arc::new(disk.clone()), DIR.into(), "here".into(), limits);
        let spool = Arc::new(spool);
        Self {
            replay: Replay::new(Arc::clone(&spool), Instant::now()),
            spool,
        }
    }

    fn append(&self, id: &str) -> Sequence {
        self.append_bytes(id, 0)
    }

    fn append_bytes(&self, id: &str, bytes: u64) -> Sequence {
        let report = TaskReport::new().id(id).input("i".repeat(bytes as usize));
        let sequence = Sequence::next();
        let appended = self.spool.append(&outgoing_of(report, sequence, true));
        appended.expect("a disk that takes it");
        sequence
    }

    fn seal(&self) {
        let current = self.spool.lock().current.clone();
        self.spool.seal(&current.expect("a segment"));
    }

    fn scan(&mut self) {
        let now = Instant::now();
        self.replay.scan_soon(now);
        self.replay.scan(now);
    }

    fn read(&mut self) -> Option<(String, Place)> {
        let Replayed {
            outgoing, place, ..
        } = self.replay.next()?;
        Some((outgoing.id.to_string(), place))
    }

    /// The newest report of a task that was delivered, as far as files say.
    fn known(&self, id: &str) -> Option<Sequence> {
        let known = self.replay.known(&TaskId::from(id.to_owned()))?;
        Some(known.sequence())
    }

    /// The ids of all that can be read.
    fn read_all(&mut self) -> Vec<String> {
        let ids = std::iter::from_fn(|| self.read().map(|(id, _)| id));
        ids.collect()
    }

    fn read_place(&mut self) -> Place {
        self.read().expect("a report").1
    }

    fn settle(&mut self, id: &str, sequence: Sequence, place: Place) {
        let task = delivered(id, sequence);
        self.replay.acknowledge(&[place], Some(&task));
    }

    /// Reads the next report and settles it as delivered.
    fn deliver(&mut self, sequence: Sequence) {
        let (id, place) = self.read().expect("a report");
        self.settle(&id, sequence, place);
    }

    /// Reads the next report and settles it as refused.
    fn refuse(&mut self) {
        let place = self.read_place();
        self.replay.acknowledge(&[place], None);
    }

    fn close(mut self) {
        self.replay.close();
    }
}

/// Segments made in the same millisecond would have names in random order.
fn next_millisecond() {
    let before = sequence::now().as_millis();
    while sequence::now().as_millis() == before {}
}

fn outgoing_of(report: TaskReport, sequence: Sequence, is_named: bool) -> Outgoing {
    let id = report.id.clone().map(TaskId::from);
    let id = id.unwrap_or_else(|| sequence.id());
    Outgoing::new(report.agent_id("agent"), id, is_named, sequence)
}

fn delivered(id: &str, sequence: Sequence) -> DeliveredTask {
    let report = TaskReport::new().id(id);
    DeliveredTask {
        id: id.to_owned(),
        delivered: outgoing_of(report, sequence, true).delivered(),
    }
}

fn files(disk: &FaultyDisk, ending: &str) -> Vec<PathBuf> {
    let mut files = disk.files_in(Path::new(DIR));
    files.retain(|file| file.extension().is_some_and(|found| found == ending));
    files
}

fn damaged(disk: &FaultyDisk) -> Vec<PathBuf> {
    disk.files_in(&Path::new(DIR).join("damaged"))
}

/// What was put aside in a file: pieces of a segment.
fn pieces(disk: &FaultyDisk, file: &Path) -> Vec<Vec<u8>> {
    let bytes = disk.bytes(file);
    let pieces = record::chunks(&bytes).map(|chunk| match chunk {
        Chunk::Record(_, piece) => piece.to_vec(),
        Chunk::Damaged(_) => panic!("it is not written whole"),
    });
    pieces.collect()
}

/// A segment for somebody else, under a name that the spool would not give.
fn put_foreign(disk: &FaultyDisk, name: &str) {
    let outgoing = outgoing_of(TaskReport::new(), Sequence::next(), false);
    let (head, rest) = entry::encode_report(&outgoing, "elsewhere").expect("a record");
    let record = [&head[..], &rest.concat()].concat();
    disk.put(&Path::new(DIR).join(name), &record);
}

#[test]
fn a_full_segment_that_got_one_more_report_is_not_removed() {
    let disk = FaultyDisk::default();
    let process = Process::on(&disk);
    process.append("read");
    let segment = process.spool.lock().current.clone().expect("a segment");
    let read = segment.written();
    // While the replay makes up its mind.
    process.append_bytes("last", SEGMENT_BYTES);
    assert!(segment.is_sealed());
    assert!(!process.spool.retire(&segment, read, true));
    assert!(process.spool.retire(&segment, segment.written(), true));
}

#[test]
fn a_full_segment_that_is_settled_is_closed_too() {
    let disk = FaultyDisk::default();
    let mut process = Process::on(&disk);
    let sequence = process.append_bytes("large", SEGMENT_BYTES);
    process.deliver(sequence);
    assert_eq!(files(&disk, SEGMENT), [""; 0].map(PathBuf::from));
    assert_eq!(disk.open_files(), 0);
}

#[test]
fn who_takes_the_spool_up_again_does_not_wait_for_what_was_let_go() {
    let disk = FaultyDisk::default();
    let mut process = Process::on(&disk);
    process.append("left");
    process.replay.close();
    let mut again = Replay::new(Arc::clone(&process.spool), Instant::now());
    assert_eq!(again.read(), process.spool.appended());
    assert!(again.next().is_none());
    process.append("new");
    let outgoing = again.next().expect("a report").outgoing;
    assert_eq!(outgoing.report.id.as_deref(), Some("new"));
    assert_eq!(again.read(), process.spool.appended());
}

#[test]
fn what_was_let_go_before_it_was_synced_is_not_taken_for_safe() {
    let disk = FaultyDisk::default();
    let mut process = Process::on(&disk);
    process.append("left");
    process.replay.close();
    process.spool.sync().expect("nothing to sync");
    assert!(!process.spool.is_synced(1));
    process.replay = Replay::new(Arc::clone(&process.spool), Instant::now());
    let sequence = process.append("new");
    process.deliver(sequence);
    assert!(!process.spool.is_synced(1));
    // Nor when it lets go once more, of what was synced.
    process.append("synced");
    process.spool.sync().expect("no fault");
    process.replay.close();
    process.replay = Replay::new(Arc::clone(&process.spool), Instant::now());
    let sequence = process.append("newer");
    process.deliver(sequence);
    assert!(!process.spool.is_synced(1));
}

#[test]
fn a_segment_that_cannot_be_removed_is_not_delivered_again() {
    let disk = FaultyDisk::default();
    let mut process = Process::on(&disk);
    process.append("settled");
    process.refuse();
    disk.fail(Call::Remove, 0, 1);
    process.close();
    assert_eq!(files(&disk, SEGMENT).len(), 1);
    disk.heal();
    let mut next = Process::on(&disk);
    next.scan();
    assert_eq!(next.read_all(), [""; 0]);
    assert_eq!(files(&disk, SEGMENT).len(), 0);
}

#[test]
fn a_damaged_segment_that_cannot_be_put_aside_is_not_delivered_again() {
    let disk = FaultyDisk::default();
    let mut process = Process::on(&disk);
    process.append("damaged");
    process.append("read");
    disk.flip(&files(&disk, SEGMENT)[0], 800);
    process.seal();
    disk.fail(Call::Rename, 0, 1);
    process.refuse();
    drop(process);
    disk.heal();
    let mut next = Process::on(&disk);
    next.scan();
    assert_eq!(next.read_all(), [""; 0]);
    assert_eq!(damaged(&disk).len(), 1);
}

#[test]
fn a_damaged_report_before_the_last_one_is_counted_as_read() {
    let disk = FaultyDisk::default();
    let mut process = Process::on(&disk);
    process.append("damaged");
    let sequence = process.append("last");
    disk.flip(&files(&disk, SEGMENT)[0], 800);
    process.seal();
    process.deliver(sequence);
    assert_eq!(process.replay.read(), 2);
    assert_eq!(process.replay.skipped(), 1);
    process.scan();
    assert!(process.replay.is_empty());
}

#[test]
fn of_a_damaged_segment_what_was_not_read_is_put_aside_as_it_is() {
    let disk = FaultyDisk::default();
    let mut process = Process::on(&disk);
    let sequence = process.append("first");
    process.append("last");
    let segment = files(&disk, SEGMENT).remove(0);
    let last = disk.last_append().expect("what was appended").start;
    // The length of the last report: as if it had not been written to its end.
    disk.flip(&segment, (last + 6) * 8);
    let bytes = disk.bytes(&segment);
    process.deliver(sequence);
    assert_eq!(process.read_all(), [""; 0]);
    process.close();
    let aside = damaged(&disk);
    assert_eq!(pieces(&disk, &aside[0]), [&bytes[last..]]);
    assert_eq!(files(&disk, SEGMENT), [""; 0].map(PathBuf::from));
}

#[test]
fn whatever_is_damaged_at_the_start_of_a_segment_costs_what_is_there_only() {
    let start = |bytes: usize| {
        let disk = FaultyDisk::default();
        let process = Process::on(&disk);
        let ids = ["1", "2", "3", "4"];
        let ends = ids.map(|id| {
            process.append(id);
            disk.last_append().expect("what was appended").end
        });
        drop(process);
        let segment = files(&disk, SEGMENT).remove(0);
        let mut damaged = disk.bytes(&segment);
        damaged[..bytes].fill(0);
        disk.put(&segment, &damaged);
        (disk, ids, ends)
    };
    for bytes in [1, 40, PREAMBLE.len(), 90, 400, 700] {
        let (disk, ids, ends) = start(bytes);
        let mut next = Process::on(&disk);
        next.scan();
        let is_harmless = bytes <= PREAMBLE.len();
        let lost = match is_harmless {
            true => 0,
            false => ends.iter().filter(|end| **end < bytes).count() + 1,
        };
        let mut read = Vec::new();
        while let Some((id, place)) = next.read() {
            next.settle(&id, Sequence::next(), place);
            read.push(id);
        }
        assert_eq!(read, ids[lost..], "{bytes}");
        let aside = damaged(&disk);
        assert_eq!(aside.is_empty(), is_harmless, "{bytes}");
        let aside = aside.iter().flat_map(|file| pieces(&disk, file));
        let aside: usize = aside.map(|piece| piece.len()).sum();
        let expected = lost.checked_sub(1).map(|last| ends[last] - PREAMBLE.len());
        assert_eq!(aside, expected.unwrap_or(0), "{bytes}");
    }
}

#[test]
fn a_segment_that_a_loss_of_power_left_empty_leaves_nothing() {
    let disk = FaultyDisk::default();
    let process = Process::on(&disk);
    process.append("lost");
    drop(process);
    disk.lose_power(0.0, 2, false);
    assert_eq!(files(&disk, SEGMENT).len(), 1);
    let mut next = Process::on(&disk);
    next.scan();
    assert_eq!(next.read_all(), [""; 0]);
    assert_eq!(files(&disk, SEGMENT).len(), 0);
    assert_eq!(damaged(&disk).len(), 0);
}

#[test]
fn a_file_or_a_directory_that_could_not_be_synced_is_not_relied_upon() {
    for call in [Call::Sync, Call::SyncDir] {
        let disk = FaultyDisk::default();
        let mut process = Process::on(&disk);
        let first = process.append("first");
        disk.fail(call, 0, 1);
        process.spool.sync().expect_err("it fails");
        process.append("second");
        process.spool.sync().expect("it works");
        assert!(!process.spool.is_synced(2), "{call:?}");
        process.deliver(first);
        assert!(process.spool.is_synced(2), "{call:?}");
        drop(process);
        disk.lose_power(0.0, 0, false);
        let mut next = Process::on(&disk);
        next.scan();
        assert_eq!(next.read_all(), ["second"], "{call:?}");
    }
}

#[test]
fn what_was_just_written_is_read_from_memory_and_what_is_not_there_from_disk() {
    let ids = ["1", "2", "3", "4"];
    // Several threads remember what they wrote in any order, or not at all.
    for (order, reads) in [
        (vec![0, 1, 2, 3], 0),
        (vec![1, 0, 3], 1),
        (vec![3, 2, 1, 0], 1),
        (vec![], 1),
    ] {
        let disk = FaultyDisk::default();
        let mut process = Process::on(&disk);
        let mut written = ids.map(|id| {
            let outgoing = outgoing_of(TaskReport::new().id(id), Sequence::next(), true);
            let written = process
                .spool
                .append(&outgoing)
                .expect("a disk that takes it");
            Some((written, outgoing))
        });
        for at in &order {
            let (written, outgoing) = written[*at].take().expect("each once");
            process.spool.remember(written, outgoing);
        }
        disk.fail(Call::Read, reads, 1);
        assert_eq!(process.read_all(), ids, "{order:?}");
    }
}

#[test]
fn what_cannot_be_read_takes_no_room_from_the_rest() {
    let disk = FaultyDisk::default();
    for dead in ["1", "2", "3", "4", "5"] {
        next_millisecond();
        Process::on(&disk).append(dead);
    }
    let mut process = Process::on(&disk);
    disk.fail(Call::Read, 0, 4);
    process.scan();
    assert_eq!(process.read_all(), ["5"]);
    disk.heal();
    // The next look is soon enough.
    process.replay.scan(process.replay.scan_at());
    assert_eq!(process.read_all(), ["1", "2", "3", "4"]);
}

#[test]
fn what_is_read_and_has_to_wait_takes_no_room_from_the_rest() {
    let disk = FaultyDisk::default();
    let dead: Vec<_> = (10..20).map(|dead: u32| dead.to_string()).collect();
    for dead in &dead {
        next_millisecond();
        Process::on(&disk).append(dead);
    }
    let mut process = Process::on(&disk);
    let mut read = Vec::new();
    while read.len() < dead.len() {
        process.replay.scan(Instant::now());
        let more = process.read_all();
        assert!(!more.is_empty(), "only {read:?} were read");
        read.extend(more);
    }
    assert_eq!(read, dead);
}

/// A process with so many segments, in each of which one report waits and a large one was delivered.
fn with_segments(disk: &FaultyDisk, count: u64) -> (Process, Vec<(String, Sequence, Place)>) {
    let limits = SpoolLimits {
        bytes: 2 << 20,
        ..SpoolLimits::default()
    };
    let mut process = Process::with(disk, limits);
    let mut waiting = Vec::new();
    for number in 0..count {
        let id = format!("waits {number}");
        let waits = process.append(&id);
        let delivered = process.append_bytes("large", 100_000);
        waiting.push((id, waits, process.read_place()));
        process.deliver(delivered);
        process.seal();
        process.scan();
    }
    (process, waiting)
}

#[test]
fn a_report_that_waits_does_not_keep_what_else_was_in_its_file() {
    let disk = FaultyDisk::default();
    // Four times as many as there is room for.
    let (mut process, waiting) = with_segments(&disk, 80);
    assert!(files(&disk, SEGMENT).len() < 20);
    for (id, sequence, place) in waiting {
        let again = process.replay.read_again(place).expect("the report");
        assert_eq!(again.outgoing.sequence(), sequence);
        process.settle(&id, sequence, place);
    }
    assert!(process.replay.is_empty());
    process.close();
    assert_eq!(files(&disk, SEGMENT).len(), 0);
    assert_eq!(disk.open_files(), 0);
}

#[test]
fn what_got_another_place_outlives_its_process() {
    for is_power_lost in [false, true] {
        let disk = FaultyDisk::default();
        let (mut process, waiting) = with_segments(&disk, 20);
        process.replay.compact();
        drop(process);
        if is_power_lost {
            disk.lose_power(0.0, 0, false);
        }
        let mut next = Process::on(&disk);
        next.scan();
        let mut read = next.read_all();
        read.sort();
        if is_power_lost {
            // What was removed may be there again.
            read.dedup();
        }
        let mut expected: Vec<_> = waiting.into_iter().map(|(id, ..)| id).collect();
        expected.sort();
        assert_eq!(read, expected, "{is_power_lost}");
    }
}

#[test]
fn where_nothing_can_be_written_everything_stays_in_its_place() {
    for call in [
        Call::Append,
        Call::Create,
        Call::Rename,
        Call::Sync,
        Call::SyncDir,
    ] {
        let disk = FaultyDisk::default();
        let (mut process, waiting) = with_segments(&disk, 5);
        let before = files(&disk, SEGMENT);
        disk.fail(call, 1, 100);
        disk.fail(call, 0, 100);
        process.replay.compact();
        disk.heal();
        assert_eq!(files(&disk, SEGMENT), before, "{call:?}");
        for (_, _, place) in &waiting {
            assert!(process.replay.read_again(*place).is_some(), "{call:?}");
        }
        process.replay.compact();
        assert_eq!(files(&disk, SEGMENT).len(), 1, "{call:?}");
    }
}

#[test]
fn what_is_read_again_may_have_waited_too_long() {
    for (age, is_expired) in [(Duration::ZERO, true), (Duration::MAX, false)] {
        let limits = SpoolLimits {
            age,
            ..SpoolLimits::default()
        };
        let mut process = Process::with(&FaultyDisk::default(), limits);
        process.append("task");
        let place = process.read_place();
        let again = process.replay.read_again(place);
        assert_eq!(again.map(|again| again.is_expired), Some(is_expired));
    }
}

#[test]
fn what_was_delivered_since_a_segment_was_adopted_is_known() {
    let disk = FaultyDisk::default();
    let dead = Process::on(&disk);
    dead.append("task");
    drop(dead);
    let mut process = Process::on(&disk);
    process.scan();
    assert_eq!(process.known("task"), None);
    let mut other = Process::on(&disk);
    let newer = other.append("task");
    other.deliver(newer);
    process.scan();
    assert_eq!(process.known("task"), Some(newer));
}

#[test]
fn an_older_report_that_arrives_late_does_not_hide_that_a_newer_one_arrived() {
    for is_newer_first in [true, false] {
        let disk = FaultyDisk::default();
        // Their acknowledgements stay as long as this one's report waits.
        let waits = Process::on(&disk);
        waits.append("task");
        let [older, newer] = [(); 2].map(|()| Sequence::next());
        let order = if is_newer_first {
            [newer, older]
        } else {
            [older, newer]
        };
        for sequence in order {
            let mut process = Process::on(&disk);
            process.append("task");
            process.deliver(sequence);
            process.close();
        }
        drop(waits);
        let mut process = Process::on(&disk);
        process.scan();
        assert_eq!(process.known("task"), Some(newer));
    }
}

#[test]
fn what_a_clock_that_was_ahead_left_behind_does_not_outdate_what_is_reported_now() {
    let disk = FaultyDisk::default();
    let ahead = sequence::now() + Duration::from_secs(3_600);
    let ahead = u64::try_from(ahead.as_nanos()).expect("a time");
    let dead = Process::on(&disk);
    let report = |input: &str| TaskReport::new().id("task").input(input);
    for (count, input) in [(1, "first"), (2, "second"), (3, "third")] {
        let sequence = Sequence::from((ahead, 1, count));
        let appended = dead
            .spool
            .append(&outgoing_of(report(input), sequence, true));
        appended.expect("a disk that takes it");
    }
    let mut dead = dead;
    dead.deliver(Sequence::from((ahead, 1, 1)));
    drop(dead);
    let mut process = Process::on(&disk);
    process.scan();
    assert!(process.known("task") < Some(Sequence::next()));
    let [second, third] = [(); 2].map(|()| process.replay.next().expect("a report").outgoing);
    // Among themselves they have their order.
    assert!(process.known("task") < Some(second.sequence()));
    assert!(second.sequence() < third.sequence());
    assert!(third.sequence() < Sequence::next());
}

#[test]
fn what_a_clock_that_was_ahead_delivered_stays_older_when_that_time_has_come() {
    let disk = FaultyDisk::default();
    let other = Process::on(&disk);
    other.append("waits");
    let process = Process::on(&disk);
    let mut clocks = ClocksAhead::new(process.spool.begun);
    let own = Sequence::next();
    let later = sequence::now() + Duration::from_millis(100);
    let ahead = Sequence::from((u64::try_from(later.as_nanos()).expect("a time"), 1, 1));
    assert!(clocks.date(&ahead) < own.at);
    while sequence::now() <= later {}
    assert!(clocks.date(&ahead) < own.at);
    // Another process, whose clock was right.
    let right = Sequence::from((u64::try_from(later.as_nanos()).expect("a time"), 2, 1));
    assert_eq!(clocks.date(&right), later);
}

#[test]
fn what_was_reported_before_the_spool_was_looked_at_is_newer_than_what_seems_to_come_from_the_future()
 {
    let disk = FaultyDisk::default();
    let mut ahead = Process::on(&disk);
    ahead.append("waits");
    ahead.append("task");
    let hour = sequence::now() + Duration::from_secs(3_600);
    let sequence = Sequence::from((u64::try_from(hour.as_nanos()).expect("a time"), 1, 1));
    let _waits = ahead.read_place();
    ahead.deliver(sequence);
    drop(ahead);
    let spool = Spool::on(
        Arc::new(disk.clone()),
        DIR.into(),
        "here".into(),
        SpoolLimits::default(),
    );
    // Before a worker has begun.
    let reported = Sequence::next();
    let mut process = Process {
        replay: Replay::new(Arc::new(spool), Instant::now()),
        spool: Process::on(&disk).spool,
    };
    process.scan();
    assert!(process.known("task") < Some(reported));
}

#[test]
fn a_report_of_a_clock_that_was_behind_is_not_too_old_in_another_file_either() {
    let limits = SpoolLimits {
        age: Duration::from_secs(3_600),
        ..SpoolLimits::default()
    };
    let mut process = Process::with(&FaultyDisk::default(), limits);
    // Accepted before the clock was set.
    let sequence = Sequence::from((5_000_000_000, 7, 1));
    let report = TaskReport::new().id("task");
    let appended = process.spool.append(&outgoing_of(report, sequence, true));
    appended.expect("a disk that takes it");
    let place = process.read_place();
    for _ in 0..2 {
        let again = process.replay.read_again(place).expect("the report");
        assert!(!again.is_expired);
        let delivered = process.append_bytes("large", 100_000);
        process.deliver(delivered);
        process.seal();
        process.replay.compact();
        assert_ne!(
            process
                .replay
                .whereabouts(place)
                .map(|(_, bytes)| bytes.start),
            None
        );
    }
    assert!(!process.replay.relocated.is_empty());
}

#[test]
fn of_what_others_delivered_the_last_tasks_are_known_and_no_more() {
    let disk = FaultyDisk::default();
    let waits = Process::on(&disk);
    waits.append("waits");
    let mut acks = Vec::new();
    let mut last = None;
    for number in 0..25_000 {
        let sequence = Sequence::next();
        last = Some(sequence);
        let task = Some(delivered(&number.to_string(), sequence));
        let ack = Ack { offset: 0, task };
        acks.extend(entry::encode(&ack).expect("an ack"));
    }
    let name = sequence::new_id().to_string();
    disk.put(&Path::new(DIR).join(name).with_extension(ACKS), &acks);
    drop(waits);
    let mut process = Process::on(&disk);
    process.scan();
    assert_eq!(process.known("24999"), last);
    let known = (0..25_000).filter(|number| process.known(&number.to_string()).is_some());
    assert_eq!(known.count(), 10_000);
}

#[test]
fn acks_without_a_segment_are_shortened_to_what_there_is_room_for() {
    let disk = FaultyDisk::default();
    let limits = SpoolLimits {
        bytes: 64_000,
        ..SpoolLimits::default()
    };
    let waits = Process::with(&disk, limits);
    waits.append("waits");
    let mut last = None;
    for round in 0..100 {
        let mut process = Process::with(&disk, limits);
        let id = format!("task-{round}");
        let sequence = process.append(&id);
        process.deliver(sequence);
        process.close();
        last = Some((id, sequence));
    }
    let held: usize = files(&disk, ACKS)
        .iter()
        .map(|file| disk.bytes(file).len())
        .sum();
    assert!(held <= 4_000, "{held}");
    drop(waits);
    let mut process = Process::with(&disk, limits);
    process.scan();
    let (id, sequence) = last.expect("one of many");
    assert_eq!(process.known(&id), Some(sequence));
}

#[test]
fn a_result_that_one_process_delivered_survives_the_progress_of_another() {
    for is_progress_newer in [true, false] {
        let disk = FaultyDisk::default();
        let waits = Process::on(&disk);
        let progress = || TaskReport::new().id("task").input("half done");
        let result = TaskReport::new().id("task").result("done");
        let early = Sequence::next();
        let mut process = Process::on(&disk);
        let sequence = Sequence::next();
        let outgoing = outgoing_of(result, sequence, true);
        let task = DeliveredTask {
            id: "task".to_owned(),
            delivered: outgoing.delivered(),
        };
        process
            .spool
            .append(&outgoing)
            .expect("a disk that takes it");
        let place = process.read_place();
        process.replay.acknowledge(&[place], Some(&task));
        let late = Sequence::next();
        let at = if is_progress_newer { late } else { early };
        let appended = waits.spool.append(&outgoing_of(progress(), at, true));
        appended.expect("a disk that takes it");
        process.close();
        drop(waits);
        let mut next = Process::on(&disk);
        next.scan();
        let read = next.replay.next().expect("the progress").outgoing;
        // Where nothing as old waits, it need not be known.
        let known = next.replay.known(&read.id).cloned();
        assert!(known.is_some() || is_progress_newer);
        let sent = match known {
            Some(known) => read.beneath(&known).expect("its input is new"),
            None => read,
        };
        assert_eq!(sent.report.input.as_deref(), Some("half done"));
        // The platform keeps what a report does not say.
        assert_eq!(sent.report.result, None);
    }
}

#[test]
fn what_is_held_in_memory_is_not_read_and_ends_like_the_rest() {
    for ends_first in [true, false] {
        let disk = FaultyDisk::default();
        let mut process = Process::on(&disk);
        process.scan();
        process.append("read");
        let report = TaskReport::new().id("held");
        let sequence = Sequence::next();
        let held = process.spool.append(&outgoing_of(report, sequence, true));
        let held = process.replay.hold(&held.expect("a disk that takes it"));
        let held = held.expect("its place");
        process.append("read later");
        if ends_first {
            process.settle("held", sequence, held);
        }
        let (first, place) = process.read().expect("a report");
        let (last, last_place) = process.read().expect("a report");
        assert_eq!((&first[..], &last[..]), ("read", "read later"));
        assert_eq!(process.replay.read(), process.spool.appended());
        process.settle("read", sequence, place);
        process.settle("read later", sequence, last_place);
        assert_eq!(process.replay.is_empty(), ends_first);
        if !ends_first {
            let again = process.replay.read_again(held).expect("the report");
            assert_eq!(again.outgoing.sequence(), sequence);
            process.settle("held", sequence, held);
        }
        assert!(process.replay.is_empty());
        process.close();
        assert_eq!(files(&disk, SEGMENT).len(), 0);
    }
}

#[test]
fn a_segment_with_another_kind_of_name_does_not_make_others_forget_what_arrived() {
    for name in ["0.seg", "zzz.seg"] {
        let disk = FaultyDisk::default();
        put_foreign(&disk, name);
        let old = Process::on(&disk);
        old.append("task");
        let mut other = Process::on(&disk);
        let newer = other.append("task");
        other.deliver(newer);
        other.close();
        let mut process = Process::on(&disk);
        process.scan();
        drop(old);
        process.scan();
        assert_eq!(process.known("task"), Some(newer));
    }
}

#[test]
fn what_arrived_is_forgotten_when_whatever_it_outdates_is_expired() {
    let disk = FaultyDisk::default();
    put_foreign(&disk, "00000000-0000-7000-8000-000000000000.seg");
    let mut process = Process::on(&disk);
    let sequence = process.append("task");
    process.deliver(sequence);
    process.close();
    assert_eq!(files(&disk, ACKS).len(), 1);
    let limits = SpoolLimits {
        age: Duration::ZERO,
        ..SpoolLimits::default()
    };
    Process::with(&disk, limits).scan();
    assert_eq!(files(&disk, ACKS).len(), 0);
}

#[test]
fn one_file_that_cannot_be_removed_does_not_keep_the_rest() {
    let disk = FaultyDisk::default();
    for name in ["a", "b"] {
        disk.put(&Path::new(DIR).join(name).with_extension(ACKS), b"");
    }
    disk.fail(Call::Remove, 0, 1);
    Process::on(&disk).scan();
    assert_eq!(files(&disk, ACKS).len(), 1);
}

#[test]
fn of_dead_letters_the_oldest_make_room() {
    let disk = FaultyDisk::default();
    let process = Process::on(&disk);
    for number in 0..5 {
        next_millisecond();
        let letter = DeadLetter {
            reason: number.to_string(),
            refused_at: std::time::SystemTime::now(),
            platform: String::new(),
            agent_id: String::new(),
            report: TaskReport::new(),
        };
        process.spool.keep_dead(&letter, false).expect("room");
    }
    let directory = process.spool.directory();
    let made = directory.make_room(2, u64::MAX).expect("no fault");
    assert_eq!((made.files, made.dead_letters), (2, 3));
    let mut left = Vec::new();
    let mut visit = |letter: &DeadLetter| {
        left.push(letter.reason.clone());
        false
    };
    directory.visit_dead(&mut visit).expect("no fault");
    assert_eq!(left, ["3", "4"]);
}

#[test]
fn files_that_were_not_finished_are_removed_wherever_they_are() {
    let disk = FaultyDisk::default();
    let name = "00000000-0000-7000-8000-000000000000.new";
    disk.put(&Path::new(DIR).join(name), b"");
    disk.put(&Path::new(DIR).join("dead").join(name), b"");
    Process::on(&disk).scan();
    assert_eq!(disk.files_in(Path::new(DIR)), [""; 0].map(PathBuf::from));
    assert_eq!(
        disk.files_in(&Path::new(DIR).join("dead")),
        [""; 0].map(PathBuf::from)
    );
}

#[test]
fn acks_behind_a_torn_one_are_read() {
    let disk = FaultyDisk::default();
    let mut process = Process::on(&disk);
    for id in ["1", "2", "3"] {
        process.append(id);
    }
    let places: Vec<_> = (0..3).map(|_| process.read_place()).collect();
    process.settle("1", Sequence::next(), places[0]);
    disk.fill(9);
    process.settle("2", Sequence::next(), places[1]);
    disk.heal();
    process.settle("3", Sequence::next(), places[2]);
    drop(process);
    let mut next = Process::on(&disk);
    next.scan();
    // It could not be written down that this one was settled.
    assert_eq!(next.read().map(|(id, _)| id).as_deref(), Some("2"));
    assert_eq!(next.read_all(), [""; 0]);
}

#[test]
fn a_report_that_found_the_disk_full_leaves_nothing_behind() {
    let disk = FaultyDisk::default();
    let mut process = Process::on(&disk);
    process.append("first");
    disk.fill(100);
    let report = TaskReport::new().input("i".repeat(1_000));
    let outgoing = outgoing_of(report, Sequence::next(), false);
    let full = process.spool.append(&outgoing).map(drop);
    assert_eq!(
        full.expect_err("no room").kind(),
        std::io::ErrorKind::StorageFull
    );
    disk.heal();
    process.append("third");
    assert_eq!(process.read_all(), ["first", "third"]);
    drop(process);
    let mut next = Process::on(&disk);
    next.scan();
    assert_eq!(next.read_all(), ["first", "third"]);
    assert_eq!(damaged(&disk).len(), 0);
}
