use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{error, fmt, io};

use super::files::directory;
use super::format::{entry, record};
use crate::envelope::outgoing::Outgoing;
use crate::report::TaskReport;
use crate::report::dead_letter::DeadLetter;
use crate::spool::files::directory::{ACKS, Directory, SEGMENT, found, read_all};
use crate::spool::files::os_disk::{OsDisk, own_folder, user_folders};
use crate::spool::files::segment::PREAMBLE;
use crate::spool::format::record::Chunk;

/// Inspects a spool's directory, even while programs use it.
///
/// Each user has a subdirectory, `user-` and the user id. The methods show every readable report, but change only the
/// current user's. Files are read one at a time. If a file cannot be read, the iterator yields an error for it and continues
/// with the others.
///
/// To deliver the waiting reports, make a reporter with this spool and call [`drain`](crate::Reporter::drain).
///
/// ```
/// use xpander_report::{Reporter, SpoolDirectory, TaskReport};
///
/// # let dir = std::env::temp_dir().join(format!("xpander-report-doc-{}", std::process::id()));
/// # let config = xpander_report::Config::builder().variables([("", "")]);
/// let reporter = Reporter::builder()
///     # .config(config)
///     .base_url("http://127.0.0.1:9") // no server listens there
///     .api_key("key")
///     .agent_id("agent-123")
///     .spool(&dir)
///     .build()?;
/// reporter.report(TaskReport::new().id("order-17"));
///
/// let spool = SpoolDirectory::open(&dir)?;
/// for spooled in spool.waiting() {
///     assert_eq!(spooled?.report.id.as_deref(), Some("order-17"));
/// }
/// for segment in spool.segments() {
///     assert!(segment?.is_in_use);
/// }
/// # drop(reporter);
/// # let _ = std::fs::remove_dir_all(dir);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SpoolDirectory {
    root: PathBuf,
    folders: Vec<Folder>,
    closed: Vec<String>,
}

/// The directory of a user.
#[derive(Clone)]
pub(super) struct Folder {
    name: String,
    directory: Directory,
}

/// A file of a spool.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolSegment {
    /// The file's path, relative to the spool's directory.
    pub file: String,
    /// The address of the platform that its reports are for. `None` if the file is empty or unreadable.
    pub platform: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Waiting reports.
    pub waiting: usize,
    /// Reports that were delivered, refused or dropped.
    pub settled: usize,
    /// Bytes that cannot be read.
    pub damaged_bytes: usize,
    /// Whether a running process uses it.
    pub is_in_use: bool,
    /// Whether it belongs to another user. Programs of this user do not deliver it.
    pub is_foreign: bool,
    /// When it was created.
    pub created_at: SystemTime,
}

/// A report that waits in a spool.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SpooledReport {
    /// The report as it will be sent, with its agent.
    pub report: TaskReport,
    /// When it was accepted.
    pub accepted_at: SystemTime,
    /// The address of the platform that it is for.
    pub platform: String,
    /// The path of its file, relative to the spool's directory.
    pub file: String,
}

/// A file that cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct UnreadableFile {
    /// Its path, relative to the spool's directory.
    pub file: String,
    /// Why it cannot be read.
    pub error: io::Error,
}

/// The result of [`SpoolDirectory::purge`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Purged {
    /// Reports that waited.
    pub waiting: usize,
    /// Reports that the platform had refused.
    pub dead: usize,
    /// Files of damaged reports that had been set aside.
    pub damaged: usize,
    /// Files that stay, because a running process uses them.
    pub in_use: usize,
    /// Files that stay, because they cannot be read or deleted.
    pub unreadable: Vec<UnreadableFile>,
}

/// What is in a segment.
struct Content {
    platform: Option<String>,
    reports: Vec<(String, Outgoing)>,
    settled: usize,
    damaged_bytes: usize,
    bytes: u64,
}

impl fmt::Display for UnreadableFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be read", self.file)
    }
}

impl error::Error for UnreadableFile {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.error)
    }
}

impl fmt::Debug for SpoolDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SpoolDirectory").field(&self.root).finish()
    }
}

