use std::fmt;

use jiff::Timestamp;

use super::Cursor;
use crate::task::{TaskStatus, Tokens};

/// A stretch of a list of tasks, newest first.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct TaskPage {
    /// The tasks.
    pub tasks: Vec<ListedTask>,
    /// Where newer tasks end, if there are any.
    pub newer: Option<Cursor>,
    /// Where older tasks begin, if there are any.
    pub older: Option<Cursor>,
}

/// A task in a list: what of it fits there.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ListedTask {
    /// See [`TaskRecord`](crate::TaskRecord), also for the others.
    pub id: String,
    /// The organization whose task it is.
    pub organization_id: String,
    /// The agent of the latest report.
    pub agent_id: String,
    /// How the task stands.
    pub status: TaskStatus,
    /// When the first report arrived.
    pub created_at: Timestamp,
    /// When the latest report arrived.
    pub updated_at: Timestamp,
    /// When the run started.
    pub started_at: Option<Timestamp>,
    /// When the run ended.
    pub finished_at: Option<Timestamp>,
    /// Seconds, as reported. Clients send 0 when they do not know.
    pub duration: Option<f64>,
    /// The tokens that were used.
    pub tokens: Option<Tokens>,
    /// How many calls of tools were reported.
    pub tool_calls: u64,
    /// The names of the first tools, the long ones cut.
    pub first_tools: Vec<String>,
    /// The start of the input, at most 240 characters.
    pub input: Option<String>,
    /// The start of the result, or of the reason of a failure, at most 240 characters.
    pub result: Option<String>,
    /// Its headline, if its creator gave one.
    pub title: Option<String>,
}

/// Sums over the tasks of a filter; over the newest 10,000 of them when there are more.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Summary {
    /// How many tasks there are.
    pub tasks: AtLeast,
    /// Tasks that succeeded.
    pub completed: u64,
    /// Tasks that failed, by themselves or by the platform.
    pub failed: u64,
    /// Tasks that reported tokens.
    pub counted: u64,
    /// All tokens that were used. Floating, since counts that a client invents may be beyond 64 bits.
    pub tokens: f64,
    /// The duration in seconds that 95 of 100 runs stay at or below; `None` when none reported any.
    pub p95: Option<f64>,
}

/// A number that is exact up to a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AtLeast {
    /// The number, or the bound.
    pub number: u64,
    /// Whether there are more.
    pub more: bool,
}

impl AtLeast {
    /// What is counted exactly.
    pub(crate) const BOUND: u32 = 10_000;

    pub(crate) fn of(counted: u64) -> Self {
        let bound = u64::from(Self::BOUND);
        Self {
            number: counted.min(bound),
            more: counted > bound,
        }
    }
}

/// With thousands separated, and `+` when there are more: `10,000+`.
impl fmt::Display for AtLeast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (thousands, rest) = (self.number / 1000, self.number % 1000);
        let plus = if self.more { "+" } else { "" };
        if thousands == 0 {
            write!(f, "{rest}{plus}")
        } else {
            write!(f, "{thousands},{rest:03}{plus}")
        }
    }
}
