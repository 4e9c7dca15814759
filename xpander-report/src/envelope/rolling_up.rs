//! How a run counts in the run around it.

use std::sync::Arc;

use crate::envelope::inner_runs::{InnerRun, Kind};
use crate::envelope::value::Captured;
use crate::envelope::{Envelope, Field, InnerTask};

/// How many bytes rolled-up runs may leave in one run, about. Beyond it they are tasks of their own.
const MAX_ROLLED_UP: usize = 64 << 20;

impl Envelope {
    /// Counts a run that has ended inside this one.
    ///
    /// # Errors
    /// The inner run has no room here. It is returned.
    pub(crate) fn roll_up(&mut self, mut inner: Box<Self>) -> Result<(), Box<Self>> {
        let input = inner.input.get_ref().map_or(0, Captured::bytes);
        let bytes = inner.bytes().saturating_sub(input);
        if self.inner.bytes.saturating_add(bytes) > MAX_ROLLED_UP {
            return Err(inner);
        }
        self.inner.bytes += bytes;
        let has_set_tokens = inner.tokens.is_some();
        let has_set_tools = matches!(inner.used_tools, Field::Explicit(_));
        for mut run in std::mem::take(&mut inner.inner).runs {
            run.has_set_tokens |= has_set_tokens;
            run.has_set_tools |= has_set_tools;
            self.inner.push(run);
        }
        inner.input = Field::Absent;
        if !matches!(inner.result, Field::Captured(Captured::Json(_))) {
            inner.result = Field::Absent;
        }
        self.inner.push(InnerRun::new(Kind::RolledUp(inner)));
        Ok(())
    }

    /// Keeps only the responses of a run that nobody takes: what it set itself, it has set in the run around it.
    pub(crate) fn leave_responses(&mut self) {
        self.tokens = None;
        self.used_tools = Field::Absent;
        self.result = Field::Absent;
        self.returned = None;
        self.chunks.clear();
    }

    /// Notes a run with a task of its own that has ended inside this one.
    pub(crate) fn note_task(&mut self, task: Arc<InnerTask>) {
        self.inner.push(InnerRun::new(Kind::Task(task)));
    }
}
