//! Whether a run succeeded: decided by the type of what it returned, not by how that is spelled.
//!
//! The mechanism is that of the capture ladder: see `capture`.

use std::any::type_name;
use std::convert::Infallible;
use std::error::Error;
use std::fmt::{Debug, Display, Write};
use std::ops::Deref;

use crate::capture::Probe;

/// The kind of `Result`.
#[derive(Debug)]
pub struct ResultKind;

/// The kind of everything else.
#[derive(Debug)]
pub struct ValueKind;

/// Names a `Result`'s kind.
pub trait ProbeResult {
    /// The kind.
    fn outcome_kind(&self) -> ResultKind {
        ResultKind
    }
}

impl<T, E> ProbeResult for &Probe<'_, Result<T, E>> {}

/// The kind of a future that the return type does not show to be one.
#[derive(Debug)]
pub struct FutureKind;

/// Names a future's kind.
pub trait ProbeFuture {
    /// The kind.
    fn outcome_kind(&self) -> FutureKind {
        FutureKind
    }
}

impl<T: Future> ProbeFuture for &Probe<'_, T> {}

/// Names the kind of what holds a future.
pub trait ProbeFutureInside {
    /// The kind.
    fn outcome_kind(&self) -> FutureKind {
        FutureKind
    }
}

impl<T: Future, E> ProbeFutureInside for &&Probe<'_, Result<T, E>> {}
impl<T: Future> ProbeFutureInside for &&Probe<'_, Option<T>> {}

/// Implemented for nothing: it gives a mistake its message.
#[diagnostic::on_unimplemented(
    message = "`#[external_task]` cannot follow a future whose return type does not show it. Spell \
               the type as `impl Future<Output = …>` or `Pin<Box<dyn Future<Output = …>>>`, or put the \
               attribute on the async function that it runs.",
    label = "this is a future, and its run would be over before it began"
)]
pub trait ShownToBeAFuture {}

/// Names any other type's kind.
pub trait ProbeValue {
    /// The kind.
    fn outcome_kind(&self) -> ValueKind {
        ValueKind
    }
}

impl<T: ?Sized> ProbeValue for Probe<'_, T> {}

impl ResultKind {
    /// The value, or the error.
    pub fn split<T, E>(self, result: &Result<T, E>) -> Result<&T, &E> {
        result.as_ref()
    }
}

impl FutureKind {
    /// Does not compile, with a message.
    pub fn split<T: ShownToBeAFuture>(self, value: &T) -> Result<&T, &Infallible> {
        Ok(value)
    }
}

impl ValueKind {
    /// The value; there is no error.
    pub fn split<T>(self, value: &T) -> Result<&T, &Infallible> {
        Ok(value)
    }
}

/// Error rung 1: an error, with its sources.
pub trait ErrorRung {
    /// What went wrong.
    fn error_rung(&self) -> String;
}

impl<E: Error + ?Sized> ErrorRung for &&&&Probe<'_, E> {
    fn error_rung(&self) -> String {
        chain(self.0, self.0.source())
    }
}

/// Error rung 2: what holds an error, such as `anyhow::Error` and `Box<dyn Error>`.
pub trait HeldErrorRung {
    /// What went wrong.
    fn error_rung(&self) -> String;
}

impl<E: Deref<Target: Error> + ?Sized> HeldErrorRung for &&&Probe<'_, E> {
    fn error_rung(&self) -> String {
        let error = &**self.0;
        chain(error, error.source())
    }
}

/// Error rung 3: `Display`.
pub trait DisplayErrorRung {
    /// What went wrong.
    fn error_rung(&self) -> String;
}

impl<E: Display + ?Sized> DisplayErrorRung for &&Probe<'_, E> {
    fn error_rung(&self) -> String {
        self.0.to_string()
    }
}

/// Error rung 4: `Debug`.
pub trait DebugErrorRung {
    /// What went wrong.
    fn error_rung(&self) -> String;
}

impl<E: Debug + ?Sized> DebugErrorRung for &Probe<'_, E> {
    fn error_rung(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// The last error rung: the type's name.
pub trait NamedErrorRung {
    /// What went wrong.
    fn error_rung(&self) -> String;
}

impl<E: ?Sized> NamedErrorRung for Probe<'_, E> {
    fn error_rung(&self) -> String {
        format!("<{}>", type_name::<E>())
    }
}

/// The error and its sources, joined by `: `. A source that its error already ends with is not
/// said twice.
pub(crate) fn chain<E: Display + ?Sized>(
    error: &E,
    mut source: Option<&(dyn Error + 'static)>,
) -> String {
    let mut reason = error.to_string();
    while let Some(error) = source {
        let text = error.to_string();
        if !reason.ends_with(&text) {
            let _ = write!(reason, ": {text}");
        }
        source = error.source();
    }
    reason
}

/// Captures an error by the ladder; a text that says so if that panicked.
#[doc(hidden)]
#[macro_export]
macro_rules! __reason {
    ($error:expr) => {
        $crate::__private::guarded(|| {
            #[allow(unused_imports)]
            use $crate::__private::error_rungs::*;
            (&&&&&$crate::__private::Probe($error)).error_rung()
        })
    };
}
