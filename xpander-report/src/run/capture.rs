//! How a value becomes text.
//!
//! With specialisation, this would be:
//!
//! ```text
//! impl<T> Capture for T { default fn capture(&self) { type name } }
//! impl<T: Display> Capture for T { default fn … }
//! impl<T: Debug> Capture for T { default fn … }
//! impl<T: AsRef<[u8]>> Capture for T { default fn … }
//! impl<T: Display + Debug> Capture for T { default fn … }
//! impl<T: AsRef<str>> Capture for T { default fn … }
//! impl<T: Serialize> Capture for T { default fn … }
//! impl<T: AsText> Capture for T { fn … }
//! ```
//!
//! Specialisation is not stable, so method resolution selects the implementation. It tries the receiver as it is before
//! it removes references, so an implementation for `&&Probe<T>` has precedence over one for `&Probe<T>`. The call must
//! be in the macro's expansion, where the type is known: `(&&&&&&&&&Probe(value)).capture_rung()`. It returns a
//! [`Rung`], which captures the value on demand. As `&dyn Capture`, all rungs have one type, so the library's code is
//! compiled once.

use std::any::type_name;
use std::borrow::Cow;
use std::cell::{LazyCell, OnceCell, Ref, RefMut};
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{ControlFlow, Deref};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{
    Arc, LazyLock, Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard,
    TryLockError,
};
use std::task::Poll;

use serde::Serialize;

use crate::envelope::secret_forms::REDACTED;
use crate::envelope::value::Captured;
use crate::report::json;
use crate::support::panics::catch_panic;

/// The value whose type decides.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// A value that can become text.
pub trait Capture {
    /// The text or the JSON, up to `room` bytes; `None` stands for null.
    fn capture(&self, room: usize) -> Option<Captured>;

    /// Whether it may be a provider's response.
    fn may_be_a_response(&self) -> bool {
        false
    }

    /// The name of the value's type.
    fn type_name(&self) -> &'static str;
}

/// A value, and the way in which its type becomes text.
#[derive(Debug)]
pub struct Rung<'a, T: ?Sized, Way>(&'a T, PhantomData<Way>);

/// Declares the rungs of a ladder. A rung has a trait, a conversion, and the types to which it applies. A rung with
/// more `&` has precedence.
macro_rules! ladder {
    ($method:ident: $(
        $(#[$attribute:meta])*
        $trait:ident, $way:ident: [$($probe:tt)*] [$($bound:tt)*] ($value:ident, $room:ident) $capture:block
        $(=> may_be_a_response: $response:literal)?
    )*) => {$(
        $(#[$attribute])*
        #[derive(Debug)]
        pub struct $way;

        $(#[$attribute])*
        pub trait $trait<'a, T: ?Sized> {
            /// The value on this rung.
            fn $method(&self) -> $crate::run::capture::Rung<'a, T, $way>;
        }

        $(#[$attribute])*
        impl<'a, T: ?Sized $($bound)*> $trait<'a, T> for $($probe)* $crate::run::capture::Probe<'a, T> {
            fn $method(&self) -> $crate::run::capture::Rung<'a, T, $way> {
                $crate::run::capture::Rung::new(self.0)
            }
        }

        $(#[$attribute])*
        impl<T: ?Sized $($bound)*> $crate::run::capture::Capture for $crate::run::capture::Rung<'_, T, $way> {
            fn capture(&self, $room: usize) -> Option<$crate::envelope::value::Captured> {
                let $value = self.value();
                $capture
            }

            $(fn may_be_a_response(&self) -> bool {
                $response
            })?

            fn type_name(&self) -> &'static str {
                std::any::type_name::<T>()
            }
        }
    )*};
}
pub(crate) use ladder;

impl<'a, T: ?Sized, Way> Rung<'a, T, Way> {
    pub(crate) fn new(value: &'a T) -> Self {
        Self(value, PhantomData)
    }

