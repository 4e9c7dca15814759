//! What other processes left behind when they ended.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, io};

use super::clocks::ClocksAhead;
use super::segment_reader::SegmentReader;
use super::writer::Spool;
use crate::envelope::outgoing::Delivered;
use crate::envelope::sequence;
use crate::report::task_id::TaskId;
use crate::spool::files::directory::{ACKS, SEGMENT, found, made_at, read_acks};
use crate::spool::format::entry::{Ack, DeliveredTask};
use crate::spool::place::SegmentId;
use crate::support::random;
use crate::support::sync::Ordering;

/// How often to look for what other processes left behind.
const SCAN: Duration = Duration::from_secs(10);

/// How many segments of other processes are read at the same time, and how many are open at most. A segment that is
/// completely read may wait for long, and must not prevent the reading of others.
const MAX_READ: usize = 4;
pub(super) const MAX_ADOPTED: usize = 64;

/// The maximum number of tasks with explicit ids whose deliveries by other processes are remembered. The newest are
/// kept.
const MAX_DELIVERED: usize = 10_000;

/// Finds what other processes left behind.
pub(super) struct Adoption {
    spool: Arc<Spool>,
    pub(super) clocks: ClocksAhead,
    scan_at: Instant,
    /// There was more to adopt than is worked on at once.
    has_more: bool,
    /// A warning has said why the files of the directory cannot be listed.
    warned_scan: bool,
    /// Segments for another platform, about which a warning was printed.
    other_platform: HashSet<String>,
    /// Segments with an error, about which a warning was printed, and when each is tried again.
    backing_off: HashMap<String, Instant>,
    /// What the platform has of tasks with names, as files of acks say; looked up while there are segments of others.
    delivered: HashMap<TaskId, Delivered>,
    /// The bytes of ack files whose segments are gone, since these files were last shortened.
    remembered: u64,
}

/// The segments that are open.
type Segments = BTreeMap<SegmentId, SegmentReader>;

