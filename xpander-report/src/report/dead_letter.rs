use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::TaskReport;

/// A report that the platform permanently refused, as it was sent.
///
/// Refused are reports that it finds wrong (most of the statuses 4xx). They are kept, those of a reporter
/// with a spool on disk (the last 10,000, in a quarter of the spool's bytes), the others in memory (the last 1,000, up
/// to 16 MiB), until they are [retried](crate::Reporter::retry_dead_letters) or
/// [deleted](crate::Reporter::delete_dead_letters).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// What the platform said.
    pub reason: String,
    /// When it said so.
    pub refused_at: SystemTime,
    /// The address of the platform that said so.
    pub platform: String,
    /// The agent that the report was for.
    pub agent_id: String,
    /// The report.
    pub report: TaskReport,
}

impl DeadLetter {
    /// How many bytes it holds, about.
    #[cfg(feature = "http")]
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.report.bytes() + self.reason.len()
    }
}

/// The dead letters of a reporter, oldest first, as [`dead_letters`](crate::Reporter::dead_letters) gives them. Each is
/// read from disk when its turn comes.
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
    /// So many; in the place of one that is gone or cannot be read there is none.
    pub(crate) fn new(
        count: usize,
        letters: impl Iterator<Item = Option<DeadLetter>> + Send + 'static,
    ) -> Self {
        Self {
            left: count,
            letters: Box::new(letters),
        }
    }

    /// How many there are. One that cannot be read when its turn comes, or was deleted by then, is left out.
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether there are none.
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

/// Says of a report that was refused whether it is meant.
pub(crate) type Chosen<'a> = &'a mut dyn FnMut(&DeadLetter) -> bool;