    pub(crate) fn value(&self) -> &'a T {
        self.0
    }
}

// No type has two rungs of one height, unless it has a higher one.
ladder! { capture_rung:
    /// Text, as it is.
    TextRung, AsItIs: [&&&&&&&&] [+ AsText] (value, room) {
        Some(Captured::text(&value.text()?, room))
    }
    /// Bytes, by their number.
    BytesRung, Counted: [&&&&&&&] [+ AsBytes] (value, _room) {
        value.count().map(bytes)
    }
    /// A number that JSON may not have.
    FloatRung, Float: [&&&&&&&] [+ AsFloat] (value, room) {
        value.number(room)
    }
    /// A lock. It is only tried, because the caller may hold it.
    LockRung, Locked: [&&&&&&&] [+ Lock] (value, room) {
        value.look(room)
    }
    /// What Amazon Bedrock's SDK gives, as the JSON that Bedrock sent.
    #[cfg(feature = "bedrock")]
    BedrockRung, FromBedrock: [&&&&&&&] [+ crate::provider::llm_response::LlmResponse<crate::provider::bedrock::Bedrock>] (value, _room) {
        Some(Captured::Json(json::raw(&value.response()).get().to_owned()))
    } => may_be_a_response: true
    /// `Serialize`, as JSON.
    SerializeRung, Json: [&&&&&&] [+ Serialize] (value, room) {
        json(value, room)
    } => may_be_a_response: true
    /// A holder of what serialises, such as the guard of a lock.
    HolderRung, Held: [&&&&&] [+ Holder] (value, room) {
        value.held(room)
    } => may_be_a_response: true
    /// `AsRef<str>`.
    StrRung, Str: [&&&&] [+ AsRef<str>] (value, room) {
        Some(Captured::text(value.as_ref(), room))
    }
    /// `Some` of such a value.
    SomeStrRung, SomeStr: [&&&&] [+ Maybe<Value: AsRef<str>>] (value, room) {
        Some(Captured::text(value.get()?.as_ref(), room))
    }
    /// A pointer to such a value.
    PointedStrRung, PointedStr: [&&&&] [+ Pointer<Target: AsRef<str>>] (value, room) {
        Some(Captured::text(value.target()?.as_ref(), room))
    }
    /// `Display` beside `Debug`: it is the one for people.
    ShownRung, Shown: [&&&] [+ Display + Debug] (value, room) {
        Some(Captured::format(format_args!("{value}"), room))
    }
    /// `Some` of such a value.
    SomeShownRung, SomeShown: [&&&] [+ Maybe<Value: Display + Debug>] (value, room) {
        Some(Captured::format(format_args!("{}", value.get()?), room))
    }
    /// A byte buffer of another crate, by its number.
    BufferRung, Buffer: [&&] [+ AsRef<[u8]>] (value, _room) {
        Some(bytes(value.as_ref().len()))
    }
    /// `Some` of such a buffer.
    SomeBufferRung, SomeBuffer: [&&] [+ Maybe<Value: AsRef<[u8]>>] (value, _room) {
        Some(bytes(value.get()?.as_ref().len()))
    }
    /// A pointer to such a buffer.
    PointedBufferRung, PointedBuffer: [&&] [+ Pointer<Target: AsRef<[u8]>>] (value, _room) {
        Some(bytes(value.target()?.as_ref().len()))
    }
    /// `Debug`.
    DebugRung, Debugged: [&] [+ Debug] (value, room) {
        let text = Captured::format(format_args!("{value:?}"), room);
        let is_none = text == Captured::Text("None".to_owned())
            && type_name::<T>().starts_with("core::option::Option<");
        (!is_none).then_some(text)
    }
    /// `Display` alone.
    DisplayRung, Displayed: [&] [+ Display] (value, room) {
        Some(Captured::format(format_args!("{value}"), room))
    }
    /// The type's name.
    NameRung, Named: [] [] (_value, room) {
        Some(name::<T>(room))
    }
}