impl Adoption {
    pub(super) fn new(spool: Arc<Spool>, now: Instant) -> Self {
        Self {
            clocks: ClocksAhead::new(spool.begun),
            spool,
            scan_at: now,
            has_more: true,
            warned_scan: false,
            other_platform: HashSet::new(),
            backing_off: HashMap::new(),
            delivered: HashMap::new(),
            remembered: 0,
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

    /// Whether there is more to adopt, and room for it.
    pub(super) fn goes_on(&self, open: &Segments) -> bool {
        self.has_more && has_room(open, &[]) && !self.warned_scan
    }

    /// Whether nothing is left of others that something is wrong with.
    pub(super) fn has_no_errors(&self) -> bool {
        self.backing_off.is_empty() && !self.warned_scan
    }

    /// What the platform has of this task, as far as files of acks say.
    pub(super) fn delivered(&self, id: &TaskId) -> Option<&Delivered> {
        self.delivered.get(id)
    }

    /// The segments that no process has any more, beside those that are open; none if it is not time to look.
    pub(super) fn scan(&mut self, now: Instant, open: &Segments) -> Option<Vec<SegmentReader>> {
        let goes_on = self.goes_on(open);
        if now >= self.scan_at {
            self.scan_at = now + SCAN.mul_f64(0.75 + random::unit() / 2.0);
        } else if !goes_on {
            return None;
        }
        self.has_more = false;
        let mut adopted = Vec::new();
        match self.try_scan(now, open, &mut adopted) {
            Ok(()) => {
                if std::mem::take(&mut self.warned_scan) {
                    self.spool.forget_error();
                }
            }
            Err(error) => {
                self.has_more = true;
                if !std::mem::replace(&mut self.warned_scan, true)
                    && self.spool.is_new_error(&error)
                {
                    self.spool
                        .warn(format_args!("its files cannot be listed: {error}"));
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
        let names = found(directory.names(SEGMENT))?;
        let (mut used, mut oldest) = (0, Duration::MAX);
        for name in &names {
            if self.is_new(name, now, open) {
                if has_room(open, adopted) {
                    adopted.extend(self.adopt(name));
                } else {
                    self.has_more = true;
                }
            }
            match directory.len(name, SEGMENT) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                length => used += length.unwrap_or(0),
            }
            // A file with a foreign name may be of any age.
            oldest = oldest.min(made_at(name).unwrap_or_default());
        }
        self.other_platform.retain(|name| names.contains(name));
        self.backing_off.retain(|name, _| names.contains(name));
        let has_others = !adopted.is_empty() || open.values().any(|reader| !reader.is_own);
        self.delivered = match has_others {
            true => self.read_known(),
            false => HashMap::new(),
        };
        let unfinished = directory.remove_unfinished();
        let forgotten = self.remove_old_acks(oldest);
        for name in found(directory.names(ACKS))? {
            used += directory.len(&name, ACKS).unwrap_or(0);
        }
        spool.used.store(used, Ordering::Relaxed);
        forgotten.and(unfinished)
    }

    /// Whether this segment may be adopted.
    fn is_new(&self, name: &str, now: Instant, open: &Segments) -> bool {
        let is_mine = open.values().any(|reader| reader.segment.name == name);
        let is_backing_off = self.backing_off.get(name).is_some_and(|until| now < *until);
        !is_mine && !is_backing_off && !self.other_platform.contains(name)
    }

    fn adopt(&mut self, name: &str) -> Option<SegmentReader> {
        let adopted = self.spool.directory().adopt(name).and_then(|adopted| {
            let reader = adopted.map(|segment| SegmentReader::adopted(Arc::new(segment)));
            let Some(mut reader) = reader else {
                return Ok(None);
            };
            let platform = reader.platform()?;
            Ok(Some((reader, platform)))
        });
        let (mut reader, platform) = match adopted {
            Ok(Some(adopted)) => adopted,
            Ok(None) => return None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                self.back_off(name, format_args!("cannot be read: {error}"));
                return None;
            }
        };
        if let Some(platform) = platform
            && platform != self.spool.platform
        {
            self.other_platform.insert(name.to_owned());
            self.spool.warn(format_args!(
                "{name}.{SEGMENT} is for the platform at {platform}, not {}; a program that uses \
                 that address will deliver it, or run `xpander-report spool drain`",
                self.spool.platform
            ));
            return None;
        }
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
    fn read_known(&mut self) -> HashMap<TaskId, Delivered> {
        let mut known = HashMap::<TaskId, Delivered>::new();
        let names = self.spool.directory().names(ACKS).unwrap_or_default();
        for name in names {
            let acks = self.read_acks(&name).unwrap_or_default();
            for DeliveredTask { id, mut delivered } in acks.into_iter().filter_map(|ack| ack.task) {
                delivered.redate(|sequence| self.clocks.date(sequence));
                match known.entry(id.into()) {
                    Entry::Occupied(mut other) => other.get_mut().merge(&delivered),
                    Entry::Vacant(entry) => drop(entry.insert(delivered)),
                }
                if known.len() >= 2 * MAX_DELIVERED {
                    keep_newest(&mut known);
                }
            }
        }
        if known.len() > MAX_DELIVERED {
            keep_newest(&mut known);
        }
        known.shrink_to_fit();
        known
    }

    /// Counts the bytes of an ack file whose segment is gone.
    pub(super) fn remember(&mut self, bytes: u64) {
        self.remembered += bytes;
        if self.remembered > self.spool.limits.remembered_bytes() {
            // What cannot be shortened now is shortened at the next look.
            let _ = self.shorten_remembered();
        }
    }

    /// Removes the ack files of removed segments if all other segments are newer than their deliveries, or if these
    /// deliveries exceed the age limit.
    pub(super) fn remove_old_acks(&mut self, oldest: Duration) -> io::Result<()> {
        let expired = sequence::now().saturating_sub(self.spool.limits.age);
        let mut forgotten = Ok(());
        for name in self.remembered_acks()? {
            let forget = || {
                let acks = self.read_acks(&name)?;
                let tasks = acks.iter().filter_map(|ack| ack.task.as_ref());
                let newest = tasks.map(|task| task.delivered.sequence().at).max();
                if newest.is_none_or(|at| at < oldest.max(expired)) {
                    found(self.spool.directory().remove(&name, ACKS))?;
                }
                Ok(())
            };
            forgotten = forgotten.and(forget());
        }
        forgotten.and(self.shorten_remembered())
    }

    /// The files of acks whose segments are gone, oldest first.
    fn remembered_acks(&self) -> io::Result<Vec<String>> {
        let directory = self.spool.directory();
        let segments: HashSet<_> = found(directory.names(SEGMENT))?.into_iter().collect();
        let mut names = found(directory.names(ACKS))?;
        names.retain(|name| !segments.contains(name));
        Ok(names)
    }

    /// Shortens the ack files of removed segments to their limit, and keeps the newest deliveries.
    fn shorten_remembered(&mut self) -> io::Result<()> {
        let directory = self.spool.directory();
        let most = self.spool.limits.remembered_bytes();
        let (mut left, mut before, mut after) = (most, 0, 0);
        for name in self.remembered_acks()?.iter().rev() {
            let bytes = found(directory.len(name, ACKS))?;
            before += bytes;
            if bytes > left {
                match left {
                    0 => found(directory.remove(name, ACKS))?,
                    // To half of the room, so that not every new ack rewrites the file.
                    _ => found(directory.shorten_acks(name, left / 2))?,
                }
                left = 0;
                after += found(directory.len(name, ACKS))?;
                continue;
            }
            left -= bytes;
            after += bytes;
        }
        self.remembered = after;
        self.spool.removed(before.saturating_sub(after));
        Ok(())
    }

    /// Leaves a segment alone until the next scan. The reason is logged once.
    pub(super) fn back_off(&mut self, name: &str, why: fmt::Arguments<'_>) {
        let known = self.backing_off.insert(name.to_owned(), self.scan_at);
        if known.is_none() {
            self.spool.warn(format_args!("{name}.{SEGMENT} {why}"));
        }
    }
}

/// Keeps the tasks that were reported last.
fn keep_newest(known: &mut HashMap<TaskId, Delivered>) {
    let mut newest: Vec<_> = known.values().map(Delivered::sequence).collect();
    let last = newest.len() - MAX_DELIVERED;
    let (_, oldest_kept, _) = newest.select_nth_unstable(last);
    let oldest_kept = *oldest_kept;
    known.retain(|_, delivered| delivered.sequence() >= oldest_kept);
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
