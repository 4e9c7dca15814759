//! Flushes: callers that wait until their reports have ended or are safe.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Worker;
use crate::delivery::flush::{Flush, Remaining, WaitFor, Watermark};
use crate::spool::reader::Replay;
use crate::spool::writer::Spool;
use crate::support::sync::lock;

impl Worker {
    pub(super) fn begin_flushes(&mut self) {
        let begun = std::mem::take(&mut *lock(&self.shared.flushes));
        if begun.is_empty() {
            return;
        }
        // What was accepted before the flush is in the queue by now.
        self.read_spool();
        self.take_in(self.queued());
        let now = Instant::now();
        // What is on disk is safe without another try.
        let is_durable = self.shared.settings.is_durable();
        let hurries = |flush: &Flush| flush.ask != WaitFor::Persisted || !is_durable;
        if begun.iter().any(hurries) {
            self.outbox.hurry(now);
        }
        if begun.iter().any(|flush| flush.ask == WaitFor::Persisted) {
            self.restore();
        }
        if begun.iter().any(|flush| flush.ask == WaitFor::Drain)
            && let Some(replay) = &mut self.replay
        {
            replay.scan_soon(now);
            replay.scan(now);
        }
        self.flushes.extend(begun);
    }

    /// Ends the flushes that are over. Returns whether the worker shall end.
    pub(super) fn end_flushes(&mut self) -> bool {
        let now = Instant::now();
        let is_over = |flush: &Flush| self.is_done(flush) || flush.stops_waiting(&self.outbox, now);
        let over: Vec<bool> = self.flushes.iter().map(is_over).collect();
        let mut over = over.into_iter();
        let (over, under_way): (Vec<_>, Vec<_>) = std::mem::take(&mut self.flushes)
            .into_iter()
            .partition(|_| over.next().unwrap_or(false));
        self.flushes = under_way;
        if over.iter().any(Flush::stops) {
            self.flushes.extend(over);
            return true;
        }
        let is_done: Vec<bool> = over.iter().map(|flush| self.is_done(flush)).collect();
        let left = self.leave(&over);
        for ((flush, left), is_done) in over.into_iter().zip(left).zip(is_done) {
            flush.end(left, is_done, now);
        }
        false
    }

    fn is_done(&self, flush: &Flush) -> bool {
        let replay = self.replay.as_ref();
        let is_read = || {
            let taken = self.shared.gauges.taken.load(Ordering::Acquire);
            replay.is_none_or(|replay| {
                flush.until.appended <= replay.read() && flush.until.queued <= taken
            })
        };
        let is_delivered = || is_read() && !self.outbox.has_open_until(flush.until.ticket);
        match flush.ask {
            WaitFor::Flush(_) => is_delivered(),
            WaitFor::Drain => is_delivered() && replay.is_none_or(Replay::is_drained),
            WaitFor::Persisted => is_delivered() || self.is_safe(flush.until),
        }
    }

    /// What is left of what was accepted until then.
    fn left(&self, until: Watermark) -> Remaining {
        let (mut spooled, mut pending) = self.outbox.open_until(until.ticket);
        spooled += self.left_behind;
        if let Some(replay) = &self.replay {
            spooled += replay.unread(until.appended);
            let taken = self.shared.gauges.taken.load(Ordering::Acquire);
            pending += until.queued.saturating_sub(taken);
        }
        Remaining { pending, spooled }
    }

    /// Writes again what somebody removed from the spool.
    fn restore(&mut self) {
        let Some(replay) = &mut self.replay else {
            return;
        };
        replay.restore();
        let misplaced = replay.misplaced();
        *lock(&self.shared.misplaced) = misplaced.map(|error| format!("the spool: {error}"));
    }

    /// Whether what is on disk is where others find it.
    fn is_in_place(&self) -> bool {
        let replay = self.replay.as_ref();
        replay.is_none_or(|replay| replay.misplaced().is_none())
    }

    /// Whether everything accepted until then is on disk.
    fn is_safe(&self, until: Watermark) -> bool {
        self.left(until).pending == 0 && self.is_synced(until) && self.is_in_place()
    }

    /// Whether the reports that were written to disk until this mark are as durable as the settings demand.
    pub(super) fn is_synced(&self, until: Watermark) -> bool {
        let is_synced = |spool: &Arc<Spool>| spool.is_synced(until.appended);
        let spool = self.shared.spool.as_ref();
        !self.shared.settings.is_synced() || spool.is_some_and(is_synced)
    }

    /// The remaining reports of these flushes. If one of the flushes precedes the end of the worker, the reports in
    /// memory are written to disk first.
    pub(super) fn leave(&mut self, over: &[Flush]) -> Vec<Remaining> {
        if over.iter().any(Flush::leaves) {
            self.save();
        }
        let left = over.iter().map(|flush| {
            let left = self.left(flush.until);
            if flush.ask == WaitFor::Persisted {
                self.unsafe_of(flush, left)
            } else {
                left
            }
        });
        left.collect()
    }

    /// The remaining reports that are not safe yet.
    fn unsafe_of(&self, flush: &Flush, left: Remaining) -> Remaining {
        if self.is_done(flush) {
            return Remaining::default();
        }
        let is_safe = self.is_synced(flush.until) && self.is_in_place();
        Remaining {
            pending: left.pending + if is_safe { 0 } else { left.spooled },
            spooled: 0,
        }
    }

    /// Writes the reports in memory to disk, because the worker may not run again.
    fn save(&mut self) {
        let shared = Arc::clone(&self.shared);
        let Some(spool) = shared.spool.as_ref().filter(|_| self.replay.is_some()) else {
            return;
        };
        // A flush does not wait for reports that arrive later.
        self.take_in_all();
        self.restore();
        if self.outbox.held().unspooled > 0 {
            self.requests.abort();
            self.outbox.recover(Instant::now());
        }
        for id in self.outbox.unspooled() {
            self.outbox.save(&id, |outgoing| {
                let written = shared.save(spool, outgoing)?;
                self.replay.as_mut()?.hold(&written)
            });
        }
        self.update_gauges();
    }
}
