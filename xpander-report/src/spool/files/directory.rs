use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::disk::{Disk, DiskFile};
use super::os_disk::{OsDisk, own_folder};
use super::segment::{PREAMBLE, Segment};
use crate::envelope::sequence;
use crate::report::dead_letter::{Chosen, DeadLetter};
use crate::report::task_id::TaskId;
use crate::spool::format::entry::Ack;
use crate::spool::format::record::Chunk;
use crate::spool::format::{entry, record};

/// Reports.
pub(crate) const SEGMENT: &str = "seg";
/// Which reports of a segment are settled.
pub(crate) const ACKS: &str = "ack";
/// A report that the platform refused.
const LETTER: &str = "json";
/// A file that does not count yet.
const NEW: &str = "new";
/// Where the damaged pieces of segments go.
const DAMAGED: &str = "damaged";
/// Where reports go that the platform refused.
const DEAD: &str = "dead";

/// The directory of one user's reports, which several processes share.
#[derive(Clone)]
pub(crate) struct Directory {
    path: PathBuf,
    disk: Arc<dyn Disk>,
}

/// What was deleted to make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct MadeRoom {
    /// How many bytes are left.
    pub(crate) bytes: u64,
    /// How many files are left.
    pub(crate) files: usize,
    pub(crate) dead_letters: u64,
    pub(crate) damaged_files: u64,
}

impl Directory {
    pub(crate) fn new(path: PathBuf, disk: Arc<dyn Disk>) -> Self {
        Self { path, disk }
    }

