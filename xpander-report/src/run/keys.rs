//! What the attribute's keys take, with messages for what they do not.

use std::any::type_name;
use std::convert::Infallible;
use std::marker::PhantomData;

use futures_core::Stream;

use super::capture::Capture;
use super::kind::{AStream, AnIterator, Boxed, Found, Holds, ShownProbe, StreamBox};
use super::outcome::Layered;
use crate::reporter::Reporter;
use crate::run::end::Outcome;
use crate::support::panics::catch_panic;

/// What the key `reporter` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reporter. Pass a `Reporter` or a reference to one.",
    label = "expected a `Reporter`"
)]
pub trait AsReporter {
    /// The reporter.
    fn reporter(&self) -> Reporter;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<Reporter>> AsReporter for T {
    fn reporter(&self) -> Reporter {
        self.as_ref().clone()
    }
}

/// The reporter that the key `reporter` gives.
pub fn reporter(reporter: impl AsReporter) -> Reporter {
    reporter.reporter()
}

/// Applies a user's function. The bound tells a closure its argument's type.
pub fn extract<'a, T: ?Sized, R>(value: &'a T, extractor: impl FnOnce(&'a T) -> R) -> R {
    extractor(value)
}

/// [`extract`] for what must be a `bool`.
pub fn extract_bool<'a, T: ?Sized>(value: &'a T, extractor: impl FnOnce(&'a T) -> bool) -> bool {
    extractor(value)
}

/// [`extract`] for an expression that may be no function.
pub fn extract_by<'a, T: ?Sized, R>(value: &'a T, extractor: impl Extractor<'a, T, R>) -> R {
    extractor.extract(value)
}

/// What a key takes that is read from what came out.
#[diagnostic::on_unimplemented(
    message = "this key takes a function of the return value, not a `{Self}`. Write a closure, `|_| …`.",
    label = "expected a function that takes `&{T}`"
)]
pub trait Extractor<'a, T: ?Sized, R> {
    /// What is read.
    fn extract(self, value: &'a T) -> R;
}

#[diagnostic::do_not_recommend]
impl<'a, T: ?Sized + 'a, R, F: FnOnce(&'a T) -> R> Extractor<'a, T, R> for F {
    fn extract(self, value: &'a T) -> R {
        self(value)
    }
}

/// Reads an argument for a key, and leaves it to the body.
pub fn place<T: Stays>(argument: &T) -> T {
    argument.copy()
}

/// An argument that a key can read and the body after it.
#[diagnostic::on_unimplemented(
    message = "a key cannot move a `{Self}` out of the body. Write a reference, such as `&name` or \
               `name.as_str()`, or a clone, `name.clone()`.",
    label = "the body uses this value"
)]
pub trait Stays {
    /// The same value.
    fn copy(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Copy> Stays for T {
    fn copy(&self) -> T {
        *self
    }
}

/// The errors that the key `error` converts.
#[derive(Debug)]
pub struct Errors<E>(PhantomData<fn() -> E>);

impl<E> Clone for Errors<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Errors<E> {}

/// The errors of the `Result` that the function returns.
pub trait ResultErrors<E> {
    /// Names them.
    fn key_errors(&self) -> Errors<E> {
        Errors(PhantomData)
    }
}

impl<V: Layered, W, X> ResultErrors<V::Error> for &&&ShownProbe<'_, V, W, X> {}

/// The errors of the items in a boxed stream, if the function itself returns no `Result`.
pub trait BoxErrors<Via, E> {
    /// Names them.
    fn key_errors(&self) -> Errors<E> {
        Errors(PhantomData)
    }
}

impl<V, W, X, Via, T: Layered> BoxErrors<Via, T::Error> for &&ShownProbe<'_, V, W, X> where
    V: Found<Via, StreamBox> + Holds<Via, Leaf: Boxed<Piece = T>>
{
}

/// The errors of the items of an `impl Stream` or `impl Iterator`.
pub trait ShownErrors<E> {
    /// Names them.
    fn key_errors(&self) -> Errors<E> {
        Errors(PhantomData)
    }
}

impl<V, Via, T: Layered> ShownErrors<T::Error> for &ShownProbe<'_, V, Via, AStream> where
    V: Holds<Via, Leaf: Stream<Item = T>>
{
}

impl<V, Via, T: Layered> ShownErrors<T::Error> for &ShownProbe<'_, V, Via, AnIterator> where
    V: Holds<Via, Leaf: Iterator<Item = T>>
{
}

/// There are none.
pub trait NoErrors<V> {
    /// Does not compile, with a message.
    fn key_errors(&self) -> Errors<Infallible>
    where
        V: HasAnError;
}

impl<V, W, X> NoErrors<V> for ShownProbe<'_, V, W, X> {
    fn key_errors(&self) -> Errors<Infallible>
    where
        V: HasAnError,
    {
        Errors(PhantomData)
    }
}

/// No type implements this. It exists for its error message.
#[diagnostic::on_unimplemented(
    message = "`error` needs a function that returns a `Result`, but this one returns a `{Self}`. Remove the \
               key, or return a `Result`.",
    label = "`{Self}` is not a `Result`"
)]
pub trait HasAnError {}

/// An error, and the errors that the key `error` converts.
#[derive(Debug)]
pub struct ErrorProbe<'a, E, K>(pub &'a E, pub Errors<K>);

/// The key converts this error.
pub trait ErrorByKey<'a, E> {
    /// What is captured of it: nothing, so that nothing is asked of its type.
    fn shown(&self) -> &'a () {
        &()
    }

    /// Tells it.
    fn capture_error(
        &self,
        outcome: &mut Outcome<'_>,
        error: &dyn Capture,
        key: impl FnOnce(&'a E, &mut Outcome<'_>),
    );
}

impl<'a, E> ErrorByKey<'a, E> for &ErrorProbe<'a, E, E> {
    fn capture_error(
        &self,
        outcome: &mut Outcome<'_>,
        _: &dyn Capture,
        key: impl FnOnce(&'a E, &mut Outcome<'_>),
    ) {
        catch_panic(|| key(self.0, outcome));
        outcome.is_error(type_name::<E>());
    }
}

/// The key converts other errors.
pub trait ErrorByItself<'a, E, K> {
    /// What is captured of this one.
    fn shown(&self) -> &'a E;

    /// Tells it as it is.
    fn capture_error(
        &self,
        outcome: &mut Outcome<'_>,
        error: &dyn Capture,
        _: impl FnOnce(&'a K, &mut Outcome<'_>),
    );
}

impl<'a, E, K: 'a> ErrorByItself<'a, E, K> for ErrorProbe<'a, E, K> {
    fn shown(&self) -> &'a E {
        self.0
    }

    fn capture_error(
        &self,
        outcome: &mut Outcome<'_>,
        error: &dyn Capture,
        _: impl FnOnce(&'a K, &mut Outcome<'_>),
    ) {
        outcome.error(error);
    }
}
