use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::report::dead_letter::{Chosen, DeadLetter, DeadLetters as Letters};
use crate::spool::writer::Spool;
use crate::support::diagnostics::warn;
use crate::support::sync::lock;

/// The limits of the dead letters in memory: their number, and their approximate size in bytes.
const MAX_LETTERS: usize = 1_000;
const MAX_BYTES: usize = 16 << 20;

/// The reports that the platform permanently refused: on disk if there is a spool, else in memory.
pub(super) struct DeadLetters {
    spool: Option<Arc<Spool>>,
    kept: Mutex<Kept>,
    warned_disk: AtomicBool,
    warned_dropped: AtomicBool,
}

/// What became of a report that was kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeptLetter {
    /// It survives the process.
    pub(super) is_on_disk: bool,
    /// How many were deleted to make room.
    pub(super) dropped: u64,
}

#[derive(Default)]
struct Kept {
    letters: VecDeque<(usize, DeadLetter)>,
    bytes: usize,
}

impl DeadLetters {
    pub(super) fn new(spool: Option<Arc<Spool>>) -> Self {
        Self {
            spool,
            kept: Mutex::default(),
            warned_disk: AtomicBool::new(false),
            warned_dropped: AtomicBool::new(false),
        }
    }

    /// Keeps a report.
    pub(super) fn keep(&self, letter: &DeadLetter, is_synced: bool) -> KeptLetter {
        let kept = match self.keep_on_disk(letter, is_synced) {
            Some(dropped) => KeptLetter {
                is_on_disk: true,
                dropped,
            },
            None => KeptLetter {
                is_on_disk: false,
                dropped: lock(&self.kept).push(letter.clone()),
            },
        };
        if kept.dropped > 0 && !self.warned_dropped.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "too many reports were refused; deleting the oldest dead letters"
            ));
        }
        kept
    }

    /// Returns how many others made room for it; none if it is not on disk.
    fn keep_on_disk(&self, letter: &DeadLetter, is_synced: bool) -> Option<u64> {
        let spool = self.spool.as_ref()?;
        let kept = spool.keep_dead(letter, is_synced);
        if let Err(error) = &kept
            && !self.warned_disk.swap(true, Ordering::Relaxed)
        {
            warn(format_args!(
                "dead letters are kept in memory because they cannot be written to the spool in \
                 {}: {error}",
                spool.directory().path().display()
            ));
        }
        if kept.is_ok() {
            self.warned_disk.store(false, Ordering::Relaxed);
        }
        kept.ok()
    }

    /// All of them, those on disk first. One at a time is read from there.
    pub(super) fn all(&self) -> Letters {
        let names = self.spool.as_ref().map(|spool| {
            let names = spool.directory().dead();
            names.unwrap_or_else(|error| {
                warn_unreadable(spool, &error);
                Vec::new()
            })
        });
        let names = names.unwrap_or_default();
        let kept = lock(&self.kept).letters.clone();
        let count = names.len() + kept.len();
        let spool = self.spool.clone();
        let on_disk = names.into_iter().map(move |name| {
            let spool = spool.as_ref()?;
            let letter = spool.directory().read_dead(&name);
            letter.unwrap_or_else(|error| {
                warn_unreadable(spool, &error);
                None
            })
        });
        let in_memory = kept.into_iter().map(|(_, letter)| Some(letter));
        Letters::new(count, on_disk.chain(in_memory))
    }

    /// Removes the chosen letters for which `then` returns true. Returns their number.
    pub(super) fn take(
        &self,
        chosen: Chosen<'_>,
        mut then: impl FnMut(&DeadLetter) -> bool,
    ) -> usize {
        let mut taken = 0;
        self.visit(&mut |letter| {
            let goes = chosen(letter) && then(letter);
            taken += usize::from(goes);
            goes
        });
        taken
    }

    fn visit_spool(&self, visitor: Chosen<'_>) {
        if let Some(spool) = &self.spool
            && let Err(error) = spool.directory().visit_dead(visitor)
        {
            warn_unreadable(spool, &error);
        }
    }

    /// Calls the visitor for each letter, oldest first, and removes the letters for which it returns true.
    fn visit(&self, visitor: Chosen<'_>) {
        self.visit_spool(visitor);
        // The lock is released, because the visitor may be the user's code.
        let mut visit = Visit {
            kept: &self.kept,
            ahead: std::mem::take(&mut *lock(&self.kept)).letters,
            left: Vec::new(),
        };
        while let Some((_, letter)) = visit.ahead.front() {
            let goes = visitor(letter);
            let letter = visit.ahead.pop_front().map(|(_, letter)| letter);
            visit.left.extend(letter.filter(|_| !goes));
        }
    }
}

fn warn_unreadable(spool: &Spool, error: &io::Error) {
    warn(format_args!(
        "dead letters in {} cannot be read: {error}",
        spool.directory().path().display()
    ));
}

/// The letters in memory during a visit. When this is dropped, also by a panic, the remaining letters return to `kept`.
struct Visit<'a> {
    kept: &'a Mutex<Kept>,
    ahead: VecDeque<(usize, DeadLetter)>,
    left: Vec<DeadLetter>,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut kept = lock(self.kept);
        let newer = std::mem::take(&mut *kept).letters;
        let ahead = std::mem::take(&mut self.ahead).into_iter().chain(newer);
        let left = std::mem::take(&mut self.left).into_iter();
        for letter in left.chain(ahead.map(|(_, letter)| letter)) {
            kept.push(letter);
        }
    }
}

impl Kept {
    /// Returns the number of letters that were deleted to make room. The new letter may be one of them.
    fn push(&mut self, letter: DeadLetter) -> u64 {
        let mut dropped = 0;
        let bytes = letter.bytes();
        self.bytes += bytes;
        self.letters.push_back((bytes, letter));
        while (self.letters.len() > MAX_LETTERS || self.bytes > MAX_BYTES)
            && let Some((bytes, _)) = self.letters.pop_front()
        {
            self.bytes -= bytes;
            dropped += 1;
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::SystemTime;

    use super::*;
    use crate::report::TaskReport;

    fn reasons(dead: &DeadLetters) -> Vec<String> {
        dead.all().map(|letter| letter.reason).collect()
    }

    #[test]
    fn a_visitor_that_panics_costs_none_and_changes_no_order() {
        let dead = DeadLetters::new(None);
        for reason in ["one", "two", "three", "four"] {
            let _ = lock(&dead.kept).push(DeadLetter {
                reason: reason.to_owned(),
                refused_at: SystemTime::now(),
                platform: String::new(),
                agent_id: String::new(),
                report: TaskReport::new(),
            });
        }
        let visited = catch_unwind(AssertUnwindSafe(|| {
            dead.take(&mut |letter| letter.reason != "two", |letter| {
                assert_ne!(letter.reason, "three");
                true
            })
        }));
        visited.unwrap_err();
        assert_eq!(reasons(&dead), ["two", "three", "four"]);
        assert_eq!(dead.take(&mut |_| true, |_| true), 3);
        assert_eq!(reasons(&dead), [""; 0]);
    }
}