    /// This user's own, in a directory that may be anybody's.
    pub(crate) fn own(root: PathBuf) -> Self {
        Self::new(root.join(own_folder()), Arc::new(OsDisk::own(root)))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn make(&self) -> io::Result<()> {
        self.disk.create_dir(&self.path)
    }

    /// Whether files can be made and written there.
    pub(crate) fn try_writing(&self) -> io::Result<()> {
        const SOME: [u8; 4096] = [0; 4096];
        let new = self.file(&sequence::new_id().to_string(), NEW);
        let written = self.disk.create(&new)?.append(&[&SOME]);
        self.disk.remove(&new)?;
        written
    }

    fn file(&self, name: &str, ending: &str) -> PathBuf {
        self.path.join(format!("{name}.{ending}"))
    }

    /// The names of the files with this ending, oldest first.
    pub(crate) fn names(&self, ending: &str) -> io::Result<Vec<String>> {
        self.names_in(&self.path, ending)
    }

    fn names_in(&self, dir: &Path, ending: &str) -> io::Result<Vec<String>> {
        let mut names: Vec<_> = self
            .disk
            .list(dir)?
            .iter()
            .filter_map(|file| file.strip_suffix(ending)?.strip_suffix('.'))
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// A new segment, locked, for reports that came since then.
    pub(crate) fn create_segment(&self, since: Duration) -> io::Result<Segment> {
        self.create_filled(since, Ok)
    }

    /// A new segment, locked, with what `fill` puts into it. It gets its name then, so that nobody else finds it before.
    pub(crate) fn create_filled(
        &self,
        since: Duration,
        fill: impl FnOnce(Segment) -> io::Result<Segment>,
    ) -> io::Result<Segment> {
        self.make()?;
        let name = sequence::new_id_since(since).to_string();
        let new = self.file(&name, NEW);
        let file = self.disk.create(&new)?;
        let made = file.try_lock().and_then(|is_locked| {
            if !is_locked {
                return Err(io::Error::other("a new file is locked by somebody else"));
            }
            file.append(&[PREAMBLE])?;
            let begun = Segment::new(name.clone(), file, since, PREAMBLE.len() as u64);
            let segment = fill(begun)?;
            self.disk.rename(&new, &self.file(&name, SEGMENT))?;
            Ok(segment)
        });
        if made.is_err() {
            let _ = self.disk.remove(&new);
        }
        made
    }

    /// A segment that no process has any more, locked; none if one has it.
    pub(crate) fn adopt(&self, name: &str) -> io::Result<Option<Segment>> {
        let file = self.open(name, SEGMENT)?;
        // Its last process may have removed it in the meantime.
        if !file.try_lock()? || !self.is_there(name, SEGMENT, &*file)? {
            return Ok(None);
        }
        let length = file.len()?;
        let segment = Segment::new(name.to_owned(), file, Duration::ZERO, length);
        segment.seal();
        Ok(Some(segment))
    }

    /// Whether this open file is the one that has this name.
    pub(crate) fn is_there(
        &self,
        name: &str,
        ending: &str,
        file: &dyn DiskFile,
    ) -> io::Result<bool> {
        match self.disk.id(&self.file(name, ending)) {
            Ok(id) => Ok(id == file.id()?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn open(&self, name: &str, ending: &str) -> io::Result<Box<dyn DiskFile>> {
        self.disk.open(&self.file(name, ending))
    }

    /// A file that things are added to; made if it is not there.
    pub(crate) fn open_acks(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let path = self.file(name, ACKS);
        match self.disk.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.disk.create(&path),
            opened => opened,
        }
    }

    /// What was noted of one segment is noted of another, which has the same reports.
    pub(crate) fn move_acks(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk
            .rename(&self.file(from, ACKS), &self.file(to, ACKS))
    }

    /// Of acks whose segment is gone, keeps the last ones: so many bytes of them at most.
    pub(crate) fn shorten_acks(&self, name: &str, most: u64) -> io::Result<()> {
        let file = self.open(name, ACKS)?;
        let from = file.len()?.saturating_sub(most);
        let mut bytes = Vec::new();
        file.read_at(
            from,
            usize::try_from(most).unwrap_or(usize::MAX),
            &mut bytes,
        )?;
        // It may begin inside a record.
        let first = record::chunks(&bytes).find_map(|chunk| match chunk {
            Chunk::Record(offset, _) => usize::try_from(offset).ok(),
            Chunk::Damaged(_) => None,
        });
        let kept = first.and_then(|first| bytes.get(first..)).unwrap_or(&[]);
        self.write_whole(&self.path, name, ACKS, kept, false)
    }

    pub(crate) fn len(&self, name: &str, ending: &str) -> io::Result<u64> {
        self.open(name, ending)?.len()
    }

    pub(crate) fn remove(&self, name: &str, ending: &str) -> io::Result<()> {
        self.disk.remove(&self.file(name, ending))
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.disk.sync_dir(&self.path)
    }

    /// Removes what a process left behind that ended while it made a file.
    pub(crate) fn remove_unfinished(&self) -> io::Result<()> {
        const LONG_AGO: Duration = Duration::from_secs(3_600);
        let long_ago = sequence::now().saturating_sub(LONG_AGO);
        for dir in [&self.path, &self.path.join(DEAD), &self.path.join(DAMAGED)] {
            for name in found(self.names_in(dir, NEW))? {
                if made_at(&name).is_some_and(|made_at| made_at < long_ago) {
                    found(self.disk.remove(&dir.join(format!("{name}.{NEW}"))))?;
                }
            }
        }
        Ok(())
    }

    /// Writes a file whole, or nothing, in the place of one that is there.
    fn write_whole(
        &self,
        dir: &Path,
        name: &str,
        ending: &str,
        bytes: &[u8],
        is_synced: bool,
    ) -> io::Result<()> {
        self.disk.create_dir(dir)?;
        // The name is new, so that an unfinished file does not prevent writing.
        let new = dir.join(format!("{}.{NEW}", sequence::new_id()));
        let written = self.disk.create(&new).and_then(|file| {
            file.append(&[bytes])?;
            if is_synced {
                file.sync()?;
            }
            self.disk
                .rename(&new, &dir.join(format!("{name}.{ending}")))?;
            if is_synced {
                self.disk.sync_dir(dir)?;
            }
            Ok(())
        });
        if written.is_err() {
            let _ = self.disk.remove(&new);
        }
        written
    }

    /// Writes a dead letter, so that it survives a loss of power if that is wanted.
    pub(crate) fn write_dead(&self, letter: &[u8], is_synced: bool) -> io::Result<()> {
        let name = sequence::new_id().to_string();
        self.write_whole(&self.path.join(DEAD), &name, LETTER, letter, is_synced)
    }

    /// The names of dead letters, oldest first.
    pub(crate) fn dead(&self) -> io::Result<Vec<String>> {
        found(self.names_in(&self.path.join(DEAD), LETTER))
    }

    /// None: another process has removed it meanwhile.
    pub(crate) fn read_dead(&self, name: &str) -> io::Result<Option<DeadLetter>> {
        let Some(file) = found(self.disk.open(&self.dead_file(name)).map(Some))? else {
            return Ok(None);
        };
        entry::decode(&read_all(&*file)?).map(Some)
    }

    pub(crate) fn remove_dead(&self, name: &str) -> io::Result<()> {
        found(self.disk.remove(&self.dead_file(name)))
    }

    /// Visits the reports that were refused, oldest first, and removes those that the visitor says. One that cannot be
    /// read stays.
    pub(crate) fn visit_dead(&self, visitor: Chosen<'_>) -> io::Result<()> {
        for name in self.dead()? {
            if let Ok(Some(letter)) = self.read_dead(&name)
                && visitor(&letter)
            {
                self.remove_dead(&name)?;
            }
        }
        Ok(())
    }

    pub(crate) fn dead_file(&self, name: &str) -> PathBuf {
        self.path.join(DEAD).join(format!("{name}.{LETTER}"))
    }

    /// Puts the damaged pieces of a segment where people find them. The whole records in there have ended.
    pub(crate) fn set_aside(&self, name: &str, pieces: &[u8]) -> io::Result<PathBuf> {
        let damaged = self.path.join(DAMAGED);
        self.write_whole(&damaged, name, SEGMENT, pieces, true)?;
        Ok(self.damaged_file(name))
    }

    /// The names of the files of damaged pieces, oldest first.
    pub(crate) fn damaged(&self) -> io::Result<Vec<String>> {
        found(self.names_in(&self.path.join(DAMAGED), SEGMENT))
    }

    pub(crate) fn open_damaged(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.disk.open(&self.damaged_file(name))
    }

    pub(crate) fn remove_damaged(&self, name: &str) -> io::Result<()> {
        found(self.disk.remove(&self.damaged_file(name)))
    }

    pub(crate) fn damaged_file(&self, name: &str) -> PathBuf {
        self.path.join(DAMAGED).join(format!("{name}.{SEGMENT}"))
    }

    /// Deletes the oldest of the files that wait for somebody to look at them, dead letters and damaged pieces, until
    /// there are no more than so many, and so many bytes of them.
    pub(crate) fn make_room(&self, most_files: usize, most_bytes: u64) -> io::Result<MadeRoom> {
        let dead = self.dead()?.into_iter();
        let damaged = self.damaged()?.into_iter();
        let dead = dead.map(|name| (self.dead_file(&name), name, true));
        let damaged = damaged.map(|name| (self.damaged_file(&name), name, false));
        let mut files: Vec<_> = dead.chain(damaged).collect();
        files.sort_unstable_by(|(_, one, _), (_, other, _)| other.cmp(one));
        let mut room = MadeRoom::default();
        let mut is_full = false;
        // The newest files are kept first. When one does not fit, all older ones are deleted.
        for (path, _, is_dead) in files {
            // Another process may have removed it, or it is not a file that a reporter wrote.
            let Ok(file) = self.disk.open(&path) else {
                continue;
            };
            let bytes = file.len()?;
            is_full |= room.files >= most_files || room.bytes.saturating_add(bytes) > most_bytes;
            if !is_full {
                room.files += 1;
                room.bytes += bytes;
                continue;
            }
            found(self.disk.remove(&path))?;
            match is_dead {
                true => room.dead_letters += 1,
                false => room.damaged_files += 1,
            }
        }
        Ok(room)
    }
}

/// Accepts a missing file: another process may have removed it.
pub(crate) fn found<T: Default>(result: io::Result<T>) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        result => result,
    }
}

pub(crate) fn read_all(file: &dyn DiskFile) -> io::Result<Vec<u8>> {
    let length = usize::try_from(file.len()?).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    file.read_at(0, length, &mut bytes)?;
    Ok(bytes)
}

/// What a file of acks says; what of it is damaged is passed.
pub(crate) fn read_acks(file: &dyn DiskFile) -> io::Result<Vec<Ack>> {
    let bytes = read_all(file)?;
    let records = record::chunks(&bytes).filter_map(|chunk| match chunk {
        Chunk::Record(_, text) => entry::decode(text).ok(),
        Chunk::Damaged(_) => None,
    });
    Ok(records.collect())
}

/// When a file with this name was made.
pub(crate) fn made_at(name: &str) -> Option<Duration> {
    let TaskId::Uuid(id) = TaskId::from(name.to_owned()) else {
        return None;
    };
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    Some(Duration::new(seconds, nanos))
}
