use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::parcel::{Agent, Parcel, TICKET, Ticket};
use crate::spool::Place;
use crate::task_id::TaskId;

/// What a parcel that was set aside costs in bytes, about.
const ASIDE: usize = 2 * TICKET;

/// The reports that wait on disk only, of each task together, so that they come back in order.
#[derive(Debug, Default)]
pub(super) struct SetAside {
    tasks: HashMap<TaskId, Aside>,
    parcels: usize,
    /// Those that may go again.
    returning: VecDeque<TaskId>,
}

/// Reports of one task that wait on disk only.
#[derive(Debug)]
pub(super) struct Aside {
    pub(super) tickets: Vec<Ticket>,
    pub(super) places: Vec<Place>,
    /// How many parcels they were.
    pub(super) parcels: usize,
    agent: Agent,
    /// When the first came.
    since: Option<Duration>,
}

impl SetAside {
    /// Whether reports of this task wait here for this agent.
    pub(super) fn has(&self, id: &TaskId, agent: &Agent) -> bool {
        self.tasks
            .get(id)
            .is_some_and(|aside| aside.agent == *agent)
    }

    /// Keeps only where a parcel lies. Says whether it is the first of its task.
    pub(super) fn put(&mut self, id: TaskId, parcel: Parcel) -> bool {
        self.parcels += 1;
        let aside = self.tasks.entry(id).or_insert_with(|| Aside {
            tickets: Vec::new(),
            places: Vec::new(),
            parcels: 0,
            agent: parcel.envelope.agent_id,
            since: parcel.since,
        });
        aside.tickets.extend(parcel.tickets);
        aside.places.extend(parcel.places);
        aside.parcels += 1;
        aside.parcels == 1
    }

    /// These may go again.
    pub(super) fn let_return(&mut self, ids: impl IntoIterator<Item = TaskId>) {
        self.returning.extend(ids);
    }

    /// The next of those that may go again.
    pub(super) fn take_returning(&mut self) -> Option<(TaskId, Aside)> {
        let id = self.returning.pop_front()?;
        let aside = self.take(&id)?;
        Some((id, aside))
    }

    pub(super) fn take(&mut self, id: &TaskId) -> Option<Aside> {
        let aside = self.tasks.remove(id)?;
        self.parcels = self.parcels.saturating_sub(aside.parcels);
        Some(aside)
    }

    pub(super) fn has_returning(&self) -> bool {
        !self.returning.is_empty()
    }

    /// When the first of this task came.
    pub(super) fn since(&self, id: &TaskId) -> Option<Duration> {
        self.tasks.get(id)?.since
    }

    /// How many parcels are here.
    pub(super) fn parcels(&self) -> usize {
        self.parcels
    }

    /// How many bytes keeping account of them takes.
    pub(super) fn bytes(&self) -> usize {
        self.parcels * ASIDE
    }
}
