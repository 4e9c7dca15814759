//! Shows the progress of a command on a terminal.

use std::cell::Cell;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{panic, thread};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shorter work shows nothing.
const DELAY: Duration = Duration::from_millis(500);

pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// A line on standard error, if that is a terminal. The line disappears at the end.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// When it appears. `None` if it is there already, or never appears.
    due: Cell<Option<Instant>>,
}

impl Progress {
    /// Counts reports. `what` is the command's verb, such as `delivering`.
    pub(crate) fn reports(what: &'static str, total: u64) -> Self {
        Self::new(Some(total), "{msg} [{bar:30}] {pos} of {len} reports").with(what)
    }

    /// Counts the bytes of a file.
    pub(crate) fn bytes(what: &'static str, total: u64) -> Self {
        Self::new(Some(total), "{msg} [{bar:30}] {bytes} of {total_bytes}").with(what)
    }

    /// Shows the time only.
    pub(crate) fn time(what: &'static str) -> Self {
        Self::new(None, "{spinner} {msg} {elapsed}").with(what)
    }

    /// Counts tasks whose total is not known.
    pub(crate) fn tasks(what: &'static str) -> Self {
        Self::new(None, "{spinner} {msg} {pos} tasks").with(what)
    }

    /// Shows nothing.
    pub(crate) fn hidden() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            due: Cell::new(None),
        }
    }

    fn new(total: Option<u64>, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> ").tick_chars("|/-\\ "));
        Self {
            bar,
            due: Cell::new(Some(Instant::now() + DELAY)),
        }
    }

    fn with(self, what: &'static str) -> Self {
        self.bar.set_message(what);
        self
    }

    /// Adds to the total.
    pub(crate) fn expect(&self, further: u64) {
        self.bar.inc_length(further);
    }

    /// Adds to the position.
    pub(crate) fn advance(&self, by: u64) {
        self.bar.inc(by);
        self.show();
    }

    /// Moves to the position.
    pub(crate) fn set(&self, position: u64) {
        self.bar.set_position(position);
        self.bar.tick();
        self.show();
    }

    fn show(&self) {
        if self.due.get().is_some_and(|due| due <= Instant::now()) {
            self.due.set(None);
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Does the work on another thread, and shows the position until it is done.
    pub(crate) fn during<T: Send>(
        self,
        position: impl Fn() -> u64,
        work: impl FnOnce() -> T + Send,
    ) -> T {
        let (done, is_done) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let work = scope.spawn(move || {
                let _done = done;
                work()
            });
            while is_done.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                self.set(position());
            }
            self.bar.finish_and_clear();
            work.join()
                .unwrap_or_else(|panicked| panic::resume_unwind(panicked))
        })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
