//! What came out of a run: decided by the type of what its function gave, not by how that is spelled.
//!
//! The mechanism is that of the capture ladder: see `capture`.

use std::any::type_name;
use std::convert::Infallible;
use std::error::Error;
use std::fmt::{Debug, Display, Write};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use crate::bounded::Bounded;
use crate::capture::{Capture, Probe, captured, ladder};
use crate::captured::Captured;
use crate::run::End;

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
        Some(chain(error, error.source(), room))
    }
    /// What holds an error, such as `anyhow::Error` and `Box<dyn Error>`.
    HeldErrorRung, Held: [&&&&] [+ Deref<Target: Error>] (error, room) {
        let error = &**error;
        Some(chain(error, error.source(), room))
    }
    /// What shares such a holder.
    SharedErrorRung, SharedError: [&&&] [+ Deref<Target: Deref<Target: Error>>] (error, room) {
        let error = &***error;
        Some(chain(error, error.source(), room))
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

/// How many sources of an error are told: one may be its own.
const MAX_SOURCES: usize = 64;

/// The error and its sources, joined by `: `. A source that its error already ends with is not
/// said twice.
pub(crate) fn chain<E: Display + ?Sized>(
    error: &E,
    source: Option<&(dyn Error + 'static)>,
    room: usize,
) -> Captured {
    chained(format_args!("{error}"), source, room)
}

fn chained(
    error: std::fmt::Arguments<'_>,
    source: Option<&(dyn Error + 'static)>,
    room: usize,
) -> Captured {
    let mut reason = Bounded::new(room);
    let _ = reason.write_fmt(error);
    let sources = std::iter::successors(source, |error| (*error).source());
    for source in sources.take(MAX_SOURCES) {
        if reason.is_over() {
            break;
        }
        let text = Captured::format(format_args!("{source}"), room).into_text();
        if !reason.ends_with(&text) {
            let _ = write!(reason, ": {text}");
        }
    }
    Captured::of(reason, false)
}

/// What was captured of a value.
#[derive(Debug)]
pub(crate) enum Came {
    /// Null, or content that may not leave.
    Nothing,
    Value(Captured),
    /// An error, and the name of its type.
    Error(Option<Captured>, &'static str),
}

/// Takes what came out of a run, or what a stream gives on the way.
#[derive(Debug)]
pub struct Outcome<'a> {
    content: bool,
    room: usize,
    end: Option<&'a mut End>,
    pub(crate) came: Came,
}

impl<'a> Outcome<'a> {
    pub(crate) fn new(content: bool, room: usize, end: Option<&'a mut End>) -> Self {
        Self {
            content,
            room,
            end,
            came: Came::Nothing,
        }
    }

    /// The end of the run, for the user's keys.
    pub fn end(&mut self) -> Option<&mut End> {
        self.end.as_deref_mut()
    }

    /// It is this value. Where content may not leave, only a provider's response is of use, which is read
    /// for its tokens.
    pub fn value(&mut self, value: &dyn Capture) {
        if self.content || value.may_be_a_response() {
            let value = captured(value, self.room);
            let value = value.filter(|it| self.content || matches!(it, Captured::Json(_)));
            self.came = value.map_or(Came::Nothing, Came::Value);
        }
    }

    /// It is this item of a stream; what the function itself returned is not looked at.
    pub fn item(&mut self, value: &dyn Capture) {
        if self.end.is_none() {
            self.value(value);
        }
    }

    /// It is this error.
    pub fn error(&mut self, error: &dyn Capture) {
        let name = error.type_name();
        let reason = self.content.then(|| captured(error, self.room)).flatten();
        self.came = Came::Error(reason, name);
    }

    /// It is an error of which only the type may be told.
    pub fn error_by_name(&mut self, error: &dyn Capture) {
        self.came = Came::Error(
            self.content
                .then(|| Captured::Text(format!("<{}>", error.type_name()))),
            error.type_name(),
        );
    }

    /// What a key gave tells this error.
    pub(crate) fn is_error(&mut self, error: &dyn Capture) {
        let told = match std::mem::replace(&mut self.came, Came::Nothing) {
            Came::Value(told) if self.content => Some(told),
            _ => None,
        };
        self.came = Came::Error(told, error.type_name());
    }
}
