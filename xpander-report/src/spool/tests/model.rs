//! The spool against a model: whatever several processes do, and whatever the disk does to them, in whatever
//! order, what must hold does.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::Config;

use super::{delivered, next_millisecond, outgoing_of};
use crate::envelope::sequence::Sequence;
use crate::report::TaskReport;
use crate::spool::files::directory::{ACKS, SEGMENT, made_at};
use crate::spool::files::faulty_disk::{Call, FaultyDisk, FileId};
use crate::spool::format::entry::DeliveredTask;
use crate::spool::place::{Place, Replayed};
use crate::spool::reader::Replay;
use crate::spool::segment_reader::SegmentReader;
use crate::spool::writer::{Spool, SpoolLimits};

const PROCESSES: usize = 3;
const DIR: &str = "/spool";

#[derive(Debug, Clone)]
enum Op {
    /// A process accepts a report; the task's name, if it has one, is one of few.
    Append {
        process: usize,
        name: Option<u8>,
        size: usize,
        /// It is kept in memory, too.
        is_remembered: bool,
        /// It stays in memory, and is not read.
        is_held: bool,
    },
    /// It reads some.
    Read {
        process: usize,
        most: usize,
    },
    /// One that it has read ends.
    Settle {
        process: usize,
        which: Index,
        is_delivered: bool,
    },
    Scan {
        process: usize,
    },
    /// It gathers what waits in files that hold little else.
    Compact {
        process: usize,
    },
    Sync {
        process: usize,
    },
    /// It lets go of the spool and takes it up again.
    Reopen {
        process: usize,
    },
    Close {
        process: usize,
    },
    Crash {
        process: usize,
    },
    PowerLoss {
        share: f64,
        changes: Index,
        has_zeros: bool,
    },
    Flip {
        file: Index,
        bit: Index,
    },
    Truncate {
        file: Index,
        len: Index,
    },
    Remove {
        file: Index,
    },
    /// Somebody removes the directory and all that is in it.
    RemoveAll,
    /// It looks whether all that it has is still there.
    Restore {
        process: usize,
    },
    Fail {
        call: Call,
        after: u32,
        times: u32,
    },
    Fill {
        free: usize,
    },
    Heal,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let process = 0..PROCESSES;
    let calls = prop::sample::select(vec![
        Call::Append,
        Call::Create,
        Call::Id,
        Call::List,
        Call::Lock,
        Call::Open,
        Call::Read,
        Call::Remove,
        Call::Rename,
        Call::SetLen,
        Call::Sync,
        Call::SyncDir,
    ]);
    let size = prop_oneof![30 => 0..2_000_usize, 1 => 150_000..400_000_usize];
    let op = prop_oneof![
        20 => (
            process.clone(),
            prop::option::of(0..3_u8),
            size,
            any::<bool>(),
            prop::bool::weighted(0.2),
        )
            .prop_map(|(process, name, size, is_remembered, is_held)| {
                Op::Append { process, name, size, is_remembered, is_held }
            }),
        15 => (process.clone(), 1..5_usize).prop_map(|(process, most)| Op::Read { process, most }),
        15 => (process.clone(), any::<Index>(), prop::bool::weighted(0.8))
            .prop_map(|(process, which, is_delivered)| Op::Settle { process, which, is_delivered }),
        8 => process.clone().prop_map(|process| Op::Scan { process }),
        4 => process.clone().prop_map(|process| Op::Compact { process }),
        5 => process.clone().prop_map(|process| Op::Sync { process }),
        2 => process.clone().prop_map(|process| Op::Reopen { process }),
        2 => process.clone().prop_map(|process| Op::Close { process }),
        2 => process.clone().prop_map(|process| Op::Restore { process }),
        3 => process.prop_map(|process| Op::Crash { process }),
        1 => (0.0..=1.0, any::<Index>(), any::<bool>()).prop_map(|(share, changes, has_zeros)| {
            Op::PowerLoss { share, changes, has_zeros }
        }),
        1 => any::<(Index, Index)>().prop_map(|(file, bit)| Op::Flip { file, bit }),
        1 => any::<(Index, Index)>().prop_map(|(file, len)| Op::Truncate { file, len }),
        2 => any::<Index>().prop_map(|file| Op::Remove { file }),
        1 => Just(Op::RemoveAll),
        3 => (calls, 0..4_u32, 1..4_u32)
            .prop_map(|(call, after, times)| Op::Fail { call, after, times }),
        1 => (0..3_000_usize).prop_map(|free| Op::Fill { free }),
        3 => Just(Op::Heal),
    ];
    prop::collection::vec(op, 1..80)
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, max_shrink_iters: 50_000, ..Config::default() })]

    #[test]
    fn whatever_happens_in_whatever_order_what_must_hold_does(ops in ops()) {
        let mut world = World::new();
        for op in ops {
            world.run(op);
        }
        world.end();
    }
}

