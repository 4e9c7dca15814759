use super::histogram::Histogram;
use super::share::Share;
use super::task::{TaskRecord, TaskStatus};

/// Sums over tasks, or a difference of sums.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Sums {
    pub(crate) requests: i64,
    pub(crate) completed: i64,
    /// Tasks with the status `failed` or `error`.
    pub(crate) failed: i64,
    pub(crate) tool_calls: i64,
    /// A float, since invalid counts would overflow an integer.
    pub(crate) prompt_tokens: f64,
    pub(crate) completion_tokens: f64,
    /// In billionths of a dollar.
    pub(crate) cost: i64,
    /// Tasks that used tokens whose price is not known.
    pub(crate) unpriced: i64,
    pub(crate) durations: Histogram,
}

impl Sums {
    /// Counts a task `by` times, with this many tool calls.
    pub(crate) fn count(&mut self, task: &TaskRecord, calls: usize, by: i64) {
        let whole = Share {
            tokens: task.tokens,
            cost: task.cost,
        };
        self.count_share(task, whole, calls, by);
    }

    /// Counts a task `by` times, with these tokens and this cost.
    pub(crate) fn count_share(&mut self, task: &TaskRecord, share: Share, calls: usize, by: i64) {
        self.requests += by;
        match task.status {
            TaskStatus::Completed => self.completed += by,
            TaskStatus::Failed | TaskStatus::Error => self.failed += by,
            _ => {}
        }
        self.tool_calls += by * i64::try_from(calls).unwrap_or(i64::MAX);
        if let Some(tokens) = share.tokens {
            self.prompt_tokens += by as f64 * tokens.prompt_tokens as f64;
            self.completion_tokens += by as f64 * tokens.completion_tokens as f64;
        }
        if let Some(cost) = share.cost {
            self.cost = self
                .cost
                .saturating_add(by.saturating_mul(cost.nanodollars()));
        } else if share.tokens.is_some_and(|tokens| tokens.total_tokens > 0) {
            self.unpriced += by;
        }
        self.durations.count(task.duration, by);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.completed += other.completed;
        self.failed += other.failed;
        self.tool_calls += other.tool_calls;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
        self.cost = self.cost.saturating_add(other.cost);
        self.unpriced += other.unpriced;
        self.durations.merge(&other.durations);
    }
}
