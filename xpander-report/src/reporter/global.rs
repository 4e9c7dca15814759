//! Which reporter a run goes to when its attribute names none: the recorder's scope, else the
//! installed one, else one made once from the environment, else none.

use std::cell::RefCell;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use once_cell::sync::OnceCell;

use super::Reporter;
use crate::support::suppress::is_suppressed;
use crate::support::sync::unpoisoned;

static INSTALLED: OnceCell<Reporter> = OnceCell::new();

/// One load tells a run that reporting is off. Two bits are the state of the installed reporter; the rest counts the
/// scopes that are entered.
static STATE: AtomicUsize = AtomicUsize::new(UNKNOWN);
const UNKNOWN: usize = 0;
const NONE: usize = 1;
const SOME: usize = 2;
const KIND: usize = 3;
const SCOPE: usize = 4;

/// The reporter that stands in for the installed one during a test.
static STAND_IN: RwLock<Option<Reporter>> = RwLock::new(None);

thread_local! {
    static SCOPED: RefCell<Option<Reporter>> = const { RefCell::new(None) };
}

pub(crate) fn install(reporter: Reporter) -> Result<(), Reporter> {
    INSTALLED.set(reporter)?;
    set_kind(SOME);
    Ok(())
}

/// Stops looking for a reporter in the environment.
pub(crate) fn switch_off() {
    set_kind(NONE);
}

/// The reporter of a run that starts now, if it is reported.
pub(crate) fn current() -> Option<Reporter> {
    let state = STATE.load(Ordering::Acquire);
    if state == NONE || is_suppressed() {
        return None;
    }
    let scoped = if state >= SCOPE { scoped() } else { None };
    scoped
        .or_else(|| match state & KIND {
            SOME => INSTALLED.get().cloned(),
            NONE => None,
            _ => first(),
        })
        .filter(Reporter::is_enabled)
}

/// Sets this thread's scope until the guard is dropped.
pub(crate) fn enter_scope(reporter: Reporter) -> ScopeGuard {
    STATE.fetch_add(SCOPE, Ordering::AcqRel);
    ScopeGuard(SCOPED.with(|scoped| scoped.replace(Some(reporter))))
}

pub(crate) struct ScopeGuard(Option<Reporter>);

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        let outer = self.0.take();
        // A thread that ends has no scope left to restore.
        let _ = SCOPED.try_with(|scoped| drop(scoped.replace(outer)));
        STATE.fetch_sub(SCOPE, Ordering::AcqRel);
    }
}

fn scoped() -> Option<Reporter> {
    SCOPED
        .try_with(|scoped| scoped.borrow().clone())
        .ok()
        .flatten()
        .or_else(|| unpoisoned(STAND_IN.read()).clone())
}

/// Replaces the installed reporter on all threads until the guard is dropped.
pub(crate) fn stand_in(reporter: Reporter) -> StandIn {
    set_stand_in(Some(reporter));
    STATE.fetch_add(SCOPE, Ordering::AcqRel);
    StandIn(())
}

/// Its caller makes sure that only one exists at a time.
pub(crate) struct StandIn(());

impl Drop for StandIn {
    fn drop(&mut self) {
        STATE.fetch_sub(SCOPE, Ordering::AcqRel);
        drop(set_stand_in(None));
    }
}

fn set_stand_in(reporter: Option<Reporter>) -> Option<Reporter> {
    let mut stand_in = unpoisoned(STAND_IN.write());
    std::mem::replace(&mut *stand_in, reporter)
}

#[cold]
fn first() -> Option<Reporter> {
    match INSTALLED.get_or_try_init(from_env) {
        Ok(reporter) => {
            set_kind(SOME);
            Some(reporter.clone())
        }
        Err(Absent) => {
            set_kind(NONE);
            // Another thread may have installed one between the check and this store.
            let installed = INSTALLED.get().cloned();
            if installed.is_some() {
                set_kind(SOME);
            }
            installed
        }
    }
}

struct Absent;

#[cfg(feature = "http")]
fn from_env() -> Result<Reporter, Absent> {
    use std::sync::atomic::AtomicBool;

    use crate::support::diagnostics::warn;

    let is_configured = |variable| std::env::var_os(variable).is_some_and(|v| !v.is_empty());
    if !["XPANDER_API_KEY", "XPANDER_AGENT_ID", "XPANDER_BASE_URL"]
        .into_iter()
        .any(is_configured)
    {
        return Err(Absent);
    }
    Reporter::from_env().map_err(|error| {
        // Called concurrently, each thread makes its own attempt.
        static TOLD: AtomicBool = AtomicBool::new(false);
        if !TOLD.swap(true, Ordering::Relaxed) {
            warn(format_args!("runs are not reported: {error}"));
        }
        Absent
    })
}

#[cfg(not(feature = "http"))]
fn from_env() -> Result<Reporter, Absent> {
    Err(Absent)
}

fn set_kind(kind: usize) {
    let _ = STATE.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| {
        // An existing reporter stays.
        (state & KIND != SOME).then_some(state & !KIND | kind)
    });
}
