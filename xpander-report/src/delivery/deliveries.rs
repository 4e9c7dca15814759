use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use tokio::sync::oneshot;

use crate::delivery::outbox::pending::Ticket;
use crate::sink::delivery_outcome::DeliveryOutcome;

/// The callers that wait for the end of one report.
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

    /// Removes and returns the sender of the caller that waits for this report. Send or drop it only after the lock is
    /// released, because the caller's waker may call this library.
    pub(super) fn take(&mut self, ticket: Ticket) -> Option<oneshot::Sender<DeliveryOutcome>> {
        let (deadline, done) = self.waiting.remove(&ticket)?;
        self.deadlines.remove(&(deadline, ticket));
        Some(done)
    }

    /// Removes and returns the senders whose deadline is before this time.
    pub(super) fn take_until(&mut self, end: Instant) -> Vec<oneshot::Sender<DeliveryOutcome>> {
        let expired = self.deadlines.range(..=(end, Ticket::MAX));
        let tickets: Vec<_> = expired.map(|(_, ticket)| *ticket).collect();
        let expired = tickets.into_iter().filter_map(|ticket| self.take(ticket));
        expired.collect()
    }

    /// All of them.
    pub(super) fn take_all(&mut self) -> Vec<oneshot::Sender<DeliveryOutcome>> {
        self.deadlines.clear();
        let waiting = std::mem::take(&mut self.waiting).into_values();
        waiting.map(|(_, done)| done).collect()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }
}
