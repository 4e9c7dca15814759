//! Reports on disk, waiting: segment files in a directory that several processes share.
//!
//! Each user has a directory of its own there. Each process appends to segments of its own, which it has under a lock;
//! beside a segment lies what of it is settled. A segment that is settled whole is removed. What a process leaves behind
//! when it ends is adopted by another. What somebody removes while a process has it is written again.

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
