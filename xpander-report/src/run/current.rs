//! The runs that threads execute just now.

use std::cell::RefCell;
#[cfg(feature = "_middleware")]
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use crate::envelope::{Envelope, sequence};
use crate::reporter::Reporter;
use crate::run::span::{EnteredSpan, RunSpan};
use crate::sink::Wanted;
use crate::support::sync::lock;

thread_local! {
    /// The runs that this thread has entered and not left. It executes the body of the last one.
    static ENTERED: RefCell<Stack> = const { RefCell::new(Stack { next: 0, runs: Vec::new() }) };
}

struct Stack {
    next: u64,
    /// Each under a number of its own: they may be left in any order. None hides the run before it.
    runs: Vec<(u64, Option<Arc<RunState>>)>,
}

/// What a run and its handles share.
#[derive(Debug)]
pub(crate) struct RunState {
    pub(in crate::run) reporter: Reporter,
    pub(super) place: Place,
    pub(super) span: RunSpan,
    /// Gone once the body has ended.
    pub(super) envelope: Mutex<Option<Box<Envelope>>>,
    /// How many bytes of its responses were recorded on their way.
    #[cfg(feature = "_middleware")]
    pub(crate) recorded: AtomicUsize,
}

/// Where a run stands among others.
#[derive(Debug)]
pub(crate) struct Place {
    /// The run around it. That one is not kept alive: it may have ended before.
    pub(super) outer: Weak<RunState>,
    pub(super) wanted: Wanted,
    pub(super) taken_by: TakenBy,
}

impl Place {
    /// Whether a reporter takes the run.
    pub(super) fn is_reported(&self) -> bool {
        self.taken_by == TakenBy::Reporter
    }
}

/// The receiver of a run's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TakenBy {
    /// A reporter.
    Reporter,
    /// A span alone: there is no reporter.
    Span,
    /// A span alone: the reporter does not take it. What happens in it belongs to the enclosing run.
    SpanInside,
}

impl RunState {
    /// Changes what will be reported, while the body runs.
    pub(crate) fn edit<T>(&self, edit: impl FnOnce(&mut Envelope) -> T) -> Option<T> {
        self.lock().as_deref_mut().map(edit)
    }

    /// Reports what is known by now.
    pub(crate) fn progress(&self) {
        if !self.place.is_reported() {
            return;
        }
        let known = self.edit(|envelope| {
            envelope.id.get_or_insert_with(sequence::new_id);
            (!envelope.only_if_failed).then(|| Box::new(envelope.so_far()))
        });
        if let Some(envelope) = known.flatten() {
            self.reporter.accept(envelope);
        }
    }

    /// A response was too long to be read.
    #[cfg(feature = "_middleware")]
    pub(crate) fn count_oversized(&self) {
        self.reporter.count_oversized();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Option<Box<Envelope>>> {
        lock(&self.envelope)
    }
}

/// The run that this thread executes just now, for one that begins inside it.
pub(crate) fn outer() -> Weak<RunState> {
    let outer = ENTERED.try_with(|entered| {
        let runs = &entered.borrow().runs;
        runs.last()?.1.as_ref().map(Arc::downgrade)
    });
    outer.ok().flatten().unwrap_or_default()
}

/// The run that this thread executes just now.
pub(crate) fn current() -> Option<Arc<RunState>> {
    let current = ENTERED.try_with(|entered| entered.borrow().runs.last()?.1.clone());
    current.ok().flatten()
}

/// Makes a run the current one of this thread until dropped; `None` hides the outer run.
#[derive(Debug)]
pub(crate) struct Entered {
    number: Option<u64>,
    /// Left when this is dropped.
    _span: Option<EnteredSpan>,
}

impl Entered {
    pub(crate) fn enter(run: Option<Arc<RunState>>) -> Self {
        let span = run.as_ref().and_then(|run| run.span.enter());
        let number = ENTERED.try_with(|entered| {
            let Stack { next, runs } = &mut *entered.borrow_mut();
            // There is nothing to hide.
            if run.is_none() && runs.is_empty() {
                return None;
            }
            *next += 1;
            runs.push((*next, run));
            Some(*next)
        });
        Self {
            number: number.ok().flatten(),
            _span: span,
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let Some(number) = self.number else {
            return;
        };
        let left = ENTERED.try_with(|entered| {
            let runs = &mut entered.borrow_mut().runs;
            let place = runs.iter().rposition(|(other, _)| *other == number)?;
            Some(runs.remove(place))
        });
        // Its last owner may run code that asks for the current run, which is not borrowed any more.
        drop(left);
    }
}
