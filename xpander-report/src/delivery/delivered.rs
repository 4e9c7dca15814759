use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use crate::outgoing::Delivered;
use crate::task_id::TaskId;

/// So many tasks are remembered.
const MOST: usize = 10_000;

/// What the platform has of the tasks whose reports were delivered last.
#[derive(Debug, Default)]
pub(super) struct DeliveredTasks {
    tasks: HashMap<TaskId, Delivered>,
    order: VecDeque<TaskId>,
}

impl DeliveredTasks {
    pub(super) fn get(&self, id: &TaskId) -> Option<&Delivered> {
        self.tasks.get(id)
    }

    /// The platform has this, too.
    pub(super) fn add(&mut self, id: &TaskId, delivered: &Delivered) {
        match self.tasks.entry(id.clone()) {
            Entry::Occupied(mut known) => known.get_mut().merge(delivered),
            Entry::Vacant(entry) => {
                entry.insert(delivered.clone());
                self.order.push_back(id.clone());
            }
        }
        if self.tasks.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.tasks.remove(&oldest);
        }
    }
}
