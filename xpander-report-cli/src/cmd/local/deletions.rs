use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use xpander_report_local::LocalPlatform;

use crate::progress::{INTERVAL, Progress};

/// A deletion ends when no task was deleted for this long.
const PAUSE: Duration = Duration::from_secs(1);

/// Shows on a terminal how many tasks a deletion has deleted so far, until the sender is dropped.
pub(super) fn show(platform: &LocalPlatform, end: &Receiver<()>) {
    let mut total = platform.deleted();
    let mut running = None::<Running>;
    while end.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        let before = std::mem::replace(&mut total, platform.deleted());
        if total > before {
            let running = running.get_or_insert_with(|| Running::after(before));
            running.latest = Instant::now();
            running.progress.set(total - running.start);
        }
        running = running.filter(|running| running.latest.elapsed() < PAUSE);
    }
}

struct Running {
    progress: Progress,
    /// How many tasks had been deleted before it began.
    start: u64,
    latest: Instant,
}

impl Running {
    fn after(start: u64) -> Self {
        Self {
            progress: Progress::tasks("deleting"),
            start,
            latest: Instant::now(),
        }
    }
}
