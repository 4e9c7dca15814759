use std::collections::{BTreeMap, HashMap};

use crate::envelope::outgoing::Delivered;
use crate::report::task_id::TaskId;

/// The maximum number of tasks that are remembered.
const MAX_TASKS: usize = 10_000;

/// What the platform has of the tasks whose reports were delivered last.
#[derive(Debug, Default)]
pub(crate) struct DeliveredTasks {
    tasks: HashMap<TaskId, (u64, Delivered)>,
    /// The tasks by when they were added last.
    order: BTreeMap<u64, TaskId>,
    added: u64,
}

impl DeliveredTasks {
    pub(crate) fn get(&self, id: &TaskId) -> Option<&Delivered> {
        self.tasks.get(id).map(|(_, delivered)| delivered)
    }

    /// The platform has this, too.
    pub(crate) fn add(&mut self, id: &TaskId, delivered: &Delivered) {
        self.added += 1;
        let known = self.tasks.remove(id);
        let delivered = match known {
            Some((added, mut known)) => {
                self.order.remove(&added);
                known.merge(delivered);
                known
            }
            None => delivered.clone(),
        };
        self.tasks.insert(id.clone(), (self.added, delivered));
        self.order.insert(self.added, id.clone());
        if self.tasks.len() > MAX_TASKS
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.tasks.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::outgoing::Outgoing;
    use crate::envelope::sequence::Sequence;
    use crate::report::TaskReport;

    #[test]
    fn the_tasks_that_were_added_last_are_remembered() {
        let mut tasks = DeliveredTasks::default();
        let id = |number: usize| TaskId::from(number.to_string());
        let mut add = |number: usize| {
            let report = TaskReport::new().agent_id("a").result("done");
            let outgoing = Outgoing::new(report, id(number), true, Sequence::next());
            tasks.add(&id(number), &outgoing.delivered());
        };
        (0..MAX_TASKS).for_each(&mut add);
        add(0);
        add(MAX_TASKS);
        assert!(tasks.get(&id(0)).is_some());
        assert!(tasks.get(&id(1)).is_none());
        assert!(tasks.get(&id(2)).is_some());
        assert_eq!(tasks.order.len(), MAX_TASKS);
    }
}
