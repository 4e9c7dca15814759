//! The order of all reports: the wall clock when a report was accepted, a random number of the process, a counter.
//!
//! It orders reports of one process exactly, and reports of several processes as well as their clocks agree. A clock
//! that is set back changes no order within a process.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use once_cell::sync::Lazy;
#[cfg(feature = "http")]
use serde::{Deserialize, Serialize};

use crate::report::task_id::TaskId;

/// Where a report stands among all reports, also those of other processes as well as their clocks
/// agree: the wall clock first, then what only this process has, then its own count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "http",
    derive(Deserialize, Serialize),
    serde(from = "(u64, u64, u64)", into = "(u64, u64, u64)")
)]
pub(crate) struct Sequence {
    pub(crate) at: Duration,
    process: u64,
    pub(crate) count: u64,
}

/// Random to each program. `RandomState` is seeded by the operating system.
static PROGRAM: Lazy<[u64; 2]> = Lazy::new(|| [(); 2].map(|()| RandomState::new().hash_one(0)));
static COUNT: AtomicU64 = AtomicU64::new(1);

const STEP: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;

/// Random to each process: one that was forked has the memory of another.
fn process() -> u64 {
    #[cfg(feature = "http")]
    let salt = crate::support::process::salt();
    #[cfg(not(feature = "http"))]
    let salt = 0_u64;
    PROGRAM[0].wrapping_add(salt.wrapping_mul(STEP as u64))
}

/// The wall clock, but never back: a clock that is set does not change the order in which a process reported.
fn at() -> Duration {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = u64::try_from(now().as_nanos()).unwrap_or(u64::MAX);
    let last = LAST.fetch_max(now, Ordering::Relaxed);
    Duration::from_nanos(now.max(last))
}

/// The wall clock, since the Unix epoch.
pub(crate) fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

impl Sequence {
    /// The next one of this process.
    pub(crate) fn next() -> Self {
        Self {
            at: at(),
            process: process(),
            count: COUNT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Random to the process that gave it.
    #[cfg(feature = "http")]
    pub(crate) fn process(&self) -> u64 {
        self.process
    }

    /// The count of the last one that this process gave; 0 before the first.
    #[cfg(feature = "http")]
    pub(crate) fn last_count() -> u64 {
        COUNT.load(Ordering::Relaxed).saturating_sub(1)
    }

    /// An id that no other sequence gives: a UUIDv7 whose random part starts at a random place in
    /// each process and goes on in steps, so that a process never meets itself and two processes
    /// do not meet in the same millisecond.
    pub(crate) fn id(&self) -> TaskId {
        let start = u128::from(self.process) << 64 | u128::from(PROGRAM[1]);
        let random = start.wrapping_add(STEP.wrapping_mul(u128::from(self.count)));
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&random.to_be_bytes()[..10]);
        let millis = u64::try_from(self.at.as_millis()).unwrap_or(u64::MAX);
        TaskId::Uuid(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }
}

/// As it lies on disk: the nanoseconds since the epoch, the process, the count.
#[cfg(feature = "http")]
impl From<Sequence> for (u64, u64, u64) {
    fn from(sequence: Sequence) -> Self {
        let at = u64::try_from(sequence.at.as_nanos()).unwrap_or(u64::MAX);
        (at, sequence.process, sequence.count)
    }
}

#[cfg(feature = "http")]
impl From<(u64, u64, u64)> for Sequence {
    fn from((at, process, count): (u64, u64, u64)) -> Self {
        Self {
            at: Duration::from_nanos(at),
            process,
            count,
        }
    }
}

/// A new id that tells another time than now.
#[cfg(feature = "http")]
pub(crate) fn new_id_since(at: Duration) -> TaskId {
    let sequence = Sequence {
        at,
        ..Sequence::next()
    };
    sequence.id()
}

/// A new id, for a run that is asked for its id before its report is accepted.
pub(crate) fn new_id() -> TaskId {
    Sequence::next().id()
}
