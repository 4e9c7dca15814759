//! Reports on disk, waiting: segment files in a directory that several processes share.
//!
//! Each user has a directory there. Each process appends to its own segments and keeps them locked. An ack file beside
//! a segment records the reports that have ended. When all reports of a segment have ended, the segment is removed.
//! When a process ends, another process adopts its segments. If a segment that is in use is deleted, its process writes
//! it again.

mod adoption;
mod clocks;
mod compact;
pub(crate) mod files;
pub(crate) mod format;
#[cfg(xpander_fuzzing)]
pub(crate) mod fuzzing;
pub(crate) mod inspect;
mod kept;
pub(crate) mod place;
pub(crate) mod read_cache;
pub(crate) mod reader;
pub(crate) mod recover;
mod restore;
mod segment_reader;
#[cfg(test)]
mod tests;
pub(crate) mod writer;
