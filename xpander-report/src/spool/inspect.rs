use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fmt, io};

use super::files::directory;
use super::format::entry;
use super::format::record;
use crate::envelope::outgoing::Outgoing;
use crate::report::TaskReport;
use crate::report::dead_letter::DeadLetter;
use crate::spool::files::directory::{ACKS, Directory, SEGMENT, read_all, read_header};
use crate::spool::files::disk::OsDisk;
use crate::spool::format::record::Chunk;

/// A spool's directory, seen from outside: what waits there, also while programs use it.
///
/// To deliver what waits, make a reporter with this spool and let it
/// [`drain`](crate::Reporter::drain).
///
/// ```
/// use xpander_report::{Reporter, SpoolDirectory, TaskReport};
///
/// # let dir = std::env::temp_dir().join(format!("xpander-report-doc-{}", std::process::id()));
/// # let config = xpander_report::Config::builder().variables([("", "")]);
/// let reporter = Reporter::builder()
///     # .config(config)
///     .base_url("http://127.0.0.1:9") // nobody listens there
///     .api_key("key")
///     .agent_id("agent-123")
///     .spool(&dir)
///     .build()?;
/// reporter.report(TaskReport::new().id("order-17"));
///
/// let spool = SpoolDirectory::open(&dir)?;
/// assert_eq!(spool.waiting()?[0].report.id.as_deref(), Some("order-17"));
/// assert!(spool.segments()?[0].is_in_use);
/// # drop(reporter);
/// # let _ = std::fs::remove_dir_all(dir);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SpoolDirectory(Directory);

/// A file of a spool.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolSegment {
    /// The file's name in the directory.
    pub file: String,
    /// The address of the platform that its reports are for. `None`: its head is damaged.
    pub platform: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Reports that are not settled.
    pub waiting: usize,
    /// Reports that were delivered, refused, or too old.
    pub settled: usize,
    /// Bytes that cannot be read.
    pub damaged_bytes: usize,
    /// A process has it.
    pub is_in_use: bool,
    /// When it was begun.
    pub made_at: SystemTime,
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
    /// The name of the file that it is in.
    pub file: String,
}

/// What [`SpoolDirectory::purge`] deleted, and what it left because a process has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Purged {
    /// Reports that waited.
    pub waiting: usize,
    /// Reports that the platform had refused.
    pub dead: usize,
    /// Damaged files that had been put aside.
    pub damaged: usize,
    /// Files that stay, because a process has them.
    pub in_use: usize,
}

/// What is in a segment.
struct Content {
    platform: Option<String>,
    reports: Vec<Outgoing>,
    settled: usize,
    damaged_bytes: usize,
    bytes: u64,
}

impl fmt::Debug for SpoolDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SpoolDirectory")
            .field(&self.0.path())
            .finish()
    }
}

impl SpoolDirectory {
    /// The spool in this directory.
    ///
    /// # Errors
    /// It is not there, is no directory, or cannot be read.
    pub fn open(dir: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = Directory::new(dir.into(), Arc::new(OsDisk));
        directory.names(SEGMENT)?;
        Ok(Self(directory))
    }

