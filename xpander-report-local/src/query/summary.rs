use std::fmt;

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
