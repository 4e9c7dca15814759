//! The messages that the forwarder has taken from the streams. Does no I/O.
//!
//! The messages of one task are acknowledged from the oldest to the newest, and each acknowledgement is confirmed
//! before the next. So the next forwarder finds either no message of a task, or its newest one.

use std::collections::{BTreeMap, HashMap};

use async_nats::Subject;

/// The number by which the forwarder speaks of a report.
pub(super) type Ticket = u64;

/// Where a message lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// In the stream of reports, with this sequence.
    Reports(u64),
    /// In the stream of parked reports.
    Parked(u64),
}

/// A message that has not ended: its task, where it stands among the reports of the task, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) task: String,
    pub(super) position: (u64, u64),
    pub(super) source: Source,
}

/// A message that may be removed from its stream.
#[derive(Debug, Clone)]
pub(super) struct Removal {
    pub(super) task: String,
    pub(super) source: Source,
    /// Where to its acknowledgement goes.
    pub(super) reply: Option<Subject>,
}

/// The position among the reports of a task. The ticket distinguishes copies of a report.
type Position = (u64, u64, Ticket);

#[derive(Debug)]
struct Held {
    source: Source,
    reply: Option<Subject>,
    bytes: usize,
    has_ended: bool,
    is_removed: bool,
}

#[derive(Debug, Default)]
pub(super) struct InHand {
    tickets: Ticket,
    /// The messages whose reports have not ended.
    open: HashMap<Ticket, (String, Position)>,
    tasks: HashMap<String, BTreeMap<Position, Held>>,
    sources: HashMap<Source, (String, Position)>,
    /// How many messages are from the stream of reports.
    reports: usize,
    bytes: usize,
}

impl InHand {
    /// Whether the message is already here. If so, it was delivered again, and its acknowledgement goes to the new
    /// `reply`.
    pub(super) fn renew(&mut self, source: Source, reply: Option<Subject>) -> bool {
        let Some((task, position)) = self.sources.get(&source) else {
            return false;
        };
        let held = self.tasks.get_mut(task);
        if let Some(held) = held.and_then(|task| task.get_mut(position)) {
            held.reply = reply;
        }
        true
    }

    /// Takes a message that is not here.
    pub(super) fn add(
        &mut self,
        task: &str,
        position: (u64, u64),
        source: Source,
        bytes: usize,
        reply: Option<Subject>,
    ) -> Ticket {
        self.tickets += 1;
        let ticket = self.tickets;
        let position = (position.0, position.1, ticket);
        let held = Held {
            source,
            reply,
            bytes,
            has_ended: false,
            is_removed: false,
        };
        let place = (task.to_owned(), position);
        self.sources.insert(source, place.clone());
        self.open.insert(ticket, place);
        let tasks = self.tasks.entry(task.to_owned()).or_default();
        tasks.insert(position, held);
        self.bytes += bytes;
        self.reports += usize::from(matches!(source, Source::Reports(_)));
        ticket
    }

    /// Whether a message of this task has not ended.
    pub(super) fn has_open(&self, task: &str) -> bool {
        let messages = self.tasks.get(task);
        messages.is_some_and(|messages| messages.values().any(|held| !held.has_ended))
    }

    pub(super) fn place(&self, ticket: Ticket) -> Option<Place> {
        let (task, position) = self.open.get(&ticket)?;
        Some(Place {
            task: task.clone(),
            position: (position.0, position.1),
            source: self.tasks.get(task)?.get(position)?.source,
        })
    }

    /// Marks a message as ended. Returns the message that may be removed now, if any.
    pub(super) fn end(&mut self, ticket: Ticket) -> Option<Removal> {
        let (task, position) = self.open.remove(&ticket)?;
        self.tasks.get_mut(&task)?.get_mut(&position)?.has_ended = true;
        self.next(&task)
    }

    /// Forgets a message, which stays in its stream. Returns the message that may be removed now, if any.
    pub(super) fn give_back(&mut self, ticket: Ticket) -> Option<Removal> {
        let (task, position) = self.open.remove(&ticket)?;
        self.remove(&task, position);
        self.next(&task)
    }

