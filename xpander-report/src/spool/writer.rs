//! The side of the spool that takes reports.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use crate::envelope::outgoing::Outgoing;
use crate::envelope::sequence::Sequence;
use crate::report::dead_letter::DeadLetter;
use crate::spool::files::directory::Directory;
#[cfg(feature = "_relay")]
use crate::spool::files::directory::SEGMENT;
#[cfg(any(test, xpander_fuzzing))]
use crate::spool::files::disk::Disk;
use crate::spool::files::segment::Segment;
use crate::spool::format::entry;
use crate::spool::kept::Kept;
use crate::spool::read_cache::{ReadCache, Written};
use crate::support::diagnostics::warn;
use crate::support::sync::{AtomicBool, AtomicU64, Mutex, MutexGuard, Ordering, lock, unpoisoned};

/// A segment is closed at this size, so that what is settled of it can be removed.
pub(super) const SEGMENT_BYTES: u64 = 8 << 20;

/// The bounds of a spool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpoolLimits {
    /// What all files in the directory may hold together, about.
    pub(crate) bytes: u64,
    /// How long a report waits before it is given up.
    pub(crate) age: Duration,
}

impl Default for SpoolLimits {
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            age: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

impl SpoolLimits {
    /// What the files may hold that wait for somebody to look at them: dead letters and damaged pieces.
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.bytes / 4
    }

    /// What reports that wait may hold, with their acknowledgements.
    pub(crate) fn waiting_bytes(&self) -> u64 {
        self.bytes - self.kept_bytes()
    }

    /// The limit of ack files whose segments are gone. They record what was delivered of tasks with explicit ids.
    pub(crate) fn remembered_bytes(&self) -> u64 {
        const MAX: u64 = 2 << 20;
        MAX.min(self.bytes / 16)
    }
}

/// The writing side of the spool.
pub(crate) struct Spool {
    directory: Directory,
    pub(super) limits: SpoolLimits,
    /// The address of the platform that its reports are for.
    pub(super) platform: String,
    /// When this began, by the wall clock: before it was given any report.
    pub(super) begun: Duration,
    writer: Mutex<Writer>,
    /// Held during a sync, so that only one runs at a time.
    syncing: Mutex<()>,
    /// The number of appended reports.
    appended: AtomicU64,
    /// How many of them certainly survive a loss of power.
    synced: AtomicU64,
    /// If not 0, a sync failed: the first so many reports are safe only after their delivery.
    unsure: AtomicU64,
    /// The number of appended reports when the segments were released. They belong to other processes now.
    pub(super) left: AtomicU64,
    /// There may be segments that the replay does not know.
    has_unknown: AtomicBool,
    /// The bytes of all segments in the directory and of their acknowledgements, about.
    pub(super) used: AtomicU64,
    /// Dead letters and damaged files, which wait for a person.
    pub(super) kept: std::sync::Mutex<Kept>,
    /// The last error of the directory about which a warning was printed.
    told: std::sync::Mutex<Option<String>>,
    /// Appended reports that are still in memory.
    pub(super) read_cache: ReadCache,
}

#[derive(Default)]
pub(super) struct Writer {
    pub(super) current: Option<Arc<Segment>>,
    /// Segments that the replay does not know yet.
    unknown: Vec<Arc<Segment>>,
    /// Segments with bytes that were not synced.
    dirty: Vec<Arc<Segment>>,
    /// A segment was made since the directory was synced.
    is_directory_dirty: bool,
}

impl Writer {
    fn is_dirty(&self) -> bool {
        self.is_directory_dirty || !self.dirty.is_empty()
    }
}

impl Spool {
    /// A spool in this directory, for reports that go to the platform at this address.
    pub(crate) fn new(path: PathBuf, platform: String, limits: SpoolLimits) -> Self {
        Self::at(Directory::own(path), platform, limits)
    }

    #[cfg(any(test, xpander_fuzzing))]
    pub(crate) fn on(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        platform: String,
        limits: SpoolLimits,
    ) -> Self {
        Self::at(Directory::new(path, disk), platform, limits)
    }