/// What was accepted, and where it should be.
struct Report {
    name: Option<String>,
    sequence: Sequence,
    segment: String,
    file: FileId,
    bytes: Range<usize>,
    state: State,
    was_settled: bool,
    /// It survives a loss of power.
    is_synced: bool,
    /// Something happened that may have cost it.
    may_be_lost: bool,
    /// It was written again, because somebody removed its file.
    was_restored: bool,
    /// The file that was removed may be there again.
    may_be_twice: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// A process has read it.
    InMemory(usize),
    /// It ended; if that is surely known, nobody reads it again.
    Settled {
        is_known: bool,
    },
}

struct Process {
    number: usize,
    spool: Arc<Spool>,
    replay: Replay,
    held: Vec<(usize, Place)>,
    /// What it appended.
    appended: Vec<usize>,
    last_own: Option<usize>,
    /// The newest that arrived of each task, as far as this process must know.
    arrived: HashMap<String, Sequence>,
}

/// A task's report arrived, and a file says so.
struct Arrival {
    name: String,
    sequence: Sequence,
    acks: FileId,
    segment: FileId,
}

struct World {
    disk: FaultyDisk,
    processes: [Option<Process>; PROCESSES],
    last_number: usize,
    reports: Vec<Report>,
    arrivals: Vec<Arrival>,
    /// Segments that may be lost whole: their names were not kept.
    doubtful: Vec<FileId>,
    /// Segments that were removed while this process had them, which writes them again when it looks.
    removed: Vec<(FileId, usize)>,
    /// The newest that ever arrived of each task.
    newest: HashMap<String, Sequence>,
}

fn raise(newest: &mut HashMap<String, Sequence>, name: &str, sequence: Sequence) {
    let newest = newest.entry(name.to_owned()).or_insert(sequence);
    *newest = sequence.max(*newest);
}

impl World {
    fn new() -> Self {
        Self {
            disk: FaultyDisk::default(),
            processes: [const { None }; PROCESSES],
            last_number: 0,
            reports: Vec::new(),
            arrivals: Vec::new(),
            doubtful: Vec::new(),
            removed: Vec::new(),
            newest: HashMap::new(),
        }
    }

    fn run(&mut self, op: Op) {
        let failed = self.disk.failed();
        self.act(op);
        if self.disk.failed() > failed {
            // Files of acks may have been passed over.
            self.forget_what_is_known();
        }
        for process in self.processes.iter().flatten() {
            assert!(process.spool.used.load(Ordering::Relaxed) < 1 << 40);
            let synced = (1..=process.appended.len())
                .rev()
                .find(|count| process.spool.is_synced(*count as u64));
            for report in &process.appended[..synced.unwrap_or(0)] {
                self.reports[*report].is_synced = true;
            }
        }
    }

