//! Whether a run succeeded: decided by the type of what it returned, not by how that is spelled.
//!
//! The mechanism is that of the capture ladder: see `capture`.

use std::any::type_name;
use std::convert::Infallible;
use std::error::Error;
use std::fmt::{Debug, Display, Write};

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

impl<E: Error + ?Sized> ErrorRung for &&&&&Probe<'_, E> {
    fn error_rung(&self) -> String {
        chain(self.0, self.0.source())
    }
}

/// Error rung 2: what holds an error that may cross threads, such as `anyhow::Error` and
/// `Box<dyn Error + Send + Sync>`.
pub trait SendErrorRung {
    /// What went wrong.
    fn error_rung(&self) -> String;
}

impl<E: AsRef<dyn Error + Send + Sync> + ?Sized> SendErrorRung for &&&&Probe<'_, E> {
    fn error_rung(&self) -> String {
        let error = self.0.as_ref();
        chain(error, error.source())
    }
}

/// Error rung 3: what holds an error, such as `Box<dyn Error>`.
pub trait BoxedErrorRung {
    /// What went wrong.
    fn error_rung(&self) -> String;
}

impl<E: AsRef<dyn Error> + ?Sized> BoxedErrorRung for &&&Probe<'_, E> {
    fn error_rung(&self) -> String {
        let error = self.0.as_ref();
        chain(error, error.source())
    }
}

/// Error rung 4: `Display`.
pub trait DisplayErrorRung {
    /// What went wrong.
    fn error_rung(&self) -> String;
}

impl<E: Display + ?Sized> DisplayErrorRung for &&Probe<'_, E> {
    fn error_rung(&self) -> String {
        self.0.to_string()
    }
}

/// Error rung 5: `Debug`.
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
            (&&&&&&$crate::__private::Probe($error)).error_rung()
        })
    };
}
