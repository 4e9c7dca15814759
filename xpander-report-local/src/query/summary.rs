use std::fmt;

use crate::model::cost::Cost;

/// Sums over the tasks of a filter. If there are more than 10,000, over the newest 10,000.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Summary {
    /// The number of tasks.
    pub tasks: AtLeast,
    /// Tasks that succeeded.
    pub completed: u64,
    /// Tasks with the status `failed` or `error`.
    pub failed: u64,
    /// Tasks that reported tokens.
    pub with_tokens: u64,
    /// The sum of all tokens. A float: the sum of invalid counts may exceed 64 bits.
    pub tokens: f64,
    /// The sum of the costs that are known.
    pub cost: Cost,
    /// Tasks whose cost is known.
    pub priced: u64,
    /// Tasks that used tokens whose price is not known.
    pub unpriced: u64,
    /// The 95th percentile of the durations in seconds. `None` when no run reported a duration.
    pub p95_duration: Option<f64>,
}

/// A count that is exact up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AtLeast {
    /// The count, or the limit.
    pub number: u64,
    /// Whether there are more.
    pub more: bool,
}

impl AtLeast {
    /// The largest exact count.
    pub(crate) const MAX_COUNTED: u32 = 10_000;

    pub(crate) fn of(counted: u64) -> Self {
        let bound = u64::from(Self::MAX_COUNTED);
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
