//! Deletes old tasks and frees their disk space.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result};

use super::batch::Batch;

/// How many tasks one transaction deletes. A larger number would delay reports.
pub(super) const MAX_CHUNK: u32 = 200;

const MAX_INTERVAL: Duration = Duration::from_secs(600);
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The schedule of the search for expired tasks.
#[derive(Debug)]
pub(super) struct SweepSchedule {
    retention: Duration,
    next: Instant,
}

impl SweepSchedule {
    pub(super) fn new(retention: Duration) -> Self {
        Self {
            retention,
            next: Instant::now(),
        }
    }

    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.next.saturating_duration_since(now)
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next <= now
    }

    /// A task whose latest report is older than this has expired.
    pub(super) fn limit(&self) -> Timestamp {
        SignedDuration::try_from(self.retention)
            .ok()
            .and_then(|retention| Timestamp::now().checked_sub(retention).ok())
            .unwrap_or(Timestamp::MIN)
    }

    /// After a full chunk, the next sweep is due immediately, because there may be more.
    pub(super) fn swept(&mut self, now: Instant, deleted: u32) {
        if deleted < MAX_CHUNK {
            self.next = now + (self.retention / 10).clamp(MIN_INTERVAL, MAX_INTERVAL);
        }
    }
}

/// Deletes one chunk of the tasks whose latest report is older than the limit. Returns how many.
pub(super) fn sweep(batch: &mut Batch<'_>, limit: Timestamp) -> Result<u32> {
    let old: Vec<i64> = batch
        .connection
        .prepare_cached(
            "SELECT seq FROM tasks WHERE seq < ?1 AND updated_at < ?1 ORDER BY seq LIMIT ?2",
        )?
        .query_map((limit.as_microsecond(), MAX_CHUNK), |row| row.get(0))?
        .collect::<Result<_>>()?;
    let mut deleted = 0;
    for seq in old {
        deleted += u32::from(batch.delete(seq)?);
    }
    Ok(deleted)
}

/// Returns some free pages to the file system. Returns whether there are more.
pub(super) fn shrink(connection: &Connection, pages: u32) -> Result<bool> {
    // The search index keeps data of deleted rows until it is merged or emptied.
    let only_traces: bool = connection.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM tasks) AND (SELECT count(*) FROM search_data) > 2",
        (),
        |row| row.get(0),
    )?;
    if only_traces {
        connection.execute_batch("INSERT INTO search (search) VALUES ('delete-all')")?;
    }
    let free = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    if free("freelist_count")? > 0 {
        connection.execute_batch(&format!("PRAGMA incremental_vacuum({pages})"))?;
        return Ok(true);
    }
    // A checkpoint of the log makes the file shorter. If a reader prevents it, a later checkpoint does it.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
    Ok(false)
}
