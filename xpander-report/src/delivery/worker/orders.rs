//! What the relay asks of the worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Worker;
use crate::delivery::outbox::pending::Pending;
use crate::delivery::shared::{Order, Purged, Standing};
use crate::envelope::sequence::Sequence;
use crate::report::task_id::TaskId;
use crate::sink::delivery_outcome::DropReason;
use crate::support::sync::lock;

/// The maximum number of agents that are reported.
const MAX_AGENTS: usize = 100;

/// How long the number of dropped reports is kept for a repeated request.
const KEPT: Duration = Duration::from_secs(60);

/// A task whose data was deleted. Its reports that were accepted before the deletion are not delivered.
#[derive(Debug)]
pub(super) struct PurgedTask {
    id: TaskId,
    until: Sequence,
    at: Instant,
    /// How many reports lay on disk by then. Once all of them were read, nothing older comes.
    appended: u64,
    /// Reports that were dropped since, and which no answer has named yet.
    dropped: usize,
}

impl Worker {
    pub(super) fn follow_orders(&mut self) {
        let orders = std::mem::take(&mut *lock(&self.shared.orders));
        if orders.is_empty() {
            return;
        }
        // An order covers what was accepted before it.
        self.read_spool();
        for order in orders {
            match order {
                // The caller may have gone.
                Order::Tell(answer) => drop(answer.send(self.standing())),
                Order::Purge(id, until, answer) => drop(answer.send(self.purge(id, until))),
                Order::TakeBack(agent, answer) => {
                    self.given_up.remove(&agent);
                    let _ = answer.send(());
                }
            }
        }
    }

    fn standing(&self) -> Standing {
        let now = Instant::now();
        let mut waiting = BTreeMap::<String, u64>::new();
        for pending in self.outbox.pending() {
            if self.outbox.is_failing(pending.agent()) {
                let reports = pending.members().len() as u64;
                *waiting.entry(pending.agent().to_owned()).or_default() += reports;
            }
        }
        let mut waiting: Vec<_> = waiting.into_iter().collect();
        waiting.sort_by_key(|(_, reports)| std::cmp::Reverse(*reports));
        waiting.truncate(MAX_AGENTS);
        Standing {
            is_platform_away: !self.outbox.admits(now),
            is_key_refused: self.outbox.has_refused_key(),
            in_flight: self.requests.len(),
            failing_agents: waiting,
        }
    }

    fn purge(&mut self, id: TaskId, until: Sequence) -> Purged {
        let before = self.purged.extract_if(.., |task| task.id == id);
        let mut reports = before.map(|task| task.dropped).sum();
        if let Some(pending) = self.outbox.remove(&id) {
            reports += pending.members().len();
            self.erase(&pending);
        }
        let is_in_flight = self.outbox.agent(&id).is_some();
        let appended = self
            .shared
            .spool
            .as_ref()
            .map_or(0, |spool| spool.appended());
        self.purged.push(PurgedTask {
            id,
            until,
            at: Instant::now(),
            appended,
            dropped: 0,
        });
        Purged {
            reports,
            is_in_flight,
        }
    }

    /// Drops a report, and removes its content from the disk.
    fn erase(&mut self, pending: &Pending) {
        let replay = self.replay.as_ref();
        let segments = replay.map(|replay| replay.segments_of(&pending.places()));
        self.discard(pending, DropReason::Purged);
        if let Some((replay, segments)) = self.replay.as_mut().zip(segments) {
            replay.rewrite(segments);
        }
    }

    /// Drops a report from the disk if the data of its task was deleted after it was accepted. Returns whether it was.
    pub(super) fn drop_if_purged(&mut self, pending: &Pending) -> bool {
        let Some(task) = deletion_of(pending, &mut self.purged) else {
            return false;
        };
        task.dropped += pending.members().len();
        self.discard(pending, DropReason::Purged);
        true
    }

    /// Drops what was in flight when the data of its task was deleted, and did not arrive.
    pub(super) fn purge_again(&mut self, id: &TaskId) {
        let waiting = self.outbox.waiting(id);
        let Some(task) = waiting.and_then(|waiting| deletion_of(waiting, &mut self.purged)) else {
            return;
        };
        if let Some(pending) = self.outbox.remove(id) {
            task.dropped += pending.members().len();
            self.erase(&pending);
        }
    }

    /// Forgets the tasks of which nothing older can come.
    pub(super) fn forget_purged(&mut self) {
        if self.purged.is_empty() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let appended = shared.spool.as_ref().map_or(0, |spool| spool.appended());
        let unread = self
            .replay
            .as_ref()
            .map_or(0, |replay| replay.unread(appended));
        let read = appended - unread;
        let outbox = &self.outbox;
        let is_all_taken = self.left_places.is_empty();
        self.purged.retain(|task| {
            !is_all_taken
                || task.appended > read
                || task.at.elapsed() < KEPT
                || outbox.agent(&task.id).is_some()
        });
    }
}

/// The deletion of the data of a report's task, if the report was accepted before it.
fn deletion_of<'a>(pending: &Pending, purged: &'a mut [PurgedTask]) -> Option<&'a mut PurgedTask> {
    let outgoing = pending.outgoing()?;
    let mut purged = purged.iter_mut();
    purged.find(|task| task.id == outgoing.id && outgoing.sequence() < task.until)
}
