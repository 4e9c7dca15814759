//! A disk in memory that fails, fills up, damages what it has, and loses what was not synced.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::spool::files::disk::{self, Disk, DiskFile};
use crate::support::sync::lock;

pub(crate) type FileId = u64;

/// What can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// Half of it is written first.
    Append,
    Create,
    Id,
    List,
    Lock,
    Open,
    Read,
    Remove,
    Rename,
    SetLen,
    Sync,
    SyncDir,
}

#[derive(Clone, Default)]
pub(crate) struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: HashMap<FileId, Bytes>,
    names: BTreeMap<PathBuf, FileId>,
    /// The names as a loss of power leaves them.
    synced_names: BTreeMap<PathBuf, FileId>,
    /// What was done to names since then.
    changes: Vec<Change>,
    dirs: BTreeSet<PathBuf>,
    /// Which handle has the lock.
    locks: HashMap<FileId, u64>,
    /// How many files are open.
    open: usize,
    faults: HashMap<Call, Fault>,
    failed: u64,
    free: Option<usize>,
    last_id: u64,
    last_append: Option<Appended>,
    /// The last one to a file with each ending.
    last_appends: HashMap<String, Appended>,
}

#[derive(Default)]
struct Bytes {
    now: Vec<u8>,
    /// So many of them survive a loss of power.
    synced: usize,
    /// A sync failed, so that the next one says nothing about them.
    is_doubtful: bool,
}

#[derive(Clone)]
struct Change {
    dir: PathBuf,
    what: What,
    is_doubtful: bool,
}

#[derive(Clone)]
enum What {
    Set(PathBuf, FileId),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

struct Fault {
    after: u32,
    times: u32,
}

/// Where something was appended whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) file: FileId,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

struct FaultyFile {
    disk: FaultyDisk,
    file: FileId,
    handle: u64,
}

impl FaultyDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// After so many calls more, so many fail.
    pub(crate) fn fail(&self, call: Call, after: u32, times: u32) {
        self.state().faults.insert(call, Fault { after, times });
    }

    /// Only so many bytes more can be written.
    pub(crate) fn fill(&self, free: usize) {
        self.state().free = Some(free);
    }

    /// Nothing fails any more.
    pub(crate) fn heal(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.free = None;
    }

    /// How many calls failed so far.
    pub(crate) fn failed(&self) -> u64 {
        self.state().failed
    }

    /// How many files are open.
    pub(crate) fn open_files(&self) -> usize {
        self.state().open
    }

    pub(crate) fn last_append(&self) -> Option<Appended> {
        self.state().last_append
    }

    /// To a file with this ending.
    pub(crate) fn last_append_to(&self, ending: &str) -> Option<Appended> {
        self.state().last_appends.get(ending).copied()
    }

    pub(crate) fn file(&self, path: &Path) -> Option<FileId> {
        self.state().names.get(path).copied()
    }

    /// Whether a file is in some directory.
    pub(crate) fn has(&self, file: FileId) -> bool {
        self.state().names.values().any(|named| *named == file)
    }

    /// Whether a sync of the directory failed before the file's name was safe.
    pub(crate) fn is_name_doubtful(&self, file: FileId) -> bool {
        let state = self.state();
        let mut doubtful = state.changes.iter().filter(|change| change.is_doubtful);
        doubtful.any(|change| match &change.what {
            What::Set(path, _) | What::Rename(_, path) => state.names.get(path) == Some(&file),
            What::Remove(_) => false,
        })
    }

    pub(crate) fn bytes(&self, path: &Path) -> Vec<u8> {
        let state = self.state();
        state.files[&state.names[path]].now.clone()
    }

    /// All files directly in a directory.
    pub(crate) fn files_in(&self, dir: &Path) -> Vec<PathBuf> {
        let state = self.state();
        let names = state.names.keys();
        names
            .filter(|path| path.parent() == Some(dir))
            .cloned()
            .collect()
    }

    pub(crate) fn is_locked(&self, path: &Path) -> bool {
        let state = self.state();
        let file = state.names.get(path);
        file.is_some_and(|file| state.locks.contains_key(file))
    }