    fn act(&mut self, op: Op) {
        match op {
            Op::Append {
                process,
                name,
                size,
                is_remembered,
                is_held,
            } => self.append(process, name, size, is_remembered, is_held),
            Op::Read { process, most } => {
                for _ in 0..most {
                    if !self.read(process) {
                        break;
                    }
                }
            }
            Op::Settle {
                process,
                which,
                is_delivered,
            } => {
                self.settle(process, |held| which.index(held), is_delivered);
            }
            Op::Scan { process } => self.scan(process),
            Op::Compact { process } => {
                self.process(process).replay.compact();
                self.relocate(process);
            }
            Op::Sync { process } => self.sync(process),
            Op::Restore { process } => self.restore(process),
            Op::Reopen { process } => {
                self.restore(process);
                self.let_go(process);
                let process = self.process(process);
                process.replay.close();
                process.held.clear();
                process.arrived.clear();
                process.replay = Replay::new(Arc::clone(&process.spool), Instant::now());
            }
            Op::Close { process } => {
                if self.processes[process].is_some() {
                    self.restore(process);
                }
                self.let_go(process);
                if let Some(mut process) = self.processes[process].take() {
                    process.replay.close();
                }
            }
            Op::Crash { process } => {
                self.let_go(process);
                self.processes[process] = None;
            }
            Op::PowerLoss {
                share,
                changes,
                has_zeros,
            } => {
                for process in 0..PROCESSES {
                    self.act(Op::Crash { process });
                }
                self.disk.lose_power(share, changes.index(50), has_zeros);
                for report in &mut self.reports {
                    report.may_be_lost |= !report.is_synced;
                    report.may_be_twice |= report.was_restored;
                }
                self.forget_what_is_known();
                self.arrivals.clear();
            }
            Op::Flip { file, bit } => {
                let Some(file) = self.any_file(file) else {
                    return;
                };
                let length = self.disk.bytes(&file).len();
                if length > 0 {
                    let bit = bit.index(length * 8);
                    self.disk.flip(&file, bit);
                    self.damaged(&file, |bytes| bytes.contains(&(bit / 8)));
                }
            }
            Op::Truncate { file, len } => {
                let Some(file) = self.any_file(file) else {
                    return;
                };
                if !self.disk.is_locked(&file) && file.extension().is_some_and(|e| e == SEGMENT) {
                    let len = len.index(self.disk.bytes(&file).len() + 1);
                    self.disk.truncate(&file, len);
                    self.damaged(&file, |bytes| bytes.end > len);
                }
            }
            Op::Remove { file } => {
                let Some(file) = self.any_file(file) else {
                    return;
                };
                self.remove(&file);
            }
            Op::RemoveAll => {
                for file in self.disk.files_in(Path::new(DIR)) {
                    self.remove(&file);
                }
                self.disk.take_away_dir(Path::new(DIR));
            }
            Op::Fail { call, after, times } => self.disk.fail(call, after, times),
            Op::Fill { free } => self.disk.fill(free),
            Op::Heal => self.disk.heal(),
        }
    }

    /// The process there; it starts if there is none.
    fn process(&mut self, at: usize) -> &mut Process {
        let (disk, last_number) = (&self.disk, &mut self.last_number);
        self.processes[at].get_or_insert_with(|| {
            *last_number += 1;
            let limits = SpoolLimits {
                bytes: 2 << 20,
                ..SpoolLimits::default()
            };
            let disk = Arc::new(disk.clone());
            let spool = Arc::new(Spool::on(disk, DIR.into(), "platform".into(), limits));
            Process {
                number: *last_number,
                replay: Replay::new(Arc::clone(&spool), Instant::now()),
                spool,
                held: Vec::new(),
                appended: Vec::new(),
                last_own: None,
                arrived: HashMap::new(),
            }
        })
    }

    fn append(
        &mut self,
        process: usize,
        name: Option<u8>,
        size: usize,
        is_remembered: bool,
        is_held: bool,
    ) {
        let serial = self.reports.len();
        let name = name.map(name_of);
        let mut report = TaskReport::new()
            .result(serial.to_string())
            .input("i".repeat(size));
        report.id.clone_from(&name);
        let spool = Arc::clone(&self.process(process).spool);
        let current = spool.lock().current.clone();
        if current.is_none_or(|current| current.is_sealed()) {
            next_millisecond();
        }
        let sequence = Sequence::next();
        let outgoing = outgoing_of(report, sequence, name.is_some());
        let Ok(written) = spool.append(&outgoing) else {
            return;
        };
        let place = is_held.then(|| self.process(process).replay.hold(&written));
        if is_remembered {
            spool.remember(written, outgoing);
        }
        let appended = self.disk.last_append().expect("what was appended");
        let segment = self.segment_of(appended.file);
        let number = self.process(process).number;
        self.process(process).appended.push(serial);
        let state = match place.flatten() {
            Some(place) => {
                self.process(process).held.push((serial, place));
                State::InMemory(number)
            }
            None => State::Waiting,
        };
        self.reports.push(Report {
            name,
            sequence,
            may_be_lost: segment.is_none() || self.doubtful.contains(&appended.file),
            segment: segment.unwrap_or_default(),
            file: appended.file,
            bytes: appended.start..appended.end,
            state,
            was_settled: false,
            is_synced: false,
            was_restored: false,
            may_be_twice: false,
        });
    }