impl SpoolDirectory {
    /// The spool in this directory.
    ///
    /// # Errors
    /// The directory does not exist, is not a directory, or cannot be read.
    pub fn open(dir: impl Into<PathBuf>) -> io::Result<Self> {
        let root = dir.into();
        let (mut folders, mut closed) = (Vec::new(), Vec::new());
        for name in user_folders(&root)? {
            let disk = Arc::new(OsDisk::reading(root.clone()));
            let directory = Directory::new(root.join(&name), disk);
            match directory.names(SEGMENT) {
                Ok(_) => folders.push(Folder { name, directory }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => closed.push(name),
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            root,
            folders,
            closed,
        })
    }

    /// Whether this user's programs can use this directory as a spool. `false` if it does not exist yet.
    ///
    /// # Errors
    /// The directory cannot be used: it belongs to another user, or is not writable.
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join("xpander-report-doc-nothing-there");
    /// assert!(!xpander_report::SpoolDirectory::is_usable(dir)?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_usable(dir: impl Into<PathBuf>) -> io::Result<bool> {
        let own = Directory::own(dir.into());
        match own.names(SEGMENT) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
            Ok(_) => own.try_writing().map(|()| true),
        }
    }

    /// The names of unreadable directories of other users.
    ///
    /// ```
    /// # let dir = std::env::temp_dir();
    /// let spool = xpander_report::SpoolDirectory::open(dir)?;
    /// for user in spool.closed() {
    ///     println!("{user} belongs to another user");
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn closed(&self) -> &[String] {
        &self.closed
    }

    /// The files of the spool, oldest first for each user. Files that are removed in the meantime are left out.
    pub fn segments(&self) -> impl Iterator<Item = Result<SpoolSegment, UnreadableFile>> {
        self.each(|folder| folder.directory.names(SEGMENT), Folder::segment)
    }

    /// The waiting reports, file by file, in the order in which they were accepted.
    pub fn waiting(&self) -> impl Iterator<Item = Result<SpooledReport, UnreadableFile>> {
        let files = self.each(|folder| folder.directory.names(SEGMENT), Folder::waiting);
        files.flat_map(|file| match file {
            Ok(waiting) => waiting.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(unreadable) => vec![Err(unreadable)],
        })
    }

    /// The reports that the platform permanently refused, oldest first for each user.
    pub fn dead_letters(&self) -> impl Iterator<Item = Result<DeadLetter, UnreadableFile>> {
        self.each(
            |folder| folder.directory.dead(),
            |folder, name| {
                let letter = folder.directory.read_dead(name);
                letter.map_err(|error| folder.unreadable(&folder.directory.dead_file(name), error))
            },
        )
    }

    /// Deletes all files of this user that no running process uses. Undelivered reports are lost.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn purge(&self) -> io::Result<Purged> {
        let mut purged = Purged::default();
        let folder = self.own();
        let own = &folder.directory;
        for name in found(own.names(SEGMENT))? {
            if let Err(error) = folder.purge(&name, &mut purged) {
                let file = own.path().join(format!("{name}.{SEGMENT}"));
                purged.unreadable.push(folder.unreadable(&file, error));
            }
        }
        for name in own.dead()? {
            match own.remove_dead(&name) {
                Ok(()) => purged.dead += 1,
                Err(error) => {
                    let unreadable = folder.unreadable(&own.dead_file(&name), error);
                    purged.unreadable.push(unreadable);
                }
            }
        }
        for name in own.damaged()? {
            match own.remove_damaged(&name) {
                Ok(()) => purged.damaged += 1,
                Err(error) => {
                    let unreadable = folder.unreadable(&own.damaged_file(&name), error);
                    purged.unreadable.push(unreadable);
                }
            }
        }
        Ok(purged)
    }

    /// What there is of each file of each user; what cannot be listed is an error, too.
    pub(super) fn each<'a, T>(
        &'a self,
        names: impl Fn(&Folder) -> io::Result<Vec<String>> + 'a,
        read: impl Fn(&Folder, &str) -> Result<Option<T>, UnreadableFile> + 'a,
    ) -> impl Iterator<Item = Result<T, UnreadableFile>> {
        let read = Arc::new(read);
        self.folders.iter().flat_map(move |folder| {
            let (names, unlisted) = match found(names(folder)) {
                Ok(names) => (names, None),
                Err(error) => {
                    let file = folder.directory.path();
                    (Vec::new(), Some(Err(folder.unreadable(file, error))))
                }
            };
            let read = Arc::clone(&read);
            let files = names
                .into_iter()
                .filter_map(move |name| read(folder, &name).transpose());
            unlisted.into_iter().chain(files)
        })
    }

    /// This user's own directory.
    pub(super) fn own(&self) -> Folder {
        Folder {
            name: own_folder(),
            directory: Directory::own(self.root.clone()),
        }
    }
}

impl Folder {
    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    fn file(&self, name: &str) -> String {
        format!("{}/{name}.{SEGMENT}", self.name)
    }

