//! What the relay asks of the worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::Worker;
use crate::delivery::outbox::pending::Pending;
use crate::delivery::shared::{Order, Purged, Standing};
use crate::envelope::sequence::Sequence;
use crate::report::task_id::TaskId;
use crate::sink::delivery_outcome::DropReason;
use crate::support::sync::lock;

/// So many agents are told of.
const MAX_AGENTS: usize = 100;

/// The data of a task that was deleted: what was accepted of it until then is not delivered.
#[derive(Debug)]
pub(super) struct PurgedTask {
    id: TaskId,
    until: Sequence,
    /// How many reports lay on disk by then. Once all of them were read, nothing older comes.
    appended: u64,
}

impl Worker {
    pub(super) fn follow_orders(&mut self) {
        let orders = std::mem::take(&mut *lock(&self.shared.orders));
        for order in orders {
            match order {
                // Who asked may have gone.
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
        let mut reports = 0;
        if let Some(pending) = self.outbox.remove(&id) {
            reports = pending.members().len();
            let replay = self.replay.as_ref();
            let segments = replay.map(|replay| replay.segments_of(&pending.places()));
            self.discard(&pending, DropReason::Purged);
            if let Some((replay, segments)) = self.replay.as_mut().zip(segments) {
                replay.rewrite(segments);
            }
        }
        let is_in_flight = self.outbox.agent(&id).is_some();
        let appended = self
            .shared
            .spool
            .as_ref()
            .map_or(0, |spool| spool.appended());
        self.purged.retain(|task| task.id != id);
        self.purged.push(PurgedTask {
            id,
            until,
            appended,
        });
        Purged {
            reports,
            is_in_flight,
        }
    }

    /// Whether a report was accepted before the data of its task was deleted.
    pub(super) fn is_purged(&self, pending: &Pending) -> bool {
        let Some(outgoing) = pending.outgoing() else {
            return false;
        };
        let mut purged = self.purged.iter();
        purged.any(|task| task.id == outgoing.id && outgoing.sequence() < task.until)
    }

    /// What was in flight when the data of its task was deleted, and did not arrive, is not tried again.
    pub(super) fn purge_again(&mut self, id: &TaskId) {
        let is_purged = self
            .outbox
            .waiting(id)
            .is_some_and(|waiting| self.is_purged(waiting));
        if let Some(pending) = is_purged.then(|| self.outbox.remove(id)).flatten() {
            self.discard(&pending, DropReason::Purged);
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
        let is_left = self.left_places.is_empty();
        self.purged
            .retain(|task| !is_left || task.appended > read || outbox.agent(&task.id).is_some());
    }
}
