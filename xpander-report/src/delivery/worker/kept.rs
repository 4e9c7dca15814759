//! Reports that a keeper outside of this process has: it gets a notice of how each of them ended.

use super::Worker;
use crate::delivery::keeper::{Kept, Notice, StreamEnding};
use crate::delivery::outbox::pending::Pending;
use crate::sink::delivery_outcome::{DeliveryOutcome, DropReason};
use crate::sink::stats::Ending;

impl Worker {
    /// Whether requests may start.
    pub(super) fn may_send(&self) -> bool {
        let keeper = self.shared.settings.keeper.as_ref();
        keeper.is_none_or(|keeper| (keeper.may_send)())
    }

    /// Takes a report out of the queue.
    pub(super) fn push_kept(&mut self, kept: Kept) {
        let Kept {
            ticket,
            outgoing,
            comes_again,
        } = kept;
        // Behind older ones of its agent that wait at the keeper, unless older ones of its task are here.
        let waits = !comes_again
            && self.given_up.contains(outgoing.agent_id())
            && self.outbox.agent(&outgoing.id).is_none();
        let pending = Pending::new(ticket, None, Box::new(outgoing));
        if self.drop_if_purged(&pending) {
            return;
        }
        if waits {
            self.give_up(&pending);
        } else {
            self.push(pending);
        }
    }

    /// A quarter of the queue may be reports of agents that fail while other agents do not. Beyond that, they are given
    /// up.
    pub(super) fn relieve_kept(&mut self) {
        let capacity = self.shared.settings.limits.queue_capacity;
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        if self.outbox.reports() <= capacity / 2 {
            return;
        }
        while let Some(pending) = self.outbox.relieve_reports(capacity / 4) {
            self.give_up(&pending);
        }
    }

    /// Gives a report back to its keeper, and those of its agent that come after it.
    pub(super) fn give_up(&mut self, pending: &Pending) {
        let tickets: Vec<_> = pending.tickets().collect();
        let agent = pending.agent().to_owned();
        if !self.given_up.contains(&agent) {
            self.given_up.insert(agent.clone());
        }
        for ticket in &tickets {
            self.shared
                .end([*ticket], Ending::GivenUp, || DeliveryOutcome::Pending);
        }
        self.update_gauges();
        self.tell(Notice::GivenUp(tickets, agent));
    }

    /// Tells the keeper, if there is one, how reports have ended.
    pub(super) fn tell_end(&self, pending: &Pending, ending: Ending) {
        let ending = match ending {
            Ending::Delivered => StreamEnding::Delivered,
            Ending::Superseded => StreamEnding::Superseded,
            Ending::Dropped(DropReason::Purged) => StreamEnding::Purged,
            _ => return,
        };
        if self.shared.settings.keeper.is_some() {
            self.tell(Notice::Ended(pending.tickets().collect(), ending));
        }
    }

    /// Tells the keeper that the platform refused reports. Says whether there is one.
    pub(super) fn tell_refused(&self, pending: &Pending, reason: &str) -> bool {
        let has_keeper = self.shared.settings.keeper.is_some();
        if has_keeper {
            let ending = StreamEnding::Refused(reason.to_owned());
            self.tell(Notice::Ended(pending.tickets().collect(), ending));
        }
        has_keeper
    }

    fn tell(&self, notice: Notice) {
        if let Some(keeper) = &self.shared.settings.keeper {
            // The keeper may have gone.
            let _ = keeper.notices.send(notice);
        }
    }
}
