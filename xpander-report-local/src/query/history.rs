use super::filter::Filter;
use crate::model::task::TaskRecord;

/// Which page of tasks, the way the API asks for it.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) filter: Filter,
    /// From 1.
    pub(crate) page: u32,
    pub(crate) per_page: u32,
}

/// A page with the number of all that match.
#[derive(Debug, Default)]
pub(crate) struct Paged {
    pub(crate) tasks: Vec<TaskRecord>,
    pub(crate) total: u64,
}
