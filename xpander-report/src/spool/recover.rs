//! What was put aside because it was damaged, and what of it can be told all the same.

use std::collections::HashMap;
use std::io;
use std::time::SystemTime;

use super::files::directory::{self, Directory, SEGMENT, read_all};
use super::files::segment::Segment;
use super::format::{entry, record};
use super::inspect::{SpoolDirectory, SpooledReport, UnreadableFile, at};
use crate::envelope::outgoing::Outgoing;
use crate::spool::format::record::Chunk;

/// A file of damaged reports that was set aside.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DamagedFile {
    /// The file's path, relative to the spool's directory.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// The reports that [`SpoolDirectory::recover`] can read.
    pub reports: Vec<SpooledReport>,
    /// How many of those may differ from the original, because their checksum is wrong.
    pub doubtful: usize,
    /// Bytes that contain no readable report.
    pub unreadable_bytes: usize,
    /// When their segment was created.
    pub created_at: SystemTime,
}

/// The result of [`SpoolDirectory::recover`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Recovered {
    /// Recovered reports, which wait again.
    pub reports: usize,
    /// How many of those may differ from the original, because their checksum is wrong.
    pub doubtful: usize,
    /// Bytes that contain no readable report. They stay in place.
    pub unreadable_bytes: usize,
    /// Files that could not be read or written.
    pub unreadable: Vec<UnreadableFile>,
}

/// What can be told of some damaged pieces.
#[derive(Default)]
struct Told {
    reports: Vec<(String, Outgoing)>,
    doubtful: usize,
    /// The rest, each piece the text of a record.
    rest: Vec<u8>,
    unreadable_bytes: usize,
}

impl Told {
    fn of(bytes: &[u8]) -> Self {
        let mut told = Self::default();
        for chunk in record::chunks(bytes) {
            match chunk {
                Chunk::Record(_, piece) => told.add(piece),
                Chunk::Damaged(length) => told.unreadable_bytes += length,
            }
        }
        told
    }

    fn add(&mut self, piece: &[u8]) {
        // A complete report, but for another platform than its segment.
        let whole = record::chunks(piece).find_map(|chunk| match chunk {
            Chunk::Record(_, text) => report(text),
            Chunk::Damaged(_) => None,
        });
        let repaired = || {
            let repaired = record::repair(piece)?;
            Some((report(&repaired.text)?, repaired.is_exact))
        };
        match whole.map(|whole| (whole, true)).or_else(repaired) {
            Some((report, is_exact)) => {
                self.reports.push(report);
                self.doubtful += usize::from(!is_exact);
            }
            None => {
                self.rest
                    .extend(record::write(&[], |bytes| bytes.extend(piece)));
                self.unreadable_bytes += piece.len();
            }
        }
    }
}

fn report(text: &[u8]) -> Option<(String, Outgoing)> {
    let (platform, outgoing) = entry::decode_report(text).ok()?;
    Some((platform.into_owned(), outgoing))
}

impl SpoolDirectory {
    /// The files of damaged reports that were set aside, oldest first for each user.
    pub fn damaged(&self) -> impl Iterator<Item = Result<DamagedFile, UnreadableFile>> {
        self.each(
            |folder| folder.directory().damaged(),
            |folder, name| {
                let path = folder.directory().damaged_file(name);
                let read = folder.directory().open_damaged(name);
                let bytes = match read.and_then(|file| read_all(&*file)) {
                    Ok(bytes) => bytes,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(folder.unreadable(&path, error)),
                };
                let file = folder.relative(&path);
                let told = Told::of(&bytes);
                let reports = told.reports.into_iter().map(|(platform, outgoing)| {
                    SpooledReport::new(outgoing, platform, file.clone())
                });
                Ok(Some(DamagedFile {
                    bytes: bytes.len() as u64,
                    reports: reports.collect(),
                    doubtful: told.doubtful,
                    unreadable_bytes: told.unreadable_bytes,
                    created_at: at(directory::made_at(name).unwrap_or_default()),
                    file,
                }))
            },
        )
    }

    /// Recovers this user's damaged reports, so that they wait for delivery again. It recovers reports with a damaged frame or
    /// a single wrong bit, and reports that are readable although their checksum is wrong.
    ///
    /// ```
    /// # let dir = std::env::temp_dir();
    /// let recovered = xpander_report::SpoolDirectory::open(dir)?.recover()?;
    /// println!("{} reports wait again", recovered.reports);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn recover(&self) -> io::Result<Recovered> {
        let folder = self.own();
        let own = folder.directory();
        let mut recovered = Recovered::default();
        for name in own.damaged()? {
            match recover(own, &name) {
                Ok(told) => {
                    recovered.reports += told.reports.len();
                    recovered.doubtful += told.doubtful;
                    recovered.unreadable_bytes += told.unreadable_bytes;
                }
                Err(error) => {
                    let unreadable = folder.unreadable(&own.damaged_file(&name), error);
                    recovered.unreadable.push(unreadable);
                }
            }
        }
        Ok(recovered)
    }
}

fn recover(own: &Directory, name: &str) -> io::Result<Told> {
    let told = Told::of(&read_all(&*own.open_damaged(name)?)?);
    if told.reports.is_empty() {
        return Ok(told);
    }
    // A segment's reports are for one platform.
    let mut segments = HashMap::<&str, Segment>::new();
    let mut written = Ok(());
    for (platform, outgoing) in &told.reports {
        written = append(own, &mut segments, platform, outgoing);
        if written.is_err() {
            break;
        }
    }
    let synced = segments
        .values()
        .try_for_each(|segment| segment.file.sync());
    let written = written.and(synced).and_then(|()| own.sync());
    // In this order: what is in both is sent twice, and is one task.
    let replaced = written.and_then(|()| match told.rest.is_empty() {
        true => own.remove_damaged(name),
        false => own.set_aside(name, &told.rest).map(drop),
    });
    if let Err(error) = replaced {
        for segment in segments.values() {
            let _ = own.remove(&segment.name, SEGMENT);
        }
        return Err(error);
    }
    Ok(told)
}

fn append<'a>(
    own: &Directory,
    segments: &mut HashMap<&'a str, Segment>,
    platform: &'a str,
    outgoing: &Outgoing,
) -> io::Result<()> {
    let segment = match segments.remove(platform) {
        Some(segment) => segment,
        None => own.create_segment(outgoing.sequence().at)?,
    };
    let (head, [input, response, result]) = entry::encode_report(outgoing, platform)?;
    let appended = segment.append(&[&head, input, response, result], 0);
    segments.insert(platform, segment);
    appended
}
