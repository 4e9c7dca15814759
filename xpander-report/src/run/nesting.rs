//! Where a run's report goes: to its reporter, or into the run around it.

use std::sync::Arc;
#[cfg(feature = "_middleware")]
use std::sync::atomic::Ordering;

use crate::envelope::prepare::read_responses;
use crate::envelope::{Envelope, InnerTask, sequence};
use crate::run::current::{RunState, TakenBy};
use crate::run::span::EndingSpan;

impl RunState {
    /// Hands over what the run has collected; the run has ended.
    pub(super) fn hand_over(&self, mut envelope: Box<Envelope>) {
        let mut span = self.span.take();
        // A response may still turn the run into a failure.
        let is_left_out = !envelope.may_have_responses() && envelope.is_left_out();
        if self.place.wanted.rolled_up || is_left_out {
            // Outside any run it is a task after all.
            let is_task = self.place.wanted.as_task && !is_left_out && self.open_outer().is_none();
            if let Some(span) = span.take_if(|_| !is_task) {
                self.end_span(span, &envelope);
            }
            if self.place.taken_by == TakenBy::SpanInside {
                envelope.leave_responses();
            }
            match self.roll_up(envelope) {
                Ok(()) => return,
                Err(back) => envelope = back,
            }
        }
        if is_left_out || !self.place.wanted.as_task {
            return;
        }
        let outer = self.open_outer();
        let as_inner = (outer.is_some()
            && (envelope.may_have_responses() || envelope.only_if_failed))
            .then(|| Arc::new(InnerTask::default()));
        envelope.as_inner.clone_from(&as_inner);
        if let Some(span) = &span {
            span.read(&mut envelope);
        }
        if let (Some(outer), Some(_)) = (&outer, &as_inner)
            && (outer.span.is_open() || !self.reporter.is(&outer.reporter))
        {
            // The outer run is prepared after this one only if the same reporter does both.
            read_responses(&mut envelope);
        }
        if let Some(span) = span {
            let task_id = self.place.is_reported().then(|| {
                envelope.stamp();
                envelope.id.as_ref().map(ToString::to_string)
            });
            let task_id = task_id.flatten().filter(|_| !envelope.is_left_out());
            span.end(&envelope, &self.reporter, task_id);
        }
        self.reporter.accept(envelope);
        if let (Some(outer), Some(task)) = (outer, as_inner) {
            outer.edit(|outer| outer.note_task(task));
        }
    }

    /// Ends the span of a run that is no task: what it collected goes on, and is read again there.
    fn end_span(&self, span: EndingSpan, envelope: &Envelope) {
        let task = self.open_outer().map(|outer| outer.task());
        let task = task.filter(|task| task.place.is_reported());
        let mut own = envelope.so_far();
        span.read(&mut own);
        span.end(&own, &self.reporter, task.and_then(|task| task.id()));
    }

    /// The id of its task.
    pub(super) fn id(&self) -> Option<String> {
        self.edit(|envelope| envelope.id.get_or_insert_with(sequence::new_id).to_string())
    }

    /// The run around this one, if what happens in this one belongs to that.
    pub(super) fn inside_of(&self) -> Option<Arc<Self>> {
        match self.place.taken_by {
            TakenBy::SpanInside => self.open_outer(),
            TakenBy::Reporter | TakenBy::Span => None,
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