    /// The oldest message of this task was removed. Returns the next one that may be.
    pub(super) fn removed(&mut self, task: &str, source: Source) -> Option<Removal> {
        if let Some((task, position)) = self.sources.get(&source).cloned() {
            self.remove(&task, position);
        }
        self.next(task)
    }

    fn remove(&mut self, task: &str, position: Position) {
        let Some(messages) = self.tasks.get_mut(task) else {
            return;
        };
        if let Some(held) = messages.remove(&position) {
            self.sources.remove(&held.source);
            self.bytes -= held.bytes;
            self.reports -= usize::from(matches!(held.source, Source::Reports(_)));
        }
        if messages.is_empty() {
            self.tasks.remove(task);
        }
    }

    /// The oldest of the task, if it has ended and is not being removed.
    fn next(&mut self, task: &str) -> Option<Removal> {
        let mut oldest = self.tasks.get_mut(task)?.first_entry()?;
        let oldest = oldest.get_mut();
        if !oldest.has_ended || oldest.is_removed {
            return None;
        }
        oldest.is_removed = true;
        Some(Removal {
            task: task.to_owned(),
            source: oldest.source,
            reply: oldest.reply.clone(),
        })
    }

    /// How many of the stream of reports are here.
    pub(super) fn reports(&self) -> usize {
        self.reports
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(removal: Option<Removal>) -> Option<Source> {
        removal.map(|removal| removal.source)
    }

    #[test]
    fn the_oldest_of_a_task_is_removed_first_and_each_after_the_one_before() {
        let mut hand = InHand::default();
        let mut add = |number| hand.add("t", (number, 0), Source::Reports(number), 10, None);
        let tickets = [3, 1, 2].map(&mut add);
        assert!(hand.end(tickets[0]).is_none());
        assert!(hand.end(tickets[2]).is_none());
        let first = hand.end(tickets[1]);
        assert_eq!(sequence(first), Some(Source::Reports(1)));
        let next = hand.removed("t", Source::Reports(1));
        assert_eq!(sequence(next), Some(Source::Reports(2)));
        assert_eq!(hand.reports(), 2);
        let next = hand.removed("t", Source::Reports(2));
        assert_eq!(sequence(next), Some(Source::Reports(3)));
        assert!(hand.removed("t", Source::Reports(3)).is_none());
        assert_eq!((hand.reports(), hand.bytes()), (0, 0));
        assert!(hand.tasks.is_empty() && hand.sources.is_empty() && hand.open.is_empty());
    }

    #[test]
    fn tasks_do_not_wait_for_each_other() {
        let mut hand = InHand::default();
        let one = hand.add("one", (1, 0), Source::Reports(1), 1, None);
        let two = hand.add("two", (2, 0), Source::Reports(2), 1, None);
        let removal = hand.end(two);
        assert_eq!(sequence(removal), Some(Source::Reports(2)));
        assert!(hand.place(one).is_some());
    }

    #[test]
    fn what_is_delivered_again_is_not_taken_twice_and_is_acknowledged_by_its_new_reply() {
        let mut hand = InHand::default();
        let source = Source::Reports(7);
        let old = Some(Subject::from("old"));
        let ticket = hand.add("t", (7, 0), source, 1, old);
        let new = Some(Subject::from("new"));
        assert!(hand.renew(source, new.clone()));
        let removal = hand.end(ticket).expect("a removal");
        assert_eq!(removal.reply, new);
        assert_eq!(hand.reports(), 1);
    }

    #[test]
    fn what_is_given_back_holds_up_nothing() {
        let mut hand = InHand::default();
        let mut add = |number| hand.add("t", (number, 0), Source::Parked(number), 10, None);
        let old = add(1);
        let new = add(2);
        assert!(hand.end(new).is_none());
        let removal = hand.give_back(old);
        assert_eq!(sequence(removal), Some(Source::Parked(2)));
        assert_eq!(hand.reports(), 0);
    }
}
