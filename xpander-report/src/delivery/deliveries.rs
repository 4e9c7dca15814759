use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use tokio::sync::oneshot;

use super::parcel::Ticket;
use crate::DeliveryOutcome;

/// Those who wait for the end of one report.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    waiting: HashMap<Ticket, (Instant, oneshot::Sender<DeliveryOutcome>)>,
    deadlines: BTreeSet<(Instant, Ticket)>,
}

impl Deliveries {
    pub(super) fn add(
        &mut self,
        ticket: Ticket,
        deadline: Instant,
        done: oneshot::Sender<DeliveryOutcome>,
    ) {
        self.waiting.insert(ticket, (deadline, done));
        self.deadlines.insert((deadline, ticket));
    }

    /// The report has ended.
    pub(super) fn end(&mut self, ticket: Ticket, outcome: impl FnOnce() -> DeliveryOutcome) {
        if let Some((deadline, done)) = self.waiting.remove(&ticket) {
            self.deadlines.remove(&(deadline, ticket));
            // Who waited may have gone.
            let _ = done.send(outcome());
        }
    }

    /// Answers those whose time is up.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((deadline, ticket)) = self.deadlines.first().copied()
            && deadline <= now
        {
            self.end(ticket, || DeliveryOutcome::Pending);
        }
    }

    /// Answers all: nobody will deliver what is left.
    pub(super) fn clear(&mut self) {
        while let Some((_, ticket)) = self.deadlines.first().copied() {
            self.end(ticket, || DeliveryOutcome::Pending);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }
}