    /// Somebody removes a file, which a process may have.
    fn remove(&mut self, path: &Path) {
        let file = self.disk.file(path).expect("the file");
        let has_it = |process: &mut Process| {
            process.replay.take_unknown();
            let mut readers = process.replay.readers.values();
            readers.any(|reader| id_of(reader) == Some(file))
        };
        let mut processes = self.processes.iter_mut().flatten();
        match processes.find_map(|process| has_it(process).then_some(process.number)) {
            Some(number) => self.removed.push((file, number)),
            None => self.damaged(path, |_| true),
        }
        if path.extension().is_some_and(|ending| ending == SEGMENT) {
            // What stands beside it is of no use to others meanwhile.
            self.forget_what_is_known();
            self.arrivals.clear();
        }
        self.damaged(path, |_| false);
        self.disk.take_away(path);
    }

    fn restore(&mut self, at: usize) {
        self.while_restoring(at, |process| process.replay.restore());
    }

    /// Follows what is written again meanwhile.
    fn while_restoring(&mut self, at: usize, act: impl FnOnce(&mut Process)) {
        let process = self.process(at);
        process.replay.take_unknown();
        let before: Vec<_> = process.replay.readers.iter().collect();
        let before: Vec<_> = before
            .into_iter()
            .filter_map(|(id, reader)| Some((*id, id_of(reader)?)))
            .collect();
        act(process);
        let number = process.number;
        let is_sure = process.replay.misplaced().is_none();
        self.doubt_others(at);
        for (id, old) in before {
            let process = self.processes[at].as_ref().expect("it lives");
            let reader = process.replay.readers.get(&id);
            let new = reader.and_then(|reader| Some((id_of(reader)?, reader.segment.name.clone())));
            match new {
                Some((new, name)) if new != old => {
                    self.removed.retain(|removed| *removed != (old, number));
                    for report in self.reports.iter_mut().filter(|report| report.file == old) {
                        report.file = new;
                        report.segment.clone_from(&name);
                        report.was_restored = true;
                    }
                    // Others may have seen no report as old, and have forgotten what arrived.
                    self.forget_arrived();
                    self.arrivals.clear();
                }
                None => self.removed.retain(|removed| *removed != (old, number)),
                Some(_) => {
                    let is_left = self.removed.contains(&(old, number));
                    assert!(!is_left || !is_sure, "what was removed is not there");
                }
            }
        }
    }

    fn sync(&mut self, at: usize) {
        if self.process(at).spool.sync().is_err() {
            self.doubt_others(at);
        }
    }

    /// A disk says once that it failed: of what others made in the directory, nobody tells them.
    fn doubt_others(&mut self, at: usize) {
        let own = self.process(at).appended.clone();
        for (serial, report) in self.reports.iter_mut().enumerate() {
            if !own.contains(&serial) && self.disk.is_name_doubtful(report.file) {
                report.may_be_lost |= !report.is_synced;
                self.doubtful.push(report.file);
            }
        }
    }

    fn segment_of(&self, file: FileId) -> Option<String> {
        let files = self.disk.files_in(Path::new(DIR));
        let path = files
            .into_iter()
            .find(|path| self.disk.file(path) == Some(file))?;
        Some(path.file_stem()?.to_str()?.to_owned())
    }

    fn read(&mut self, at: usize) -> bool {
        let process = self.process(at);
        let (number, read) = (process.number, process.replay.next());
        let Some(read) = read else {
            // The worker would ask again and again.
            assert_eq!(process.replay.read(), process.spool.appended());
            return false;
        };
        let serial = self.check(at, &read);
        self.reports[serial].state = State::InMemory(number);
        let process = self.process(at);
        if read.place.is_own() {
            assert!(process.last_own < Some(serial), "own reports out of order");
            process.last_own = Some(serial);
        }
        process.held.push((serial, read.place));
        true
    }