    /// Its files, oldest first. Those that are removed meanwhile are left out.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn segments(&self) -> io::Result<Vec<SpoolSegment>> {
        let names = self.0.names(SEGMENT)?;
        let segments = names.into_iter().map(|name| {
            let content = self.content(&name)?;
            Ok(SpoolSegment {
                platform: content.platform,
                bytes: content.bytes,
                waiting: content.reports.len(),
                settled: content.settled,
                damaged_bytes: content.damaged_bytes,
                is_in_use: self.is_in_use(&name)?,
                made_at: at(directory::made_at(&name).unwrap_or_default()),
                file: format!("{name}.{SEGMENT}"),
            })
        });
        present(segments)
    }

    /// The reports that wait, oldest first as far as the clocks of their processes agree.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn waiting(&self) -> io::Result<Vec<SpooledReport>> {
        let names = self.0.names(SEGMENT)?;
        let contents = names.iter().map(|name| Ok((name, self.content(name)?)));
        let mut waiting: Vec<_> = present(contents)?
            .into_iter()
            .flat_map(|(name, content)| {
                let platform = content.platform.unwrap_or_default();
                let reports = content.reports.into_iter();
                reports.map(move |outgoing| {
                    let sequence = outgoing.sequence();
                    let report = SpooledReport {
                        report: outgoing.report,
                        accepted_at: at(sequence.at),
                        platform: platform.clone(),
                        file: format!("{name}.{SEGMENT}"),
                    };
                    (sequence, report)
                })
            })
            .collect();
        waiting.sort_by_key(|(sequence, _)| *sequence);
        Ok(waiting.into_iter().map(|(_, report)| report).collect())
    }

    /// The reports that the platform refused for good, oldest first.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn dead_letters(&self) -> io::Result<Vec<DeadLetter>> {
        let mut letters = Vec::new();
        self.0.visit_dead(&mut |letter| {
            letters.push(letter.clone());
            false
        })?;
        Ok(letters)
    }

    /// The damaged files that were put aside.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn damaged(&self) -> io::Result<Vec<PathBuf>> {
        self.0.damaged()
    }

    /// Deletes everything that no process has. What was not delivered is lost.
    ///
    /// # Errors
    /// Something cannot be deleted.
    pub fn purge(&self) -> io::Result<Purged> {
        let mut purged = Purged::default();
        for name in self.0.names(SEGMENT)? {
            let Some(file) = missing_as_none(self.0.open(&name, SEGMENT))? else {
                continue;
            };
            if !file.try_lock()? {
                purged.in_use += 1;
                continue;
            }
            // Deleted while it is locked, so that no process takes it meanwhile.
            if let Some(content) = missing_as_none(self.content(&name))? {
                purged.waiting += content.reports.len();
                self.0.remove(&name, SEGMENT)?;
            }
            missing_as_none(self.0.remove(&name, ACKS))?;
        }
        self.0.visit_dead(&mut |_| {
            purged.dead += 1;
            true
        })?;
        for file in self.0.damaged()? {
            self.0.remove_damaged(&file)?;
            purged.damaged += 1;
        }
        Ok(purged)
    }

    fn content(&self, name: &str) -> io::Result<Content> {
        let file = self.0.open(name, SEGMENT)?;
        let bytes = read_all(&*file)?;
        let acks = match missing_as_none(self.0.open(name, ACKS))? {
            Some(acks) => directory::read_acks(&*acks)?,
            None => Vec::new(),
        };
        let settled: HashSet<u64> = acks.iter().map(|ack| ack.offset).collect();
        let mut content = Content {
            platform: read_header(&*file).ok().map(|(header, _)| header.platform),
            reports: Vec::new(),
            settled: 0,
            damaged_bytes: 0,
            bytes: bytes.len() as u64,
        };
        for chunk in record::chunks(&bytes) {
            match chunk {
                Chunk::Record(offset, _) if settled.contains(&offset) => content.settled += 1,
                Chunk::Record(0, _) => {}
                Chunk::Record(_, text) => match entry::decode_report(text) {
                    Ok(outgoing) => content.reports.push(outgoing),
                    Err(_) => content.damaged_bytes += text.len(),
                },
                Chunk::Damaged(bytes) => content.damaged_bytes += bytes,
            }
        }
        Ok(content)
    }

    /// Whether a process has it. While this looks, nobody can take it.
    fn is_in_use(&self, name: &str) -> io::Result<bool> {
        Ok(!self.0.open(name, SEGMENT)?.try_lock()?)
    }
}

fn at(since_epoch: Duration) -> SystemTime {
    UNIX_EPOCH.checked_add(since_epoch).unwrap_or(UNIX_EPOCH)
}

/// What is there of what is being looked at.
fn present<T>(found: impl Iterator<Item = io::Result<T>>) -> io::Result<Vec<T>> {
    found
        .filter_map(|found| missing_as_none(found).transpose())
        .collect()
}

/// A file that is gone was settled meanwhile.
fn missing_as_none<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
