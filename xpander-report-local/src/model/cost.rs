use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Serialize};

/// An amount of money in billionths of a US dollar, so that sums are exact.
///
/// ```
/// use xpander_report_local::Cost;
///
/// let cost = Cost::from_dollars(0.0021);
/// assert_eq!(cost.nanodollars(), 2_100_000);
/// assert_eq!(cost.dollars(), 0.0021);
/// assert_eq!(cost.to_string(), "0.0021");
/// ```
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cost(i64);

impl Cost {
    /// The nearest amount. NaN and negative numbers become 0.
    #[must_use]
    pub fn from_dollars(dollars: f64) -> Self {
        Self((dollars * 1e9).round().max(0.0) as i64)
    }

    pub(crate) const fn new(nanodollars: i64) -> Self {
        Self(nanodollars)
    }

    /// In billionths of a dollar.
    #[must_use]
    pub const fn nanodollars(self) -> i64 {
        self.0
    }

    /// In dollars.
    #[must_use]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        Self(costs.fold(0, |sum, cost| sum.saturating_add(cost.0)))
    }
}

/// In dollars, exactly, without a sign of the currency.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.dollars().fmt(f)
    }
}