    /// Whether this report may be read now. Returns its number.
    fn check(&self, at: usize, read: &Replayed) -> usize {
        let outgoing = &read.outgoing;
        let serial: usize = outgoing.report.result.as_ref().unwrap().parse().unwrap();
        let report = &self.reports[serial];
        let id = report
            .name
            .clone()
            .unwrap_or_else(|| report.sequence.id().to_string());
        assert_eq!(outgoing.report.id, Some(id));
        assert_eq!(outgoing.sequence(), report.sequence);
        assert_eq!(outgoing.is_named, report.name.is_some());
        assert!(!read.is_expired, "nothing is that old");
        match report.state {
            State::InMemory(by) => {
                let has_it = self.processes.iter().flatten().any(|p| p.number == by);
                let may_be_read = !has_it || report.may_be_twice;
                assert!(may_be_read, "report {serial} is read twice");
            }
            State::Settled { is_known } => assert!(!is_known, "report {serial} was settled"),
            State::Waiting => {}
        }
        let process = self.processes[at].as_ref().unwrap();
        let newest = |newest: &HashMap<String, Sequence>| {
            let newest = newest.get(report.name.as_ref()?).copied();
            newest.filter(|newest| *newest > report.sequence)
        };
        let known = process.replay.known(&outgoing.id);
        let known = known.map(|delivered| delivered.sequence());
        assert!(known <= self.newest.get(&outgoing.id.to_string()).copied());
        if !read.place.is_own() {
            // What arrived before the oldest segment was made may be forgotten.
            let made_at = made_at(&report.segment).unwrap_or(Duration::MAX);
            let newer = newest(&process.arrived).filter(|newer| newer.at >= made_at);
            assert!(
                newer <= known,
                "report {serial} would overwrite a newer one"
            );
        }
        serial
    }

    fn settle(&mut self, at: usize, which: impl Fn(usize) -> usize, is_delivered: bool) {
        let process = self.process(at);
        if process.held.is_empty() {
            return;
        }
        let (serial, _) = process.held[which(process.held.len())];
        let Report { name, sequence, .. } = &self.reports[serial];
        let (name, sequence) = (name.clone(), *sequence);
        // What is older of the same task goes with it.
        let goes = |other: usize| {
            let other = &self.reports[other];
            name.is_some() && other.name == name && other.sequence < sequence
        };
        let held = &self.processes[at].as_ref().unwrap().held;
        let ends: Vec<_> = held
            .iter()
            .copied()
            .filter(|(other, _)| *other == serial || goes(*other))
            .collect();
        self.process(at).held.retain(|held| !ends.contains(held));
        if let Some(name) = name.as_ref().filter(|_| is_delivered) {
            raise(&mut self.newest, name, sequence);
        }
        let task = name.filter(|_| is_delivered);
        let task = task.map(|name| delivered(&name, sequence));
        self.settle_all(at, &ends, task.as_ref());
    }

    fn settle_all(&mut self, at: usize, ends: &[(usize, Place)], task: Option<&DeliveredTask>) {
        for (serial, place) in ends {
            let before = self.disk.last_append_to(ACKS);
            self.process(at).replay.acknowledge(&[*place], task);
            let acked = self.disk.last_append_to(ACKS);
            let has_name = |file| self.disk.has(file);
            // Somebody may have removed the file of acks.
            let file = self.reports[*serial].file;
            let is_known = acked != before
                && acked.is_some_and(|acked| has_name(acked.file) || !has_name(file));
            let report = &mut self.reports[*serial];
            let is_known = is_known && !report.may_be_twice;
            report.state = State::Settled { is_known };
            report.was_settled = true;
            if let Some(task) = task
                && let Some(acked) = acked.filter(|acked| is_known && has_name(acked.file))
            {
                self.arrivals.push(Arrival {
                    name: task.id.clone(),
                    sequence: task.delivered.sequence(),
                    acks: acked.file,
                    segment: report.file,
                });
            }
        }
    }

    fn scan(&mut self, at: usize) {
        let now = Instant::now();
        let failed = self.disk.failed();
        self.while_restoring(at, |process| {
            process.replay.scan_soon(now);
            process.replay.scan(now);
        });
        self.relocate(at);
        if self.disk.failed() > failed {
            return;
        }
        let process = self.processes[at].as_mut().unwrap();
        for arrival in &self.arrivals {
            raise(&mut process.arrived, &arrival.name, arrival.sequence);
        }
        let files = self.disk.files_in(Path::new(DIR));
        let counted = files
            .iter()
            .filter(|f| f.extension().is_some_and(|e| e == SEGMENT || e == ACKS));
        let bytes: usize = counted.map(|path| self.disk.bytes(path).len()).sum();
        assert_eq!(process.spool.used.load(Ordering::Relaxed), bytes as u64);
    }