    fn at(directory: Directory, platform: String, limits: SpoolLimits) -> Self {
        Self {
            directory,
            limits,
            platform,
            begun: Sequence::next().at.saturating_sub(Duration::from_nanos(1)),
            writer: Mutex::default(),
            syncing: Mutex::default(),
            appended: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            unsure: AtomicU64::new(0),
            left: AtomicU64::new(0),
            has_unknown: AtomicBool::new(false),
            used: AtomicU64::new(0),
            kept: std::sync::Mutex::default(),
            told: std::sync::Mutex::default(),
            read_cache: ReadCache::default(),
        }
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Writes a report, which then survives the end of the process. Nothing of it is written on an error.
    pub(crate) fn append(&self, outgoing: &Outgoing) -> io::Result<Written> {
        let (head, [input, response, result]) = entry::encode_report(outgoing, &self.platform)?;
        let record = [&head, input, response, result];
        let bytes = record.iter().map(|piece| piece.len() as u64).sum();
        self.check_room(bytes)?;
        let mut writer = self.lock();
        let segment = self.segment(&mut writer, outgoing.sequence().at)?;
        let number = self.appended() + 1;
        let start = segment.written();
        segment.append(&record, number)?;
        let written = Written {
            segment: Arc::downgrade(&segment),
            start,
            end: segment.written(),
            number,
        };
        self.used.fetch_add(bytes, Ordering::Relaxed);
        self.appended.store(number, Ordering::Release);
        if segment.written() >= SEGMENT_BYTES {
            segment.seal();
        }
        if !writer
            .dirty
            .iter()
            .any(|dirty| Arc::ptr_eq(dirty, &segment))
        {
            writer.dirty.push(segment);
        }
        Ok(written)
    }

    fn check_room(&self, bytes: u64) -> io::Result<()> {
        let most = self.limits.waiting_bytes();
        if self.used.load(Ordering::Relaxed).saturating_add(bytes) <= most {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::StorageFull,
            format!("the spool is full ({most} bytes)"),
        ))
    }

    /// Whether a report could be written now.
    #[cfg(feature = "_relay")]
    pub(crate) fn check(&self) -> io::Result<()> {
        const SMALL: u64 = 4096;
        self.check_room(SMALL)?;
        self.directory.make()?;
        self.directory.try_writing()
    }

    /// Closes the current segment if other processes would not find its file.
    #[cfg(feature = "_relay")]
    pub(crate) fn seal_if_moved(&self) {
        let mut writer = self.lock();
        let is_there = |segment: &Arc<Segment>| {
            let there = self
                .directory
                .is_there(&segment.name, SEGMENT, &*segment.file);
            matches!(there, Ok(true))
        };
        if let Some(lost) = writer.current.take_if(|current| !is_there(current)) {
            lost.seal();
        }
    }

    /// Keeps a report that was written in memory, too, for who reads it next; unless there is no room.
    pub(crate) fn remember(&self, written: Written, outgoing: Outgoing) {
        self.read_cache.push(written, outgoing);
    }

    /// The segment that the next report goes to, which came then.
    fn segment(&self, writer: &mut Writer, at: Duration) -> io::Result<Arc<Segment>> {
        if let Some(current) = &writer.current {
            // The name of a segment has the earliest time of its reports, in milliseconds.
            if !current.is_sealed() && current.made_at.as_millis() <= at.as_millis() {
                return Ok(Arc::clone(current));
            }
            current.seal();
        }
        let segment = Arc::new(self.directory.create_segment(at)?);
        self.used.fetch_add(segment.written(), Ordering::Relaxed);
        writer.unknown.push(Arc::clone(&segment));
        self.has_unknown.store(true, Ordering::Release);
        writer.is_directory_dirty = true;
        writer.current = Some(Arc::clone(&segment));
        Ok(segment)
    }

    /// A segment with so many bytes is no longer in the directory.
    pub(super) fn removed(&self, bytes: u64) {
        let less = |used: u64| Some(used.saturating_sub(bytes));
        let _ = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// How many reports were appended so far.
    pub(crate) fn appended(&self) -> u64 {
        self.appended.load(Ordering::Acquire)
    }

    /// Whether the first `count` reports that were appended surely survive a loss of power.
    pub(crate) fn is_synced(&self, count: u64) -> bool {
        // In this order: after a failed sync, `unsure` is set before `synced`.
        let is_synced = self.synced.load(Ordering::Acquire) >= count;
        is_synced && self.unsure.load(Ordering::Acquire) == 0
    }

    /// Whether something was appended that was not synced.
    pub(crate) fn is_dirty(&self) -> bool {
        self.synced.load(Ordering::Acquire) < self.appended()
    }

    /// Makes what was appended so far survive a loss of power.
    ///
    /// After an error it is unknown which reports are on disk, and another sync would not tell. These reports are safe
    /// only after their delivery, and the next reports go to another segment.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let _syncing = unpoisoned(self.syncing.lock());
        let (dirty, is_directory_dirty, mut appended) = {
            let mut writer = self.lock();
            (
                std::mem::take(&mut writer.dirty),
                std::mem::take(&mut writer.is_directory_dirty),
                self.appended(),
            )
        };
        let mut synced = Ok(());
        for segment in dirty {
            synced = synced.and(segment.file.sync());
        }
        if is_directory_dirty {
            synced = synced.and(self.directory.sync());
        }
        if synced.is_err() {
            let writer = self.lock();
            if let Some(current) = &writer.current {
                current.seal();
            }
            appended = self.appended();
            self.unsure.store(appended, Ordering::Release);
        }
        self.synced.store(appended, Ordering::Release);
        synced
    }