/// Stands for an argument whose name is that of a secret. The argument itself is not looked at.
#[derive(Debug)]
pub struct Redacted;

impl Capture for Redacted {
    fn capture(&self, _room: usize) -> Option<Captured> {
        Some(Captured::Text(REDACTED.to_owned()))
    }

    fn type_name(&self) -> &'static str {
        type_name::<Self>()
    }
}

/// Text, and wrappers of it.
pub trait AsText {
    /// The text; `None` stands for null.
    fn text(&self) -> Option<Cow<'_, str>>;
}

impl AsText for str {
    fn text(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self))
    }
}

impl AsText for String {
    fn text(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self))
    }
}

impl AsText for Cow<'_, str> {
    fn text(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self))
    }
}

impl AsText for char {
    fn text(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Owned(self.to_string()))
    }
}

impl AsText for () {
    fn text(&self) -> Option<Cow<'_, str>> {
        None
    }
}

/// Bytes, which nobody reads in a report.
pub trait AsBytes {
    /// How many; `None` stands for null.
    fn count(&self) -> Option<usize>;
}

impl AsBytes for [u8] {
    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl AsBytes for Vec<u8> {
    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<const N: usize> AsBytes for [u8; N] {
    fn count(&self) -> Option<usize> {
        Some(N)
    }
}

impl AsBytes for Cow<'_, [u8]> {
    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

/// A lock around what serialises, whose `Debug` may show what its JSON hides.
pub trait Lock {
    /// Captures what it holds, if nobody has it.
    fn look(&self, room: usize) -> Option<Captured>;
}

impl<T: Serialize + ?Sized> Lock for Mutex<T> {
    fn look(&self, room: usize) -> Option<Captured> {
        held(self.try_lock(), room)
    }
}

impl<T: Serialize + ?Sized> Lock for RwLock<T> {
    fn look(&self, room: usize) -> Option<Captured> {
        held(self.try_read(), room)
    }
}

fn held<T: Serialize + ?Sized, G: Deref<Target = T>>(
    lock: Result<G, TryLockError<G>>,
    room: usize,
) -> Option<Captured> {
    match lock {
        Ok(value) => json(&*value, room),
        Err(TryLockError::Poisoned(value)) => json(&**value.get_ref(), room),
        Err(TryLockError::WouldBlock) => Some(Captured::Text("<locked>".to_owned())),
    }
}

/// Not read: that would run the function that makes its value.
impl<T: Serialize, F> Lock for LazyLock<T, F> {
    fn look(&self, room: usize) -> Option<Captured> {
        Some(name::<Self>(room))
    }
}

/// Not read: that would run the function that makes its value.
impl<T: Serialize, F> Lock for LazyCell<T, F> {
    fn look(&self, room: usize) -> Option<Captured> {
        Some(name::<Self>(room))
    }
}

/// A number, which JSON has only if it is finite.
pub trait AsFloat {
    /// The number; `None` stands for null.
    fn number(&self, room: usize) -> Option<Captured>;
}

macro_rules! floats {
    ($($float:ty),*) => {$(
        impl AsFloat for $float {
            fn number(&self, room: usize) -> Option<Captured> {
                match self.is_finite() {
                    true => json(self, room),
                    false => Some(Captured::Text(self.to_string())),
                }
            }
        }
    )*};
}

floats!(f32, f64);

/// A holder of what serialises, which does not serialise itself. Its `Debug` may show what the JSON hides.
pub trait Holder {
    /// The JSON of what it holds; `None` stands for null.
    fn held(&self, room: usize) -> Option<Captured>;
}

impl<B: Serialize, C: Serialize> Holder for ControlFlow<B, C> {
    fn held(&self, room: usize) -> Option<Captured> {
        #[derive(Serialize)]
        enum Flow<B, C> {
            Continue(C),
            Break(B),
        }
        let flow = match self {
            Self::Continue(value) => Flow::Continue(value),
            Self::Break(value) => Flow::Break(value),
        };
        json(&flow, room)
    }
}

/// Implements a trait for what points to a value that has it.
macro_rules! pointers {
    ($trait:ident::$method:ident($($argument:ident: $type:ty)?) -> $output:ty) => {
        pointers!($trait::$method($($argument: $type)?) -> $output: &T, &mut T, Box<T>, Rc<T>, Arc<T>);
    };
    ($trait:ident::$method:ident($($argument:ident: $type:ty)?) -> $output:ty: $pointer:ty $(, $more:ty)*) => {
        impl<T: $trait + ?Sized> $trait for $pointer {
            fn $method(&self $(, $argument: $type)?) -> $output {
                (**self).$method($($argument)?)
            }
        }

        pointers!($trait::$method($($argument: $type)?) -> $output: $($more),*);
    };
    ($trait:ident::$method:ident($($argument:ident: $type:ty)?) -> $output:ty:) => {
        impl<T: $trait> $trait for Option<T> {
            fn $method(&self $(, $argument: $type)?) -> $output {
                self.as_ref()?.$method($($argument)?)
            }
        }
    };
}

pointers!(AsText::text() -> Option<Cow<'_, str>>);
pointers!(AsBytes::count() -> Option<usize>);
pointers!(Lock::look(room: usize) -> Option<Captured>);
pointers!(AsFloat::number(room: usize) -> Option<Captured>);
pointers!(Holder::held(room: usize) -> Option<Captured>);

/// Implements a trait for what holds a value with some bound. These are types of the standard library: a type of
/// another crate that dereferences to a value may do so to hide it from `Debug`, or may make the value only then.
macro_rules! holders {
    ($trait:ident::$method:ident($($argument:ident: $type:ty)?) -> $output:ty, $bound:ident: $take:expr) => {
        holders! { @ $trait::$method($($argument: $type)?) -> $output: $take;
            [T: $bound + ?Sized] MutexGuard<'_, T>: |it| Some(&**it);
            [T: $bound + ?Sized] RwLockReadGuard<'_, T>: |it| Some(&**it);
            [T: $bound + ?Sized] RwLockWriteGuard<'_, T>: |it| Some(&**it);
            [T: $bound + ?Sized] Ref<'_, T>: |it| Some(&**it);
            [T: $bound + ?Sized] RefMut<'_, T>: |it| Some(&**it);
            [T: $bound + ?Sized] ManuallyDrop<T>: |it| Some(&**it);
            [T: $bound] AssertUnwindSafe<T>: |it| Some(&it.0);
            [T: Deref<Target: $bound>] Pin<T>: |it| Some(&**it);
            [T: $bound] OnceLock<T>: |it| it.get();
            [T: $bound] OnceCell<T>: |it| it.get();
            [T: $bound] Poll<T>: |it| match it {
                Poll::Ready(value) => Some(value),
                Poll::Pending => None,
            };
        }
    };
    (@ $trait:ident::$method:ident($($argument:ident: $type:ty)?) -> $output:ty: $take:expr;) => {};
    (
        @ $trait:ident::$method:ident($($argument:ident: $type:ty)?) -> $output:ty: $take:expr;
        [$($generics:tt)*] $holder:ty: |$it:ident| $value:expr;
        $($more:tt)*
    ) => {
        impl<$($generics)*> $trait for $holder {
            fn $method(&self $(, $argument: $type)?) -> $output {
                let $it = self;
                $take($value? $(, $argument)?)
            }
        }

        holders! { @ $trait::$method($($argument: $type)?) -> $output: $take; $($more)* }
    };
}

holders!(AsText::text() -> Option<Cow<'_, str>>, AsText: AsText::text);
holders!(AsBytes::count() -> Option<usize>, AsBytes: AsBytes::count);
holders!(AsFloat::number(room: usize) -> Option<Captured>, AsFloat: AsFloat::number);
holders!(Holder::held(room: usize) -> Option<Captured>, Serialize: json);

/// A pointer that has only some traits of what it points to.
pub trait Pointer {
    /// What it points to.
    type Target: ?Sized;

    /// What it points to, if it does.
    fn target(&self) -> Option<&Self::Target>;
}

macro_rules! owners {
    ($($pointer:ident),*) => {$(
        impl<T: ?Sized> Pointer for $pointer<T> {
            type Target = T;

            fn target(&self) -> Option<&T> {
                Some(self)
            }
        }
    )*};
}

owners!(Box, Rc, Arc);

impl<P: Pointer> Pointer for &P {
    type Target = P::Target;

    fn target(&self) -> Option<&P::Target> {
        (**self).target()
    }
}

impl<P: Pointer> Pointer for Option<P> {
    type Target = P::Target;

    fn target(&self) -> Option<&P::Target> {
        self.as_ref()?.target()
    }
}

/// An `Option`, and what points to one.
pub trait Maybe {
    /// What it may hold.
    type Value;

    /// What it holds.
    fn get(&self) -> Option<&Self::Value>;
}

impl<T> Maybe for Option<T> {
    type Value = T;

    fn get(&self) -> Option<&T> {
        self.as_ref()
    }
}

impl<M: Maybe> Maybe for &M {
    type Value = M::Value;

    fn get(&self) -> Option<&M::Value> {
        (**self).get()
    }
}

/// The value as JSON. One whose serialisation fails shows nothing of itself: `Debug` may show what
/// `Serialize` hides.
fn json<T: Serialize + ?Sized>(value: &T, room: usize) -> Option<Captured> {
    Captured::serialized(value, room).unwrap_or_else(|error| {
        let name = type_name::<T>();
        Some(Captured::format(
            format_args!("<{name}: {}>", json::not_json(&error.to_string())),
            room,
        ))
    })
}

/// The name of a type.
fn name<T: ?Sized>(room: usize) -> Captured {
    Captured::format(format_args!("<{}>", type_name::<T>()), room)
}

fn bytes(count: usize) -> Captured {
    Captured::Text(format!("<{count} bytes>"))
}

/// Captures a value; null, if that panics.
pub(crate) fn captured(value: &dyn Capture, room: usize) -> Option<Captured> {
    catch_panic(|| value.capture(room)).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[derive(Debug)]
    struct OnlyDebug;

    struct Nothing;

    macro_rules! capture {
        ($value:expr) => {
            captured(&(&&&&&&&&&Probe(&$value)).capture_rung(), usize::MAX)
        };
    }

    #[test]
    fn each_type_takes_its_highest_rung() {
        let text = |text: &str| Some(Captured::Text(text.to_owned()));
        let json = |json: &str| Some(Captured::Json(json.to_owned()));
        assert_eq!(capture!("a"), text("a"));
        assert_eq!(capture!(Some(String::from("a"))), text("a"));
        assert_eq!(capture!(None::<&str>), None);
        assert_eq!(capture!(vec![1_u8, 2]), text("<2 bytes>"));
        assert_eq!(capture!(vec![1_i32, 2]), json("[1,2]"));
        assert_eq!(capture!(()), None);
        assert_eq!(capture!(OnlyDebug), text("OnlyDebug"));
        assert_eq!(capture!(None::<OnlyDebug>), None);
        let name = concat!("<", module_path!(), "::Nothing>");
        assert_eq!(capture!(Nothing), text(name));
    }

    #[test]
    fn a_serialisation_that_fails_shows_nothing_of_the_value() {
        let Some(Captured::Text(text)) = capture!(HashMap::from([((1, 2), "secret")])) else {
            panic!("a text")
        };
        assert!(text.contains("key must be a string"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
