//! Reports of agents that fail, on their way to the stream of parked reports.

use std::collections::{HashSet, VecDeque};

use super::in_hand::{Place, Ticket};

/// The maximum number of messages that are written at the same time.
const MAX_BATCH: usize = 64;

/// A message that is to be parked.
#[derive(Debug)]
pub(super) struct Parking {
    pub(super) ticket: Ticket,
    /// The subject of its agent.
    pub(super) subject: String,
    pub(super) place: Place,
}

#[derive(Debug, Default)]
pub(super) struct ParkingQueue {
    waiting: VecDeque<Parking>,
    /// The tasks of the messages that are being written.
    writing: HashSet<String>,
}

impl ParkingQueue {
    pub(super) fn push(&mut self, parking: Parking) {
        self.waiting.push_back(parking);
    }

    /// The messages that may be written now. The messages of a task are written one after the other, so that they keep
    /// their order.
    pub(super) fn next_batch(&mut self) -> Vec<Parking> {
        let mut batch = Vec::new();
        if !self.writing.is_empty() {
            return batch;
        }
        while batch.len() < MAX_BATCH
            && let Some(first) = self.waiting.front()
            && !self.writing.contains(&first.place.task)
            && let Some(parking) = self.waiting.pop_front()
        {
            self.writing.insert(parking.place.task.clone());
            batch.push(parking);
        }
        batch
    }

    /// The batch is written.
    pub(super) fn written(&mut self) {
        self.writing.clear();
    }

    /// Removes those of a task.
    pub(super) fn purge(&mut self, task: &str) -> Vec<Parking> {
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let (purged, left): (Vec<_>, Vec<_>) =
            waiting.partition(|parking| parking.place.task == task);
        self.waiting = left.into();
        purged
    }
}

#[cfg(test)]
mod tests {
    use super::super::in_hand::Source;
    use super::*;

    fn parking(ticket: Ticket, task: &str) -> Parking {
        Parking {
            ticket,
            subject: "a".to_owned(),
            place: Place {
                task: task.to_owned(),
                position: (ticket, 0),
                source: Source::Reports(ticket),
            },
        }
    }

    fn tickets(batch: &[Parking]) -> Vec<Ticket> {
        batch.iter().map(|parking| parking.ticket).collect()
    }

    #[test]
    fn reports_of_a_task_are_written_one_after_the_other() {
        let mut queue = ParkingQueue::default();
        for (ticket, task) in [(1, "a"), (2, "b"), (3, "a"), (4, "c")] {
            queue.push(parking(ticket, task));
        }
        assert_eq!(tickets(&queue.next_batch()), [1, 2]);
        assert!(queue.next_batch().is_empty(), "one batch at a time");
        queue.written();
        assert_eq!(tickets(&queue.purge("c")), [4]);
        assert_eq!(tickets(&queue.next_batch()), [3]);
    }
}
