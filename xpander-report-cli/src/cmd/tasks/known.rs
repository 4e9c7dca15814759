use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::record::Record;

/// How many tasks are remembered. Beyond it, only those of the latest pages are.
const MAX_REMEMBERED: usize = 10_000;

/// The tasks that the platform had, each with its status.
#[derive(Debug, Default)]
pub(super) struct Known {
    statuses: HashMap<String, String>,
    /// A task that is not remembered and did not change since this time is an old one.
    since: Option<Timestamp>,
}

impl Known {
    /// Takes tasks that changed before the latest change on this first page for old ones.
    pub(super) fn begin(&mut self, page: &[Record]) {
        self.since = page.iter().filter_map(changed_at).max().max(self.since);
    }

    pub(super) fn learn(&mut self, task: &Record) {
        self.statuses
            .insert(task.id().to_owned(), task.status().to_owned());
    }

    /// Whether the task is new, or has a new status.
    pub(super) fn is_news(&self, task: &Record) -> bool {
        match self.statuses.get(task.id()) {
            Some(status) => status != task.status(),
            None => !self.is_old(task),
        }
    }

    fn is_old(&self, task: &Record) -> bool {
        let times = changed_at(task).zip(self.since);
        times.is_some_and(|(changed, since)| changed < since)
    }

    /// Forgets tasks that are not on the pages that were just read, if there are too many.
    pub(super) fn trim(&mut self, pages: &[Record]) {
        if self.statuses.len() <= MAX_REMEMBERED {
            return;
        }
        let read: HashSet<&str> = pages.iter().map(Record::id).collect();
        self.statuses.retain(|id, _| read.contains(id.as_str()));
        self.begin(pages);
    }
}

fn changed_at(task: &Record) -> Option<Timestamp> {
    task.time("updated_at").or_else(|| task.time("created_at"))
}