    /// Puts a file there that somebody else wrote.
    pub(crate) fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        state.dirs.extend(path.parent().map(Path::to_owned));
        let id = state.id();
        let bytes = Bytes {
            now: bytes.to_vec(),
            ..Bytes::default()
        };
        state.files.insert(id, bytes);
        state.change(What::Set(path.to_owned(), id));
    }

    pub(crate) fn flip(&self, path: &Path, bit: usize) {
        let mut state = self.state();
        if let Some(bytes) = state.at(path) {
            bytes.now[bit / 8] ^= 1 << (bit % 8);
        }
    }

    pub(crate) fn truncate(&self, path: &Path, len: usize) {
        let mut state = self.state();
        if let Some(bytes) = state.at(path) {
            bytes.now.truncate(len);
            bytes.synced = bytes.synced.min(len);
        }
    }

    pub(crate) fn take_away(&self, path: &Path) {
        self.state().change(What::Remove(path.to_owned()));
    }

    pub(crate) fn take_away_dir(&self, dir: &Path) {
        self.state().dirs.remove(dir);
    }

    /// The power goes: of what was not synced, only the first share of the bytes and the first changes of names
    /// are left. The rest of the bytes may be there as zeros.
    pub(crate) fn lose_power(&self, share: f64, changes: usize, has_zeros: bool) {
        let mut state = self.state();
        for bytes in state.files.values_mut() {
            let unsynced = bytes.now.len() - bytes.synced;
            let kept = bytes.synced + (unsynced as f64 * share) as usize;
            match has_zeros {
                true => bytes.now[kept..].fill(0),
                false => bytes.now.truncate(kept),
            }
            bytes.synced = bytes.now.len();
            bytes.is_doubtful = false;
        }
        let mut names = std::mem::take(&mut state.synced_names);
        let all = std::mem::take(&mut state.changes);
        for change in all.into_iter().take(changes) {
            change.what.apply(&mut names);
        }
        // That a directory was removed is forgotten with what was in it.
        let dirs = names.keys().filter_map(|path| path.parent());
        state.dirs.extend(dirs.map(Path::to_owned));
        state.synced_names = names.clone();
        state.names = names;
        state.locks.clear();
    }
}

impl State {
    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn at(&mut self, path: &Path) -> Option<&mut Bytes> {
        self.files.get_mut(self.names.get(path)?)
    }

    fn call(&mut self, call: Call) -> io::Result<()> {
        let Some(fault) = self.faults.get_mut(&call) else {
            return Ok(());
        };
        if fault.after > 0 {
            fault.after -= 1;
        } else if fault.times > 0 {
            fault.times -= 1;
            self.failed += 1;
            return Err(io::Error::other(format!("{call:?} fails")));
        }
        Ok(())
    }

    fn change(&mut self, what: What) {
        what.apply(&mut self.names);
        let (What::Set(path, _) | What::Remove(path) | What::Rename(path, _)) = &what;
        self.changes.push(Change {
            dir: path.parent().expect("a directory").to_owned(),
            what,
            is_doubtful: false,
        });
    }

