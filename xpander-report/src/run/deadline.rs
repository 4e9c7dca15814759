//! Runs that are still open when their time is up.

use std::borrow::Cow;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::envelope::{Envelope, sequence};
use crate::reporter::Reporter;
use crate::run::Run;
use crate::run::current::RunState;
use crate::sink::{Overdue, Watched};

/// What stands for the error of a run that is open at its deadline.
const REASON: &str = "deadline";

impl Run {
    /// Reports the run as failed if it is still open after this time. The reporter's own thread does it, whatever this
    /// one is busy with.
    pub(crate) fn watch(&self, time: Duration) -> Option<Deadline> {
        // A run that is rolled up fails the enclosing run.
        let run = self.shared.as_ref()?.task();
        if !run.place.is_reported() {
            return None;
        }
        let since = Instant::now();
        let open = OpenRun {
            run: Arc::downgrade(&run),
            since,
        };
        let reporter = run.reporter.clone();
        let watched = reporter.watch(since + time, Box::new(open))?;
        Some(Deadline { reporter, watched })
    }
}

/// The deadline of a run, which counts until this is dropped.
#[derive(Debug)]
pub(crate) struct Deadline {
    reporter: Reporter,
    watched: Watched,
}

impl Drop for Deadline {
    fn drop(&mut self) {
        self.reporter.unwatch(self.watched);
    }
}

struct OpenRun {
    run: Weak<RunState>,
    since: Instant,
}

impl Overdue for OpenRun {
    fn report(&self) -> Option<Box<Envelope>> {
        let run = self.run.upgrade()?;
        let mut open = run.lock();
        let envelope = open.as_deref_mut()?;
        envelope.id.get_or_insert_with(sequence::new_id);
        envelope.passed_deadline = true;
        let mut known = Box::new(envelope.so_far());
        known.failure = Some(REASON.to_owned());
        known.error_type = Some(Cow::Borrowed(REASON));
        known.is_success.set(false);
        known.duration = Some(self.since.elapsed().as_secs_f64());
        // Before the run can end, whose own report is the newer one.
        known.stamp();
        Some(known)
    }
}
