use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::TaskReport;

/// A report that the platform permanently refused, as it was sent.
///
/// The platform refuses invalid reports, with most of the statuses 4xx. A reporter keeps them until they are
/// [retried](crate::Reporter::retry_dead_letters) or [deleted](crate::Reporter::delete_dead_letters). With a spool it
/// keeps the last 10,000 on disk, in at most a quarter of the spool's bytes. Without one it keeps the last 1,000 in
/// memory, up to 16 MiB.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The reason that the platform gave.
    pub reason: String,
    /// When the platform refused it.
    pub refused_at: SystemTime,
    /// The address of that platform.
    pub platform: String,
    /// The agent of the report.
    pub agent_id: String,
    /// The report.
    pub report: TaskReport,
}

impl DeadLetter {
    /// The approximate number of bytes it holds.
    #[cfg(feature = "http")]
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.report.bytes() + self.reason.len()
    }
}

/// An iterator over the dead letters of a reporter, oldest first; see
/// [`Reporter::dead_letters`](crate::Reporter::dead_letters). It reads each from disk when it reaches it.
///
/// ```
/// # let reporter = xpander_report::Reporter::disabled();
/// let letters = reporter.dead_letters();
/// println!("{} reports were refused", letters.len());
/// for letter in letters {
///     println!("{}: {}", letter.agent_id, letter.reason);
/// }
/// ```
pub struct DeadLetters {
    left: usize,
    letters: Box<dyn Iterator<Item = Option<DeadLetter>> + Send>,
}

impl DeadLetters {
    /// `count` dead letters. `letters` yields `None` for each that was deleted or cannot be read.
    pub(crate) fn new(
        count: usize,
        letters: impl Iterator<Item = Option<DeadLetter>> + Send + 'static,
    ) -> Self {
        Self {
            left: count,
            letters: Box::new(letters),
        }
    }

    /// How many are left. The iterator skips dead letters that were deleted in the meantime or cannot be read, so it
    /// may yield fewer.
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether none are left.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl Iterator for DeadLetters {
    type Item = DeadLetter;

    fn next(&mut self) -> Option<DeadLetter> {
        loop {
            let letter = self.letters.next()?;
            self.left = self.left.saturating_sub(1);
            if letter.is_some() {
                return letter;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

impl Default for DeadLetters {
    fn default() -> Self {
        Self::new(0, std::iter::empty())
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters")
            .field("len", &self.left)
            .finish_non_exhaustive()
    }
}

/// Decides whether a dead letter is selected.
pub(crate) type Chosen<'a> = &'a mut dyn FnMut(&DeadLetter) -> bool;
