use std::time::Duration;

use super::MAX_CUT_BYTES;
use crate::envelope::outgoing::{Delivered, Outgoing};
use crate::spool::place::Place;

/// The number of a report, in the order of acceptance. Reports that another process accepted have numbers of their own,
/// from [`ADOPTED`] on.
pub(crate) type Ticket = u64;

/// How many bytes the accounting of one report takes, about, without its id.
pub(crate) const TICKET: usize = 128;

/// The first ticket of reports that another process accepted.
pub(crate) const ADOPTED: Ticket = 1 << 63;

/// The reports of a task that wait, merged into one, or the one of them that is in flight.
#[derive(Debug)]
pub(crate) struct Pending {
    content: Content,
    content_bytes: usize,
    members: Vec<Member>,
    /// How many of them lie in memory only.
    in_memory: usize,
    /// Where reports lie that `content` does not have.
    unread: Vec<Place>,
    /// When the first of them came.
    pub(crate) since: Duration,
    /// How many of its tries failed.
    pub(crate) failures: u32,
    /// It was cut, because the platform found it too large.
    is_cut: bool,
    id_bytes: usize,
}

#[derive(Debug)]
enum Content {
    Loaded(Box<Outgoing>),
    /// All of it is on disk only; its agent is kept.
    Parked(String),
}

/// A report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) ticket: Ticket,
    pub(crate) storage: Storage,
}

/// Where a report is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    Memory,
    Disk(Place),
    /// In the record of another member, which lies there.
    Shared(Place),
}

impl Pending {
    pub(crate) fn new(ticket: Ticket, place: Option<Place>, outgoing: Box<Outgoing>) -> Self {
        let storage = place.map_or(Storage::Memory, Storage::Disk);
        Self {
            since: outgoing.sequence().at,
            id_bytes: outgoing.id.bytes(),
            content_bytes: outgoing.bytes(),
            content: Content::Loaded(outgoing),
            members: vec![Member { ticket, storage }],
            in_memory: usize::from(place.is_none()),
            unread: Vec::new(),
            failures: 0,
            is_cut: false,
        }
    }

    /// Makes one of two.
    pub(crate) fn join(mut self, mut other: Self) -> Self {
        let is_parked = self.is_parked() || other.is_parked();
        if is_parked && self.is_spooled() && other.is_spooled() {
            self.park();
            other.park();
        }
        if self.is_cut || other.is_cut {
            self.cut();
            other.cut();
        }
        self.content = match (self.content, other.content) {
            (Content::Loaded(mut outgoing), Content::Loaded(other)) => {
                outgoing.merge(*other);
                Content::Loaded(outgoing)
            }
            (Content::Parked(_), content) | (content, Content::Parked(_)) => content,
        };
        self.count_bytes();
        self.members.extend(other.members);
        self.in_memory += other.in_memory;
        self.unread.extend(other.unread);
        self.since = self.since.min(other.since);
        self.failures = self.failures.max(other.failures);
        self
    }

    /// Its content, as far as it is in memory.
    pub(crate) fn outgoing(&self) -> Option<&Outgoing> {
        match &self.content {
            Content::Loaded(outgoing) => Some(outgoing),
            Content::Parked(_) => None,
        }
    }

    pub(crate) fn agent(&self) -> &str {
        match &self.content {
            Content::Loaded(outgoing) => outgoing.agent_id(),
            Content::Parked(agent) => agent,
        }
    }

    /// Keeps only where it lies. All of it has to be on disk.
    pub(crate) fn park(&mut self) {
        if let Content::Loaded(outgoing) = &mut self.content {
            let agent = outgoing.report.agent_id.take().unwrap_or_default();
            self.content = Content::Parked(agent);
            self.unread = self.places();
            self.count_bytes();
        }
    }

    pub(crate) fn is_parked(&self) -> bool {
        matches!(self.content, Content::Parked(_))
    }

    /// Where the reports lie that have to be read before it can be sent.
    pub(crate) fn unread(&self) -> &[Place] {
        &self.unread
    }

    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Has what had to be read.
    pub(crate) fn load(&mut self, read: Vec<Outgoing>) {
        self.unread.clear();
        for mut read in read {
            if self.is_cut {
                read.cut(MAX_CUT_BYTES);
            }
            match &mut self.content {
                Content::Loaded(outgoing) => outgoing.merge(read),
                Content::Parked(_) => self.content = Content::Loaded(Box::new(read)),
            }
        }
        self.count_bytes();
    }

    /// Removes the reports that lie there. Returns their tickets.
    pub(crate) fn leave(&mut self, places: &[Place]) -> Vec<Ticket> {
        let is_left = |member: &mut Member| match member.storage {
            Storage::Disk(place) | Storage::Shared(place) => places.contains(&place),
            Storage::Memory => false,
        };
        let left = self.members.extract_if(.., is_left);
        let left = left.map(|member| member.ticket).collect();
        self.unread.retain(|place| !places.contains(place));
        left
    }

    /// Reduces the report to the fields that the platform does not have yet. Returns the report as an error if there
    /// are none.
    pub(crate) fn beneath(mut self, delivered: &Delivered) -> Result<Self, Self> {
        let Some(outgoing) = self.outgoing() else {
            return Ok(self);
        };
        if outgoing.is_newer_than(delivered) {
            return Ok(self);
        }
        let agent = self.agent().to_owned();
        let content = std::mem::replace(&mut self.content, Content::Parked(agent));
        if let Content::Loaded(outgoing) = content {
            match outgoing.beneath(delivered) {
                Some(outgoing) => self.content = Content::Loaded(Box::new(outgoing)),
                None if self.unread.is_empty() => return Err(self),
                None => {}
            }
        }
        self.count_bytes();
        Ok(self)
    }

    /// Cuts its content. Says whether it was whole.
    pub(crate) fn cut(&mut self) -> bool {
        let was_whole = !std::mem::replace(&mut self.is_cut, true);
        if was_whole && let Content::Loaded(outgoing) = &mut self.content {
            outgoing.cut(MAX_CUT_BYTES);
        }
        self.count_bytes();
        was_whole
    }

    /// What was in memory only has been written there.
    pub(crate) fn saved(&mut self, place: Place) {
        let mut storage = Storage::Disk(place);
        for member in &mut self.members {
            if member.storage == Storage::Memory {
                member.storage = std::mem::replace(&mut storage, Storage::Shared(place));
            }
        }
        self.in_memory = 0;
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(crate) fn tickets(&self) -> impl Iterator<Item = Ticket> + Clone {
        self.members.iter().map(|member| member.ticket)
    }

    /// Where on disk its reports lie.
    pub(crate) fn places(&self) -> Vec<Place> {
        let place = |member: &Member| match member.storage {
            Storage::Disk(place) => Some(place),
            Storage::Memory | Storage::Shared(_) => None,
        };
        self.members.iter().filter_map(place).collect()
    }

    /// Whether all of it lies on disk.
    pub(crate) fn is_spooled(&self) -> bool {
        self.in_memory == 0
    }

    /// Whether nothing of it lies on disk.
    pub(crate) fn is_in_memory(&self) -> bool {
        self.in_memory == self.members.len()
    }

    /// How many bytes it holds, about.
    pub(crate) fn bytes(&self) -> usize {
        self.content_bytes + self.members.len() * (TICKET + self.id_bytes)
    }

    fn count_bytes(&mut self) {
        self.content_bytes = self.outgoing().map_or(0, Outgoing::bytes);
    }
}