    /// What is waited for may have got another place.
    fn relocate(&mut self, at: usize) {
        let Some(process) = &self.processes[at] else {
            return;
        };
        for (serial, place) in &process.held {
            let Some((segment, bytes)) = process.replay.whereabouts(*place) else {
                continue;
            };
            let report = &mut self.reports[*serial];
            let path = Path::new(DIR).join(format!("{segment}.{SEGMENT}"));
            // Somebody may have removed it.
            let file = self.disk.file(&path);
            if let Some(file) = file.filter(|_| report.segment != segment) {
                report.file = file;
                report.segment = segment.to_owned();
                report.bytes = bytes;
                report.is_synced = true;
            }
        }
    }

    /// What a process had read and not settled waits again.
    fn let_go(&mut self, at: usize) {
        let number = self.processes[at].as_ref().map(|process| process.number);
        let gone = self.removed.extract_if(.., |(_, by)| Some(*by) == number);
        for (file, _) in gone {
            for report in self.reports.iter_mut().filter(|report| report.file == file) {
                // Unless it is written again in the last moment.
                (report.may_be_lost, report.was_restored) = (true, true);
            }
        }
        let held = self.processes[at].iter().flat_map(|process| &process.held);
        for (serial, _) in held {
            let report = &mut self.reports[*serial];
            report.state = match report.was_settled {
                true => State::Settled { is_known: false },
                false => State::Waiting,
            };
        }
    }

    fn any_file(&self, index: Index) -> Option<PathBuf> {
        let mut files = self.disk.files_in(Path::new(DIR));
        // Names are random in part.
        files.sort_by_key(|path| self.disk.file(path));
        (!files.is_empty()).then(|| index.get(&files).clone())
    }

    /// Some bytes of a file are not what they were.
    fn damaged(&mut self, path: &Path, touches: impl Fn(&Range<usize>) -> bool) {
        let file = self.disk.file(path).expect("the file");
        for report in self.reports.iter_mut().filter(|report| report.file == file) {
            report.may_be_lost |= touches(&report.bytes);
        }
        let acked: Vec<_> = self
            .arrivals
            .extract_if(.., |arrival| arrival.acks == file)
            .collect();
        let is_acks = path.extension().is_some_and(|ending| ending == ACKS);
        let segment = path.file_stem().and_then(|stem| stem.to_str()).unwrap();
        for report in &mut self.reports {
            let is_its =
                report.segment == segment || acked.iter().any(|a| a.segment == report.file);
            if is_acks
                && is_its
                && let State::Settled { is_known } = &mut report.state
            {
                *is_known = false;
            }
        }
        if is_acks {
            self.forget_arrived();
        }
    }

    fn forget_what_is_known(&mut self) {
        for report in &mut self.reports {
            if let State::Settled { is_known } = &mut report.state {
                *is_known = false;
            }
        }
        self.forget_arrived();
    }

    fn forget_arrived(&mut self) {
        for process in self.processes.iter_mut().flatten() {
            process.arrived.clear();
        }
    }

    /// The disk is well again, and a last process delivers all that is left.
    fn end(&mut self) {
        self.disk.heal();
        for process in 0..PROCESSES {
            self.act(Op::Crash { process });
        }
        for _ in 0..100 {
            self.scan(0);
            while self.read(0) {}
            while !self.process(0).held.is_empty() {
                self.settle(0, |_| 0, true);
            }
            if self.process(0).replay.is_empty() {
                break;
            }
        }
        assert!(self.process(0).replay.is_empty());
        for (serial, report) in self.reports.iter().enumerate() {
            let is_settled = matches!(report.state, State::Settled { .. });
            assert!(is_settled || report.may_be_lost, "report {serial} is lost");
        }
        self.act(Op::Close { process: 0 });
        assert_eq!(self.disk.open_files(), 0);
        self.scan(0);
        let left = self.disk.files_in(Path::new(DIR));
        let left = left
            .iter()
            .filter(|file| file.extension().is_none_or(|e| e != "new"));
        assert_eq!(left.count(), 0);
    }
}

fn id_of(reader: &SegmentReader) -> Option<FileId> {
    reader.segment.file.id().ok().map(|id| id.1)
}

fn name_of(name: u8) -> String {
    format!("task-{name}")
}
