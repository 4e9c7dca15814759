use std::time::Duration;

use crate::envelope::Envelope;
use crate::spool::{Place, Settled};
use crate::task_id::TaskId;

/// The count of reports when this one came. Those that came to another process have no part in it: theirs
/// are beyond [`ADOPTED`].
pub(super) type Ticket = u64;

/// What keeping account of one costs in bytes, about, without its id.
pub(super) const TICKET: usize = 128;

/// The first ticket of reports that another process accepted.
pub(super) const ADOPTED: Ticket = 1 << 63;

/// The agent that a report names; none: the configuration's.
pub(super) type Agent = Option<String>;

/// Reports of one task that go as one.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) envelope: Box<Envelope>,
    pub(super) tickets: Vec<Ticket>,
    /// Where they lie on disk, those that do.
    pub(super) places: Vec<Place>,
    /// When the first of them came.
    pub(super) since: Option<Duration>,
    pub(super) bytes: usize,
    /// How often it did not arrive.
    pub(super) failures: u32,
    /// Its content was cut, because the platform found it too large.
    pub(super) is_cut: bool,
    /// What it is made of, if some of it came late.
    layers: Option<Box<Layers>>,
}

/// Reports of one task that came late, and those that came in their turn and lie over them. What comes late next
/// lies between the two.
#[derive(Debug)]
struct Layers {
    late: Option<Envelope>,
    in_turn: Envelope,
}

impl Parcel {
    pub(super) fn new(ticket: Ticket, place: Option<Place>, envelope: Box<Envelope>) -> Self {
        Self {
            since: envelope.sequence.map(|sequence| sequence.at),
            bytes: envelope.bytes() + ticket_bytes(&envelope),
            envelope,
            tickets: vec![ticket],
            places: Vec::from_iter(place),
            failures: 0,
            is_cut: false,
            layers: None,
        }
    }

    /// Makes one of two: the newer is laid over the older.
    pub(super) fn join(mut self, other: Self) -> Self {
        if other.envelope.sequence < self.envelope.sequence {
            return other.join(self);
        }
        let max_bytes = [self.envelope.max_bytes, other.envelope.max_bytes];
        match (&mut self.layers, other.layers) {
            (_, Some(mut layers)) => {
                layers.slip_under(*self.envelope);
                *self.envelope = layers.together();
                self.layers = Some(layers);
            }
            (Some(layers), None) => {
                layers.in_turn.update(*other.envelope);
                *self.envelope = layers.together();
            }
            (None, None) => self.envelope.update(*other.envelope),
        }
        self.envelope.max_bytes = max_bytes.into_iter().flatten().min();
        self.since = self.since.into_iter().chain(other.since).min();
        self.tickets.extend(other.tickets);
        self.places.extend(other.places);
        self.weigh();
        self.failures = self.failures.max(other.failures);
        self.is_cut |= other.is_cut;
        self
    }

    /// Prepares for a report that is older than this one, and may be followed by more that are.
    pub(super) fn expect_late(&mut self) {
        if self.layers.is_none() {
            self.layers = Some(Box::new(Layers {
                late: None,
                in_turn: (*self.envelope).clone(),
            }));
        }
    }

    fn weigh(&mut self) {
        let layers = self.layers.as_ref().map_or(0, |layers| layers.bytes());
        self.bytes =
            self.envelope.bytes() + layers + self.tickets.len() * ticket_bytes(&self.envelope);
    }

    /// Whether all of it lies on disk.
    pub(super) fn is_spooled(&self) -> bool {
        self.places.len() == self.tickets.len()
    }

    /// It comes late, behind this newer one, and can only go later still: then with what it must not undo.
    pub(super) fn go_behind(&mut self, newer: &Self) {
        let layers = Box::new(Layers {
            late: Some(std::mem::take(&mut *self.envelope)),
            in_turn: (*newer.envelope).clone(),
        });
        *self.envelope = layers.together();
        self.layers = Some(layers);
        self.weigh();
    }

    pub(super) fn settled(&self, id: TaskId) -> Settled {
        Settled {
            id,
            is_named: self.envelope.is_named,
            sequence: self.envelope.sequence,
        }
    }
}

/// What keeping account of a report costs in bytes, about.
pub(super) fn ticket_bytes(envelope: &Envelope) -> usize {
    TICKET + envelope.id.as_ref().map_or(0, TaskId::bytes)
}

impl Layers {
    fn slip_under(&mut self, late: Envelope) {
        self.late = Some(match self.late.take() {
            Some(mut other) if other.sequence < late.sequence => {
                other.update(late);
                other
            }
            Some(other) => {
                let mut late = late;
                late.update(other);
                late
            }
            None => late,
        });
    }

    fn together(&self) -> Envelope {
        let Some(late) = &self.late else {
            return self.in_turn.clone();
        };
        let mut together = late.clone();
        together.update(self.in_turn.clone());
        together
    }

    fn bytes(&self) -> usize {
        self.late.as_ref().map_or(0, Envelope::bytes) + self.in_turn.bytes()
    }
}
