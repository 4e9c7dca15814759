use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use once_cell::sync::Lazy;

use crate::task_id::TaskId;

/// Where a report stands among all reports, also those of other processes as well as their clocks
/// agree: the wall clock first, then what only this process has, then its own count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sequence {
    at: Duration,
    process: u64,
    count: u64,
}

/// Random to each process. `RandomState` is seeded by the operating system.
static PROCESS: Lazy<[u64; 2]> = Lazy::new(|| [(); 2].map(|()| RandomState::new().hash_one(0)));
static COUNT: AtomicU64 = AtomicU64::new(0);

impl Sequence {
    /// The next one of this process.
    pub(crate) fn next() -> Self {
        Self {
            at: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
            process: PROCESS[0],
            count: COUNT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// An id that no other sequence gives: a UUIDv7 whose random part starts at a random place in
    /// each process and goes on in steps, so that a process never meets itself and two processes
    /// do not meet in the same millisecond.
    pub(crate) fn id(&self) -> TaskId {
        const STEP: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;
        let start = u128::from(PROCESS[0]) << 64 | u128::from(PROCESS[1]);
        let random = start.wrapping_add(STEP.wrapping_mul(u128::from(self.count)));
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&random.to_be_bytes()[..10]);
        let millis = u64::try_from(self.at.as_millis()).unwrap_or(u64::MAX);
        TaskId::Uuid(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }
}

/// A new id, for a run that is asked for its id before its report is accepted.
pub(crate) fn new_id() -> TaskId {
    Sequence::next().id()
}
