use std::fmt;
use std::str::FromStr;

/// A position in a list of tasks. It stays valid when tasks are created or deleted. Its text can be part of a
/// URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub(crate) i64);

impl Cursor {
    /// The position before the oldest possible task.
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

/// The order of a list that is not the order of time: the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    Duration,
    Tokens,
    Cost,
}

impl Rank {
    pub(crate) const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Duration, "duration", "longest first"),
        (Self::Tokens, "tokens", "most tokens first"),
        (Self::Cost, "cost", "highest cost first"),
    ];

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, name, _)| *name == word)
            .map(|(rank, ..)| rank)
    }
}

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Paging {
    /// The newest tasks.
    #[default]
    Newest,
    /// The tasks right after this position, which are older.
    Older(Cursor),
    /// The tasks right before this position, which are newer.
    Newer(Cursor),
}