    fn find(&self, path: &Path) -> io::Result<FileId> {
        let file = self.names.get(path).copied();
        file.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl What {
    fn apply(&self, names: &mut BTreeMap<PathBuf, FileId>) {
        match self {
            Self::Set(path, file) => {
                names.insert(path.clone(), *file);
            }
            Self::Remove(path) => {
                names.remove(path);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}

impl Disk for FaultyDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        let dirs = dir.ancestors().map(Path::to_owned);
        self.state().dirs.extend(dirs);
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.state().call(Call::List)?;
        if !self.state().dirs.contains(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let name = |path: &PathBuf| Some(path.file_name()?.to_str()?.to_owned());
        let mut names: Vec<_> = self.files_in(dir).iter().filter_map(name).collect();
        // No directory promises an order.
        names.reverse();
        Ok(names)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        state.call(Call::Create)?;
        if !path.parent().is_some_and(|dir| state.dirs.contains(dir)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let (file, handle) = (state.id(), state.id());
        state.open += 1;
        state.files.insert(file, Bytes::default());
        state.change(What::Set(path.to_owned(), file));
        Ok(Box::new(FaultyFile {
            disk: self.clone(),
            file,
            handle,
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        state.call(Call::Open)?;
        let (file, handle) = (state.find(path)?, state.id());
        state.open += 1;
        Ok(Box::new(FaultyFile {
            disk: self.clone(),
            file,
            handle,
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.call(Call::Rename)?;
        state.find(from)?;
        state.change(What::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.call(Call::Remove)?;
        state.find(path)?;
        state.change(What::Remove(path.to_owned()));
        Ok(())
    }

    fn id(&self, path: &Path) -> io::Result<disk::FileId> {
        let mut state = self.state();
        state.call(Call::Id)?;
        Ok(disk::FileId(0, state.find(path)?))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        let failed = state.call(Call::SyncDir);
        let mut names = std::mem::take(&mut state.synced_names);
        state.changes.retain_mut(|change| {
            if change.dir != dir {
                return true;
            }
            change.is_doubtful |= failed.is_err();
            if !change.is_doubtful {
                change.what.apply(&mut names);
            }
            change.is_doubtful
        });
        state.synced_names = names;
        failed
    }
}

impl FaultyFile {
    fn with<T>(
        &self,
        call: Call,
        act: impl FnOnce(&mut Bytes, io::Result<()>) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.disk.state();
        let called = state.call(call);
        let bytes = state.files.get_mut(&self.file).expect("its file");
        act(bytes, called)
    }
}

impl DiskFile for FaultyFile {
    fn append(&self, pieces: &[&[u8]]) -> io::Result<()> {
        let bytes = pieces.concat();
        let mut state = self.disk.state();
        let mut called = state.call(Call::Append);
        let mut most = if called.is_err() {
            bytes.len() / 2
        } else {
            bytes.len()
        };
        if let Some(free) = &mut state.free {
            if *free < most {
                most = *free;
                called = Err(io::ErrorKind::StorageFull.into());
            }
            *free -= most;
        }
        let file = state.files.get_mut(&self.file).expect("its file");
        let start = file.now.len();
        file.now.extend(&bytes[..most]);
        called?;
        let appended = Appended {
            file: self.file,
            start,
            end: start + most,
        };
        state.last_append = Some(appended);
        let mut names = state.names.iter();
        let name = names.find_map(|(name, file)| (*file == self.file).then_some(name));
        let ending = name.and_then(|name| Some(name.extension()?.to_str()?.to_owned()));
        state
            .last_appends
            .extend(ending.map(|ending| (ending, appended)));
        Ok(())
    }

    fn read_at(&self, offset: u64, most: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
        self.with(Call::Read, |file, called| {
            called?;
            let from = file.now.len().min(offset as usize);
            let to = file.now.len().min(from + most);
            bytes.extend(&file.now[from..to]);
            Ok(())
        })
    }

    fn len(&self) -> io::Result<u64> {
        let state = self.disk.state();
        Ok(state.files[&self.file].now.len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.with(Call::SetLen, |file, called| {
            called?;
            file.now.truncate(len as usize);
            file.synced = file.synced.min(file.now.len());
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        // It takes its time.
        #[cfg(loom_model)]
        loom::thread::yield_now();
        self.with(Call::Sync, |file, called| {
            file.is_doubtful |= called.is_err();
            called?;
            if !file.is_doubtful {
                file.synced = file.now.len();
            }
            Ok(())
        })
    }

    fn id(&self) -> io::Result<disk::FileId> {
        Ok(disk::FileId(0, self.file))
    }

    fn try_lock(&self) -> io::Result<bool> {
        let mut state = self.disk.state();
        state.call(Call::Lock)?;
        Ok(*state.locks.entry(self.file).or_insert(self.handle) == self.handle)
    }
}

impl Drop for FaultyFile {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        state.open -= 1;
        if state.locks.get(&self.file) == Some(&self.handle) {
            state.locks.remove(&self.file);
        }
    }
}
