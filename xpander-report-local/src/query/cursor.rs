use std::fmt;
use std::str::FromStr;

/// A place in a list of tasks, which stays where it is when tasks arrive or go. Its text can stand in an
/// address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub(crate) i64);

impl Cursor {
    /// Before the oldest task that there can be.
    pub const MIN: Self = Self(i64::MIN);
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Which stretch of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Paging {
    /// Its beginning: the newest tasks.
    #[default]
    Newest,
    /// The tasks right after this place, which are older.
    Older(Cursor),
    /// The tasks right before this place, which are newer.
    Newer(Cursor),
}
