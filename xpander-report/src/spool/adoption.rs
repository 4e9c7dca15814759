//! What other processes left behind when they ended.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use super::segment_reader::SegmentReader;
use super::writer::Spool;
use crate::envelope::outgoing::Delivered;
use crate::envelope::sequence;
use crate::report::task_id::TaskId;
use crate::spool::files::directory::ACKS;
use crate::spool::files::directory::SEGMENT;
use crate::spool::files::directory::found;
use crate::spool::files::directory::made_at;
use crate::spool::files::directory::read_acks;
use crate::spool::format::entry::Ack;
use crate::spool::format::entry::DeliveredTask;
use crate::spool::place::SegmentId;
use crate::support::random;
use crate::support::sync::Ordering;

/// How often to look for what other processes left behind.
const SCAN: Duration = Duration::from_secs(10);

/// So many segments of others are read at once, and so many are open at most: what is read whole may wait for
/// long, and must not keep others from being read.
const MAX_READ: usize = 4;
pub(super) const MAX_ADOPTED: usize = 64;

/// Finds what other processes left behind.
pub(super) struct Adoption {
    spool: Arc<Spool>,
    /// When this began, by the wall clock.
    pub(super) begun: Duration,
    scan_at: Instant,
    /// There was more to adopt than is worked on at once.
    has_more: bool,
    /// Why the directory cannot be looked through was told.
    warned_scan: bool,
    /// Segments that stay where they are, and why was told.
    other_platform: HashSet<String>,
    /// Segments that something is wrong with, of which was told, and when they are tried again.
    backing_off: HashMap<String, Instant>,
    /// What the platform has of tasks with names, as files of acks say; looked up while there are segments of others.
    delivered: HashMap<TaskId, Delivered>,
}

/// The segments that are open.
type Segments = BTreeMap<SegmentId, SegmentReader>;

impl Adoption {
    pub(super) fn new(spool: Arc<Spool>, now: Instant) -> Self {
        Self {
            spool,
            begun: sequence::now(),
            scan_at: now,
            has_more: true,
            warned_scan: false,
            other_platform: HashSet::new(),
            backing_off: HashMap::new(),
            delivered: HashMap::new(),
        }
    }

    pub(super) fn scan_at(&self) -> Instant {
        self.scan_at
    }

    pub(super) fn scan_soon(&mut self, now: Instant) {
        self.scan_at = now;
        self.has_more = true;
    }

