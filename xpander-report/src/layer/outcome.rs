use std::any::{Any, type_name};
use std::error::Error;
use std::fmt::Display;
use std::sync::Arc;

use super::closures::{Read, Show};
use crate::envelope::value::Captured;
use crate::run::Run;
use crate::run::capture::{Capture, Json, Rung};
use crate::run::end::Outcome;
use crate::run::following::Ending;
use crate::support::error_chain;

/// How an answer or an error is reported.
pub(super) struct Outcomes<A, E> {
    pub(super) result: Option<Show<A>>,
    pub(super) is_success: Option<Read<A, bool>>,
    pub(super) error: Option<Read<E, String>>,
}

impl<A, E: Display + 'static> Outcomes<A, E> {
    fn look(&self, output: &Result<A, E>, outcome: &mut Outcome<'_>) {
        match output {
            Ok(answer) => {
                if let (Some(is_success), Some(end)) = (&self.is_success, outcome.end()) {
                    end.is_success(|| is_success(answer));
                }
                if let (Some(result), Some(end)) = (&self.result, outcome.end()) {
                    end.result(&mut |outcome| result(answer, outcome));
                }
            }
            Err(error) => match &self.error {
                Some(told) => {
                    outcome.value(&Rung::<_, Json>::new(&told(error)));
                    outcome.is_error(type_name::<E>());
                }
                None => outcome.error(&Failure(error)),
            },
        }
    }
}

/// Ends the run of a call.
pub(super) struct Looking<A, E>(pub(super) Arc<Outcomes<A, E>>);

impl<A, E: Display + 'static> Ending<Result<A, E>> for Looking<A, E> {
    type Value = Result<A, E>;

    fn end(self, mut run: Run, output: Result<A, E>) -> Result<A, E> {
        run.finish(&mut |outcome| self.0.look(&output, outcome));
        output
    }
}

/// A service's error.
struct Failure<'a, E>(&'a E);

impl<E: Display + 'static> Capture for Failure<'_, E> {
    /// The error with its sources. A generic error has no bound that gives access to them. Most services use one of
    /// these boxes, and `anyhow::Error` shows them in its alternate form.
    fn capture(&self, room: usize) -> Option<Captured> {
        let error: &dyn Any = self.0;
        let boxed = error
            .downcast_ref::<Box<dyn Error + Send + Sync>>()
            .map(|error| (&**error) as &dyn Error);
        let boxed = boxed.or_else(|| Some(&**error.downcast_ref::<Box<dyn Error>>()?));
        Some(match boxed {
            Some(error) => Captured::of(error_chain::join(error, error.source(), room), false),
            None => Captured::format(format_args!("{:#}", self.0), room),
        })
    }

    fn type_name(&self) -> &'static str {
        type_name::<E>()
    }
}

impl<A, E> Default for Outcomes<A, E> {
    fn default() -> Self {
        Self {
            result: None,
            is_success: None,
            error: None,
        }
    }
}

impl<A, E> Clone for Outcomes<A, E> {
    fn clone(&self) -> Self {
        Self {
            result: self.result.clone(),
            is_success: self.is_success.clone(),
            error: self.error.clone(),
        }
    }
}
