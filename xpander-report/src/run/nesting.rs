//! Where a run's report goes: to its reporter, or into the run around it.

use std::sync::Arc;
#[cfg(feature = "_middleware")]
use std::sync::atomic::Ordering;

use crate::envelope::prepare::read_responses;
use crate::envelope::{Envelope, InnerTask};
use crate::run::current::RunState;

impl RunState {
    /// Hands over what the run has collected; the run has ended.
    pub(super) fn hand_over(&self, mut envelope: Box<Envelope>) {
        // What a response says may yet make a failure of it.
        let is_left_out = !envelope.may_have_responses() && envelope.is_left_out();
        if self.place.wanted.rolled_up || is_left_out {
            match self.roll_up(envelope) {
                Ok(()) => return,
                Err(back) => envelope = back,
            }
        }
        if is_left_out || !self.place.wanted.as_task {
            return;
        }
        let Some(outer) = self.open_outer() else {
            return self.reporter.accept(envelope);
        };
        let as_inner = (envelope.may_have_responses() || envelope.only_if_failed)
            .then(|| Arc::new(InnerTask::default()));
        envelope.as_inner.clone_from(&as_inner);
        // The outer run is prepared after this one, if the same reporter does both.
        if as_inner.is_some() && !self.reporter.is(&outer.reporter) {
            read_responses(&mut envelope);
        }
        self.reporter.accept(envelope);
        if let Some(task) = as_inner {
            outer.edit(|outer| outer.note_task(task));
        }
    }

    /// Counts what the run has collected in the run around it. It comes back if there is none that goes on.
    fn roll_up(&self, envelope: Box<Envelope>) -> Result<(), Box<Envelope>> {
        let Some(outer) = self.open_outer() else {
            return Err(envelope);
        };
        let mut left = Some(envelope);
        let rolled_up = outer.edit(|outer| match left.take() {
            Some(envelope) => outer.roll_up(envelope),
            None => Ok(()),
        });
        if let Some(back) = left {
            return Err(back);
        }
        #[cfg(feature = "_middleware")]
        outer
            .recorded
            .fetch_add(self.recorded.load(Ordering::Relaxed), Ordering::Relaxed);
        rolled_up.unwrap_or(Ok(()))
    }

    /// The nearest run around this one that goes on. One that was rolled up and has ended passes on what comes late.
    fn open_outer(&self) -> Option<Arc<Self>> {
        let mut outer = self.place.outer.upgrade()?;
        while outer.lock().is_none() {
            if !outer.place.wanted.rolled_up {
                return None;
            }
            outer = outer.place.outer.upgrade()?;
        }
        Some(outer)
    }

    /// The run whose task this one belongs to just now.
    pub(super) fn task(self: &Arc<Self>) -> Arc<Self> {
        let mut run = Arc::clone(self);
        while run.place.wanted.rolled_up
            && let Some(outer) = run.open_outer()
        {
            run = outer;
        }
        run
    }
}
