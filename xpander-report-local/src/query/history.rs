use super::filter::Filter;
use crate::model::task::TaskRecord;

/// A page of tasks by its number.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) filter: Filter,
    /// Starts at 1.
    pub(crate) page: u32,
    pub(crate) per_page: u32,
}

/// A page of tasks, and the number of all tasks that match.
#[derive(Debug, Default)]
pub(crate) struct Paged {
    pub(crate) tasks: Vec<TaskRecord>,
    pub(crate) total: u64,
}