    /// Its path, from the spool's directory on.
    pub(super) fn relative(&self, file: &Path) -> String {
        let below = file.strip_prefix(self.directory.path()).unwrap_or(file);
        Path::new(&self.name).join(below).display().to_string()
    }

    pub(super) fn unreadable(&self, file: &Path, error: io::Error) -> UnreadableFile {
        UnreadableFile {
            file: self.relative(file),
            error,
        }
    }

    fn segment(&self, name: &str) -> Result<Option<SpoolSegment>, UnreadableFile> {
        let Some(content) = self.content(name)? else {
            return Ok(None);
        };
        let file = self.directory.open(name, SEGMENT);
        // While this looks, nobody can take it.
        let is_free = file.and_then(|file| file.try_lock());
        let Some(is_free) = self.present(name, is_free)? else {
            return Ok(None);
        };
        Ok(Some(SpoolSegment {
            platform: content.platform,
            bytes: content.bytes,
            waiting: content.reports.len(),
            settled: content.settled,
            damaged_bytes: content.damaged_bytes,
            is_in_use: !is_free,
            is_foreign: self.name != own_folder(),
            created_at: at(directory::made_at(name).unwrap_or_default()),
            file: self.file(name),
        }))
    }

    fn waiting(&self, name: &str) -> Result<Option<Vec<SpooledReport>>, UnreadableFile> {
        let Some(content) = self.content(name)? else {
            return Ok(None);
        };
        let reports = content.reports.into_iter();
        let spooled =
            |(platform, outgoing)| SpooledReport::new(outgoing, platform, self.file(name));
        Ok(Some(reports.map(spooled).collect()))
    }

    /// None: it was settled meanwhile.
    fn content(&self, name: &str) -> Result<Option<Content>, UnreadableFile> {
        self.present(name, self.read(name))
    }

    fn present<T>(&self, name: &str, read: io::Result<T>) -> Result<Option<T>, UnreadableFile> {
        let file = || self.directory.path().join(format!("{name}.{SEGMENT}"));
        missing_as_none(read).map_err(|error| self.unreadable(&file(), error))
    }

    fn read(&self, name: &str) -> io::Result<Content> {
        let bytes = read_all(&*self.directory.open(name, SEGMENT)?)?;
        let acks = match missing_as_none(self.directory.open(name, ACKS))? {
            Some(acks) => directory::read_acks(&*acks)?,
            None => Vec::new(),
        };
        let settled: HashSet<u64> = acks.iter().map(|ack| ack.offset).collect();
        let mut content = Content {
            platform: None,
            reports: Vec::new(),
            settled: 0,
            damaged_bytes: 0,
            bytes: bytes.len() as u64,
        };
        // What it begins with is no record.
        let mut passed = 0;
        for chunk in record::chunks(&bytes) {
            match chunk {
                Chunk::Record(offset, text) => match entry::decode_report(text) {
                    Ok((platform, outgoing)) => {
                        if content.platform.is_none() {
                            content.platform = Some(platform.clone().into_owned());
                        }
                        match settled.contains(&offset) {
                            true => content.settled += 1,
                            false => content.reports.push((platform.into_owned(), outgoing)),
                        }
                    }
                    Err(_) => content.damaged_bytes += text.len(),
                },
                Chunk::Damaged(bytes) => {
                    let preamble = PREAMBLE.len().saturating_sub(passed);
                    content.damaged_bytes += bytes.saturating_sub(preamble);
                }
            }
            passed = PREAMBLE.len();
        }
        Ok(content)
    }

    fn purge(&self, name: &str, purged: &mut Purged) -> io::Result<()> {
        let own = &self.directory;
        let Some(file) = missing_as_none(own.open(name, SEGMENT))? else {
            return Ok(());
        };
        if !file.try_lock()? {
            purged.in_use += 1;
            return Ok(());
        }
        // Deleted while it is locked, so that no process takes it meanwhile.
        if let Some(content) = missing_as_none(self.read(name))? {
            own.remove(name, SEGMENT)?;
            purged.waiting += content.reports.len();
        }
        found(own.remove(name, ACKS))
    }
}

impl SpooledReport {
    pub(super) fn new(outgoing: Outgoing, platform: String, file: String) -> Self {
        Self {
            accepted_at: at(outgoing.sequence().at),
            report: outgoing.report,
            platform,
            file,
        }
    }
}

pub(super) fn at(since_epoch: Duration) -> SystemTime {
    UNIX_EPOCH.checked_add(since_epoch).unwrap_or(UNIX_EPOCH)
}

/// A file that is gone was settled meanwhile.
fn missing_as_none<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
