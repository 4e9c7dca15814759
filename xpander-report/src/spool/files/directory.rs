use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::disk::{Disk, DiskFile};
use super::segment::Segment;
use crate::envelope::sequence;
use crate::report::dead_letter::Chosen;
use crate::report::task_id::TaskId;
use crate::spool::format::entry;
use crate::spool::format::entry::Ack;
use crate::spool::format::entry::Header;
use crate::spool::format::record;
use crate::spool::format::record::Chunk;
use crate::spool::format::record::Decoded;

/// Reports.
pub(crate) const SEGMENT: &str = "seg";
/// Which reports of a segment are settled.
pub(crate) const ACKS: &str = "ack";
/// A file that does not count yet.
const NEW: &str = "new";
/// Where damaged segments go.
const DAMAGED: &str = "damaged";
/// Where reports go that the platform refused.
const DEAD: &str = "dead";

/// The spool's directory, which several processes share.
#[derive(Clone)]
pub(crate) struct Directory {
    path: PathBuf,
    disk: Arc<dyn Disk>,
}

impl Directory {
    pub(crate) fn new(path: PathBuf, disk: Arc<dyn Disk>) -> Self {
        Self { path, disk }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn make(&self) -> io::Result<()> {
        self.disk.create_dir(&self.path)
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

    /// A new segment, locked, for reports that came since then. It gets its name when it is complete, so that
    /// nobody else finds it before.
    pub(crate) fn create_segment(&self, header: &Header, since: Duration) -> io::Result<Segment> {
        self.make()?;
        let name = sequence::new_id_since(since).to_string();
        let new = self.file(&name, NEW);
        let file = self.disk.create(&new)?;
        let made = file.try_lock().and_then(|is_locked| {
            let head = entry::encode(header)?;
            if !is_locked {
                return Err(io::Error::other("a new file is locked by somebody else"));
            }
            file.append(&[&head])?;
            self.disk.rename(&new, &self.file(&name, SEGMENT))?;
            Ok(head.len() as u64)
        });
        if made.is_err() {
            let _ = self.disk.remove(&new);
        }
        let start = made?;
        let mut segment = Segment::new(name, file, start, start);
        segment.made_at = since;
        Ok(segment)
    }

    /// A segment that no process has any more, locked; none if one has it. Its header comes along.
    pub(crate) fn adopt(&self, name: &str) -> io::Result<Option<(Segment, Header)>> {
        let path = self.file(name, SEGMENT);
        let file = self.disk.open(&path)?;
        // Who had it may have removed it meanwhile.
        if !file.try_lock()? || !self.disk.exists(&path) {
            return Ok(None);
        }
        let length = file.len()?;
        let (header, start) = read_header(&*file)?;
        let segment = Segment::new(name.to_owned(), file, start, length);
        segment.seal();
        Ok(Some((segment, header)))
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

    pub(crate) fn has(&self, name: &str, ending: &str) -> bool {
        self.disk.exists(&self.file(name, ending))
    }

    pub(crate) fn remove(&self, name: &str, ending: &str) -> io::Result<()> {
        self.disk.remove(&self.file(name, ending))
    }

    /// Puts a damaged segment aside, for people to look at. Returns where it is.
    pub(crate) fn set_aside(&self, name: &str) -> io::Result<PathBuf> {
        let damaged = self.path.join(DAMAGED);
        self.disk.create_dir(&damaged)?;
        let aside = damaged.join(format!("{name}.{SEGMENT}"));
        self.disk.rename(&self.file(name, SEGMENT), &aside)?;
        Ok(aside)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.disk.sync_dir(&self.path)
    }

    /// Removes what a process left behind that ended while it made a file.
    pub(crate) fn remove_unfinished(&self) -> io::Result<()> {
        const LONG_AGO: Duration = Duration::from_secs(3_600);
        let long_ago = sequence::now().saturating_sub(LONG_AGO);
        for dir in [self.path.clone(), self.path.join(DEAD)] {
            for name in found(self.names_in(&dir, NEW))? {
                if made_at(&name).is_some_and(|made_at| made_at < long_ago) {
                    found(self.disk.remove(&dir.join(format!("{name}.{NEW}"))))?;
                }
            }
        }
        Ok(())
    }

    /// Visits the reports that were refused, oldest first, and removes those that the visitor says.
    pub(crate) fn visit_dead(&self, visitor: Chosen<'_>) -> io::Result<()> {
        for name in self.dead()? {
            let file = self.dead_file(&name);
            // Another process may have removed it meanwhile; one that cannot be read stays.
            let Ok(bytes) = self.disk.open(&file).and_then(|file| read_all(&*file)) else {
                continue;
            };
            let Ok(letter) = entry::decode(&bytes) else {
                continue;
            };
            if visitor(&letter) {
                found(self.disk.remove(&file))?;
            }
        }
        Ok(())
    }

    /// Removes the oldest but for so many.
    pub(crate) fn forget_dead(&self, most: usize) -> io::Result<()> {
        let names = self.dead()?;
        for name in names.iter().take(names.len().saturating_sub(most)) {
            found(self.disk.remove(&self.dead_file(name)))?;
        }
        Ok(())
    }

    /// The names of dead letters, oldest first.
    fn dead(&self) -> io::Result<Vec<String>> {
        found(self.names_in(&self.path.join(DEAD), "json"))
    }

    /// Writes a dead letter whole, or nothing, so that it survives a loss of power if that is wanted.
    pub(crate) fn write_dead(&self, letter: &[u8], is_synced: bool) -> io::Result<()> {
        let dir = self.path.join(DEAD);
        self.disk.create_dir(&dir)?;
        let name = sequence::new_id();
        let new = dir.join(format!("{name}.{NEW}"));
        let written = self.disk.create(&new).and_then(|file| {
            file.append(&[letter])?;
            if is_synced {
                file.sync()?;
            }
            self.disk.rename(&new, &self.dead_file(&name.to_string()))?;
            if is_synced {
                self.disk.sync_dir(&dir)?;
            }
            Ok(())
        });
        if written.is_err() {
            let _ = self.disk.remove(&new);
        }
        written
    }

    fn dead_file(&self, name: &str) -> PathBuf {
        self.path.join(DEAD).join(format!("{name}.json"))
    }

    /// The damaged segments that were put aside.
    pub(crate) fn damaged(&self) -> io::Result<Vec<PathBuf>> {
        let damaged = self.path.join(DAMAGED);
        match self.names_in(&damaged, SEGMENT) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            names => {
                let files = names?.into_iter();
                Ok(files
                    .map(|name| damaged.join(format!("{name}.{SEGMENT}")))
                    .collect())
            }
        }
    }

    pub(crate) fn remove_damaged(&self, file: &Path) -> io::Result<()> {
        found(self.disk.remove(file))
    }
}

/// What is not there, perhaps because another process removed it, is no error.
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

/// The header of a segment, and where its reports begin.
pub(crate) fn read_header(file: &dyn DiskFile) -> io::Result<(Header, u64)> {
    /// The header is an address and little else.
    const MAX_HEADER: usize = 64 << 10;
    let mut head = Vec::new();
    file.read_at(0, MAX_HEADER, &mut head)?;
    match record::read(&head, true) {
        Decoded::Record { text, end } => Ok((entry::decode(&head[text])?, end as u64)),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it does not begin as a segment does",
        )),
    }
}

/// When a file with this name was made.
pub(crate) fn made_at(name: &str) -> Option<Duration> {
    let TaskId::Uuid(id) = TaskId::from(name.to_owned()) else {
        return None;
    };
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    Some(Duration::new(seconds, nanos))
}
