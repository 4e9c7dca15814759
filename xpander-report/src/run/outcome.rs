//! What came out of a run: decided by the type of what its function gave, not by how that is spelled.
//!
//! The mechanism is that of the capture ladder: see `capture`.

use std::any::type_name;
use std::convert::Infallible;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use super::capture::{Probe, ladder};
use crate::envelope::value::Captured;
use crate::support::error_chain;

/// What a value is once its outermost `Result` is taken off.
#[derive(Debug)]
pub enum Layer<'a, T: ?Sized, E: ?Sized> {
    /// What `Ok` holds; the value itself, if it is no `Result`.
    Value(&'a T),
    /// What `Err` holds.
    Error(&'a E),
    /// There is no `Result` inside.
    Nothing,
}

/// A `Result`, and what may hold one.
pub trait Layered {
    /// What `Ok` holds.
    type Value;
    /// What `Err` holds.
    type Error;

    /// Takes the `Result` off.
    fn layer(&self) -> Layer<'_, Self::Value, Self::Error>;
}

impl<T, E> Layered for Result<T, E> {
    type Value = T;
    type Error = E;

    fn layer(&self) -> Layer<'_, T, E> {
        match self {
            Ok(value) => Layer::Value(value),
            Err(error) => Layer::Error(error),
        }
    }
}

impl<T: Layered> Layered for Option<T> {
    type Value = T::Value;
    type Error = T::Error;

    fn layer(&self) -> Layer<'_, T::Value, T::Error> {
        self.as_ref().map_or(Layer::Nothing, T::layer)
    }
}

impl<T: Layered> Layered for Poll<T> {
    type Value = T::Value;
    type Error = T::Error;

    fn layer(&self) -> Layer<'_, T::Value, T::Error> {
        match self {
            Self::Ready(value) => value.layer(),
            Self::Pending => Layer::Nothing,
        }
    }
}

macro_rules! layered_behind {
    ($($pointer:ty),*) => {$(
        impl<T: Layered + ?Sized> Layered for $pointer {
            type Value = T::Value;
            type Error = T::Error;

            fn layer(&self) -> Layer<'_, T::Value, T::Error> {
                (**self).layer()
            }
        }
    )*};
}

layered_behind!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// Takes a `Result` off.
pub trait ResultLayer<'a, T: ?Sized, E> {
    /// What is under it.
    fn result_layer(&self) -> Layer<'a, T, E>;
}

impl<'a, T: Layered + ?Sized> ResultLayer<'a, T::Value, T::Error> for &Probe<'a, T> {
    fn result_layer(&self) -> Layer<'a, T::Value, T::Error> {
        self.0.layer()
    }
}

/// Leaves any other value as it is.
pub trait NoLayer<'a, T: ?Sized> {
    /// The value.
    fn result_layer(&self) -> Layer<'a, T, Infallible>;
}

impl<'a, T: ?Sized> NoLayer<'a, T> for Probe<'a, T> {
    fn result_layer(&self) -> Layer<'a, T, Infallible> {
        Layer::Value(self.0)
    }
}

ladder! { error_rung:
    /// An error, with its sources.
    ErrorRung, Chained: [&&&&&] [+ Error] (error, room) {
        Some(Captured::of(error_chain::join(error, error.source(), room), false))
    }
    /// What holds an error, such as `anyhow::Error` and `Box<dyn Error>`.
    HeldErrorRung, Held: [&&&&] [+ Deref<Target: Error>] (error, room) {
        let error = &**error;
        Some(Captured::of(error_chain::join(error, error.source(), room), false))
    }
    /// What shares such a holder.
    SharedErrorRung, SharedError: [&&&] [+ Deref<Target: Deref<Target: Error>>] (error, room) {
        let error = &***error;
        Some(Captured::of(error_chain::join(error, error.source(), room), false))
    }
    /// `Display`.
    DisplayErrorRung, DisplayedError: [&&] [+ Display] (error, room) {
        Some(Captured::format(format_args!("{error}"), room))
    }
    /// `Debug`.
    DebugErrorRung, DebuggedError: [&] [+ Debug] (error, room) {
        Some(Captured::format(format_args!("{error:?}"), room))
    }
    /// The type's name.
    NameErrorRung, NamedError: [] [] (_error, room) {
        Some(Captured::format(format_args!("<{}>", type_name::<T>()), room))
    }
}
