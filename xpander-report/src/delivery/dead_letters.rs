use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use crate::report::dead_letter::Chosen;
use crate::report::dead_letter::DeadLetter;
use crate::spool::writer::Spool;
use crate::support::diagnostics::warn;
use crate::support::sync::lock;

/// How many are kept in memory, and how many bytes of them, about.
const MAX_LETTERS: usize = 1_000;
const MAX_BYTES: usize = 16 << 20;

/// The reports that the platform refused for good: on disk if there is a spool, else in memory.
pub(super) struct DeadLetters {
    spool: Option<Arc<Spool>>,
    kept: Mutex<Kept>,
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
        }
    }

    /// Keeps a report. Says whether it is on disk.
    pub(super) fn keep(&self, letter: &DeadLetter, is_synced: bool) -> bool {
        let Some(spool) = &self.spool else {
            lock(&self.kept).push(letter.clone());
            return false;
        };
        let kept = spool.keep_dead(letter, is_synced);
        if let Err(error) = &kept {
            warn(format_args!(
                "a report that was refused is kept in memory because the spool in {} does not take it: {error}",
                spool.directory().path().display()
            ));
            lock(&self.kept).push(letter.clone());
        }
        kept.is_ok()
    }

    pub(super) fn all(&self) -> Vec<DeadLetter> {
        let mut all = Vec::new();
        self.visit_spool(&mut |letter| {
            all.push(letter.clone());
            false
        });
        let kept = lock(&self.kept);
        all.extend(kept.letters.iter().map(|(_, letter)| letter.clone()));
        all
    }

    /// Takes the chosen ones out that `then` says may go. Returns how many.
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
            warn(format_args!(
                "the dead letters in {} cannot be read: {error}",
                spool.directory().path().display()
            ));
        }
    }

    /// Visits all, oldest first, and takes out those that the visitor says.
    fn visit(&self, visitor: Chosen<'_>) {
        self.visit_spool(visitor);
        // Not under the lock: the visitor may be anybody's code.
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

/// Those in memory while they are visited. However that ends, what is not taken out stays.
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
    fn push(&mut self, letter: DeadLetter) {
        let bytes = letter.bytes();
        self.bytes += bytes;
        self.letters.push_back((bytes, letter));
        while (self.letters.len() > MAX_LETTERS || self.bytes > MAX_BYTES)
            && let Some((bytes, _)) = self.letters.pop_front()
        {
            self.bytes -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::SystemTime;

    use super::*;
    use crate::report::TaskReport;

    fn reasons(dead: &DeadLetters) -> Vec<String> {
        dead.all().into_iter().map(|letter| letter.reason).collect()
    }

    #[test]
    fn a_visitor_that_panics_costs_none_and_changes_no_order() {
        let dead = DeadLetters::new(None);
        for reason in ["one", "two", "three", "four"] {
            lock(&dead.kept).push(DeadLetter {
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