    /// Whether there may be more to adopt.
    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }

    /// Whether nothing is left of others that something is wrong with.
    pub(super) fn is_undisturbed(&self) -> bool {
        self.backing_off.is_empty() && !self.warned_scan
    }

    /// What the platform has of this task, as far as files of acks say.
    pub(super) fn delivered(&self, id: &TaskId) -> Option<&Delivered> {
        self.delivered.get(id)
    }

    /// The segments that no process has any more, beside those that are open; none if it is not time to look.
    pub(super) fn scan(&mut self, now: Instant, open: &Segments) -> Option<Vec<SegmentReader>> {
        let goes_on = self.has_more && has_room(open, &[]) && !self.warned_scan;
        if now >= self.scan_at {
            self.scan_at = now + SCAN.mul_f64(0.75 + random::unit() / 2.0);
        } else if !goes_on {
            return None;
        }
        self.has_more = false;
        let mut adopted = Vec::new();
        match found(self.try_scan(now, open, &mut adopted)) {
            Ok(()) => self.warned_scan = false,
            Err(error) => {
                self.has_more = true;
                if !std::mem::replace(&mut self.warned_scan, true) {
                    self.spool
                        .warn(format_args!("cannot be looked through: {error}"));
                }
            }
        }
        Some(adopted)
    }

    fn try_scan(
        &mut self,
        now: Instant,
        open: &Segments,
        adopted: &mut Vec<SegmentReader>,
    ) -> io::Result<()> {
        let spool = Arc::clone(&self.spool);
        let directory = spool.directory();
        let names = directory.names(SEGMENT)?;
        let (mut used, mut oldest) = (0, Duration::MAX);
        for name in &names {
            if self.is_new(name, now, open) {
                if has_room(open, adopted) {
                    adopted.extend(self.adopt(name));
                } else {
                    self.has_more = true;
                }
            }
            if directory.has(name, SEGMENT) {
                let length = directory.open(name, SEGMENT).and_then(|file| file.len());
                used += length.unwrap_or(0);
                // One that somebody else named may be as old as any.
                oldest = oldest.min(made_at(name).unwrap_or_default());
            }
        }
        spool.used.store(used, Ordering::Relaxed);
        self.other_platform.retain(|name| names.contains(name));
        self.backing_off.retain(|name, _| names.contains(name));
        let has_others = !adopted.is_empty() || open.values().any(|reader| !reader.is_own);
        self.delivered = match has_others {
            true => self.read_known(),
            false => HashMap::new(),
        };
        let unfinished = directory.remove_unfinished();
        self.forget_delivered(oldest)?;
        unfinished
    }

    /// Whether this segment may be adopted.
    fn is_new(&self, name: &str, now: Instant, open: &Segments) -> bool {
        let is_mine = open.values().any(|reader| reader.segment.name == name);
        let is_backing_off = self.backing_off.get(name).is_some_and(|until| now < *until);
        !is_mine && !is_backing_off && !self.other_platform.contains(name)
    }

    fn adopt(&mut self, name: &str) -> Option<SegmentReader> {
        let directory = self.spool.directory();
        let (segment, header) = match directory.adopt(name) {
            Ok(Some(adopted)) => adopted,
            Ok(None) => return None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.set_aside(name, "its beginning is damaged, so nothing of it was taken");
                return None;
            }
            Err(error) => {
                self.back_off(name, format_args!("cannot be read: {error}"));
                return None;
            }
        };
        if header != self.spool.header {
            self.other_platform.insert(name.to_owned());
            self.spool.warn(format_args!(
                "{name}.{SEGMENT} waits for the platform at {}, not for {}; a program with that address \
                 delivers it, as does `xpander-report spool drain`",
                header.platform, self.spool.header.platform
            ));
            return None;
        }
        let mut reader = SegmentReader::new(Arc::new(segment), false);
        match self.read_acks(name) {
            Ok(acks) => {
                reader.has_names = acks.iter().any(|ack| ack.task.is_some());
                reader.settled = acks.into_iter().map(|ack| ack.offset).collect();
            }
            Err(error) => {
                reader.has_names = true;
                self.spool
                    .warn(format_args!("{name}.{ACKS} cannot be read: {error}"));
            }
        }
        Some(reader)
    }

    fn read_acks(&self, name: &str) -> io::Result<Vec<Ack>> {
        match self.spool.directory().open(name, ACKS) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            opened => read_acks(&*opened?),
        }
    }

    /// What the platform has of tasks with names, as far as the directory knows.
    fn read_known(&self) -> HashMap<TaskId, Delivered> {
        let mut known = HashMap::<TaskId, Delivered>::new();
        let names = self.spool.directory().names(ACKS).unwrap_or_default();
        let acks = names.iter().filter_map(|name| self.read_acks(name).ok());
        let now = sequence::now();
        for DeliveredTask { id, mut delivered } in acks.flatten().filter_map(|ack| ack.task) {
            delivered.bound(now, self.begun);
            match known.entry(id.into()) {
                Entry::Occupied(mut other) => other.get_mut().merge(&delivered),
                Entry::Vacant(entry) => drop(entry.insert(delivered)),
            }
        }
        known
    }

    /// What was delivered need not be known any more once no segment is left that is as old, or none of its reports
    /// would be delivered.
    pub(super) fn forget_delivered(&self, oldest: Duration) -> io::Result<()> {
        let directory = self.spool.directory();
        let expired = sequence::now().saturating_sub(self.spool.limits.age);
        let mut forgotten = Ok(());
        for name in directory.names(ACKS)? {
            if directory.has(&name, SEGMENT) {
                continue;
            }
            let forget = || {
                let acks = self.read_acks(&name)?;
                let tasks = acks.iter().filter_map(|ack| ack.task.as_ref());
                let newest = tasks.map(|task| task.delivered.sequence().at).max();
                if newest.is_none_or(|at| at < oldest.max(expired)) {
                    found(directory.remove(&name, ACKS))?;
                }
                Ok(())
            };
            forgotten = forgotten.and(forget());
        }
        forgotten
    }

    pub(super) fn set_aside(&mut self, name: &str, what: &str) -> bool {
        match self.spool.directory().set_aside(name) {
            Ok(aside) => {
                self.spool.warn(format_args!(
                    "a file was damaged; {what}, and it was put aside: {}",
                    aside.display()
                ));
                true
            }
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => {
                let problem = format_args!("is damaged and cannot be put aside: {error}");
                self.back_off(name, problem);
                false
            }
        }
    }

    /// A segment stays until the next look at the directory. Why is told once.
    pub(super) fn back_off(&mut self, name: &str, why: fmt::Arguments<'_>) {
        let put_off = self.backing_off.insert(name.to_owned(), self.scan_at);
        if put_off.is_none() {
            self.spool.warn(format_args!("{name}.{SEGMENT} {why}"));
        }
    }
}

/// Whether one more segment may be adopted.
fn has_room(open: &Segments, adopted: &[SegmentReader]) -> bool {
    let others = || {
        let open = open.values().filter(|reader| !reader.is_own);
        open.chain(adopted)
    };
    let unread = others().filter(|reader| !reader.is_read());
    unread.count() < MAX_READ && others().count() < MAX_ADOPTED
}