    /// What was appended so far may not survive a loss of power.
    pub(super) fn doubt_synced(&self) {
        self.unsure.store(self.appended(), Ordering::Release);
    }

    /// The first `count` reports that were appended are settled.
    pub(super) fn settled(&self, count: u64) {
        let unsure = self.unsure.load(Ordering::Acquire);
        if unsure != 0 && unsure <= count {
            let _ = self
                .unsure
                .compare_exchange(unsure, 0, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    pub(super) fn take_unknown(&self) -> Vec<Arc<Segment>> {
        // Often asked, while others write.
        if !self.has_unknown.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut writer = self.lock();
        self.has_unknown.store(false, Ordering::Release);
        std::mem::take(&mut writer.unknown)
    }

    /// No more is written to this segment.
    pub(super) fn seal(&self, segment: &Segment) {
        let _writer = self.lock();
        segment.seal();
    }

    /// Closes a segment if nothing was appended after `end`, and if it is full, or large or old enough for a new one.
    /// Returns whether it is closed.
    pub(super) fn retire(&self, segment: &Arc<Segment>, end: u64, is_over: bool) -> bool {
        const SMALL: u64 = 256 << 10;
        const YOUNG: Duration = Duration::from_secs(10);
        let mut writer = self.lock();
        let is_large = segment.is_sealed() || end >= SMALL;
        let is_worth = is_over || is_large || segment.since.elapsed() >= YOUNG;
        if segment.written() != end || !is_worth {
            return false;
        }
        segment.seal();
        writer
            .current
            .take_if(|current| Arc::ptr_eq(current, segment));
        writer.dirty.retain(|dirty| !Arc::ptr_eq(dirty, segment));
        true
    }

    /// Stops writing and syncing this segment, because another segment has its reports.
    pub(super) fn replaced(&self, segment: &Arc<Segment>) {
        let mut writer = self.lock();
        segment.seal();
        writer
            .current
            .take_if(|current| Arc::ptr_eq(current, segment));
        writer.dirty.retain(|dirty| !Arc::ptr_eq(dirty, segment));
    }

    /// Lets go of all segments: other processes may have them. Returns how many reports had been appended.
    pub(super) fn close(&self) -> u64 {
        let mut writer = self.lock();
        let appended = self.appended();
        if std::mem::take(&mut *writer).is_dirty() {
            self.unsure.store(appended, Ordering::Release);
        }
        self.left.store(appended, Ordering::Release);
        appended
    }

    /// Whether this error of the directory is new. Remembers it.
    pub(crate) fn is_new_error(&self, error: &io::Error) -> bool {
        let error = error.to_string();
        let told = lock(&self.told).replace(error.clone());
        told.is_none_or(|told| told != error)
    }

    /// Forgets the last error, so that the next one is logged again.
    pub(crate) fn forget_error(&self) {
        *lock(&self.told) = None;
    }

    /// Says something about the directory.
    pub(super) fn warn(&self, what: fmt::Arguments<'_>) {
        warn(format_args!(
            "the spool in {}: {what}",
            self.directory.path().display()
        ));
    }

    /// Keeps a report that the platform refused. Returns how many older ones were deleted to make room.
    pub(crate) fn keep_dead(&self, letter: &DeadLetter, is_synced: bool) -> io::Result<u64> {
        let letter = serde_json::to_vec(letter)?;
        let dropped = self.make_room(letter.len() as u64)?;
        self.directory.write_dead(&letter, is_synced)?;
        Ok(dropped)
    }

    /// Puts the damaged pieces of a segment where people find them.
    pub(super) fn set_aside(&self, name: &str, pieces: &[u8]) -> io::Result<PathBuf> {
        // What is larger than all that may be kept is not lost for that.
        let bytes = self.limits.kept_bytes().min(pieces.len() as u64);
        self.make_room(bytes)?;
        self.directory.set_aside(name, pieces)
    }

    /// Makes room for a file of so many bytes that somebody has to look at. Returns how many dead letters were deleted.
    fn make_room(&self, bytes: u64) -> io::Result<u64> {
        let mut kept = lock(&self.kept);
        let deleted = kept.make_room(&self.directory, bytes, self.limits.kept_bytes())?;
        if deleted.damaged_files > 0 {
            self.warn(format_args!(
                "{} files of damaged reports were deleted to make room for newer ones",
                deleted.damaged_files
            ));
        }
        Ok(deleted.dead_letters)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Writer> {
        unpoisoned(self.writer.lock())
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool")
            .field("directory", &self.directory.path())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
