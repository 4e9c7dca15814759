//! What the runs inside a run leave to it. `T` is what a run collects.

use std::sync::Arc;

use once_cell::sync::OnceCell;

use crate::envelope::counted::Counted;

/// How many inner tasks a run remembers, the latest: it does not count their responses again.
const MAX_INNER_TASKS: usize = 10_000;

/// The ended inner runs of a run, without those that do not affect it.
#[derive(Debug, Clone)]
pub(crate) struct InnerRuns<T> {
    pub(super) runs: Vec<InnerRun<T>>,
    /// The bytes of the runs that are rolled up.
    pub(super) bytes: usize,
    tasks: usize,
}

#[derive(Debug, Clone)]
pub(super) struct InnerRun<T> {
    pub(super) kind: Kind<T>,
    /// A run between this run and the outer run sets its tokens itself. They include the tokens of this run.
    pub(super) has_set_tokens: bool,
    /// The same with tools.
    pub(super) has_set_tools: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Kind<T> {
    /// It counts in the outer run.
    RolledUp(Box<T>),
    /// It has a task of its own, unless `sample` leaves it out.
    Task(Arc<InnerTask<T>>),
}

/// The outcome of an inner run. It is known when the inner run's report is prepared, and the outer run is prepared
/// later.
#[derive(Debug)]
pub(crate) struct InnerTask<T>(OnceCell<Prepared<T>>);

#[derive(Debug)]
pub(super) struct Prepared<T> {
    /// The responses that it, or a run inside it, has counted.
    pub(super) counted: Counted,
    /// `sample` left it out, so what it collected counts in the outer run.
    pub(super) left_out: Option<Box<T>>,
}

impl<T> Default for InnerTask<T> {
    fn default() -> Self {
        Self(OnceCell::new())
    }
}

impl<T> Default for InnerRuns<T> {
    fn default() -> Self {
        Self {
            runs: Vec::new(),
            bytes: 0,
            tasks: 0,
        }
    }
}

impl<T> InnerRun<T> {
    pub(super) fn new(kind: Kind<T>) -> Self {
        Self {
            kind,
            has_set_tokens: false,
            has_set_tools: false,
        }
    }
}

impl<T> InnerTask<T> {
    pub(super) fn set(&self, prepared: Prepared<T>) {
        // A report that is prepared twice is the same one.
        let _ = self.0.set(prepared);
    }

    pub(super) fn get(&self) -> Option<&Prepared<T>> {
        self.0.get()
    }
}

impl<T> InnerRuns<T> {
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.runs.len() * size_of::<InnerRun<T>>()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(super) fn push(&mut self, run: InnerRun<T>) {
        if let Kind::Task(_) = run.kind {
            self.tasks += 1;
        }
        self.runs.push(run);
        if self.tasks >= 2 * MAX_INNER_TASKS {
            let mut old = self.tasks - MAX_INNER_TASKS;
            self.runs.retain(|run| {
                let is_old = old > 0 && matches!(run.kind, Kind::Task(_));
                old -= usize::from(is_old);
                !is_old
            });
            self.tasks = MAX_INNER_TASKS;
        }
    }
}
