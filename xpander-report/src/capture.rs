//! How a value becomes text.
//!
//! What one would like to write is
//!
//! ```text
//! impl<T> Capture for T { default fn capture(&self) { type name } }
//! impl<T: Display> Capture for T { default fn … }
//! impl<T: AsRef<str>> Capture for T { default fn … }
//! impl<T: Debug> Capture for T { default fn … }
//! impl<T: Serialize> Capture for T { default fn … }
//! impl<T: AsText> Capture for T { fn … }
//! ```
//!
//! Without specialisation, method resolution does it: a method call looks at the receiver as it is
//! before it takes references off, so an implementation for `&&Probe<T>` goes before one for
//! `&Probe<T>`. The call must stand where the type is known, in the macro's expansion:
//! `(&&&&Probe(&value)).upper_rung()`. The upper rungs may fail at run time (a map whose keys are no
//! text), so the lower ones are called apart.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock};

use serde::Serialize;

pub(crate) use crate::captured::Captured;

/// The value whose type decides.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// The value is not what this rung takes.
#[derive(Debug)]
pub struct NextRung;

/// What an upper rung gives: nothing stands for null.
pub(crate) type Upper = Result<Option<Captured>, NextRung>;

/// Text, and wrappers of it.
pub trait AsText {
    /// A copy of the text; `None` stands for null.
    fn text(&self) -> Option<String>;
}

impl AsText for str {
    fn text(&self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl AsText for String {
    fn text(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl AsText for Cow<'_, str> {
    fn text(&self) -> Option<String> {
        Some(self.as_ref().to_owned())
    }
}

impl AsText for char {
    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl AsText for () {
    fn text(&self) -> Option<String> {
        None
    }
}

impl<T: AsText> AsText for Option<T> {
    fn text(&self) -> Option<String> {
        self.as_ref().and_then(AsText::text)
    }
}

macro_rules! text_behind {
    ($($pointer:ty),*) => {$(
        impl<T: AsText + ?Sized> AsText for $pointer {
            fn text(&self) -> Option<String> {
                (**self).text()
            }
        }
    )*};
}

text_behind!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// Bytes, which nobody reads in a report: their number is captured.
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

impl<T: AsBytes> AsBytes for Option<T> {
    fn count(&self) -> Option<usize> {
        self.as_ref().and_then(AsBytes::count)
    }
}

macro_rules! bytes_behind {
    ($($pointer:ty),*) => {$(
        impl<T: AsBytes + ?Sized> AsBytes for $pointer {
            fn count(&self) -> Option<usize> {
                (**self).count()
            }
        }
    )*};
}

bytes_behind!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// Upper rung 1: text, as it is.
pub trait TextRung {
    /// Captures the value.
    fn upper_rung(&self) -> Upper;
}

impl<T: AsText + ?Sized> TextRung for &&&Probe<'_, T> {
    fn upper_rung(&self) -> Upper {
        Ok(self.0.text().map(Captured::Text))
    }
}

/// Upper rung 2: bytes, by their number.
pub trait BytesRung {
    /// Captures the value.
    fn upper_rung(&self) -> Upper;
}

impl<T: AsBytes + ?Sized> BytesRung for &&Probe<'_, T> {
    fn upper_rung(&self) -> Upper {
        Ok(self.0.count().map(bytes))
    }
}

/// Upper rung 2, as no type has both: what Amazon Bedrock's SDK gives, as the JSON that Bedrock sent.
#[cfg(feature = "bedrock")]
pub trait BedrockRung {
    /// Captures the value.
    fn upper_rung(&self) -> Upper;
}

#[cfg(feature = "bedrock")]
impl<T: crate::LlmResponse<crate::Bedrock>> BedrockRung for &&Probe<'_, T> {
    fn upper_rung(&self) -> Upper {
        let json = crate::json::raw(&self.0.response());
        Ok(Some(Captured::Json(json.get().to_owned())))
    }
}

/// A lock, and what points to one. To serialise it would take it, and who calls may hold it.
pub trait Lock {}

impl<T: ?Sized> Lock for Mutex<T> {}
impl<T: ?Sized> Lock for RwLock<T> {}
impl<T: Lock + ?Sized> Lock for &T {}
impl<T: Lock + ?Sized> Lock for &mut T {}
impl<T: Lock + ?Sized> Lock for Box<T> {}
impl<T: Lock + ?Sized> Lock for Rc<T> {}
impl<T: Lock + ?Sized> Lock for Arc<T> {}
impl<T: Lock> Lock for Option<T> {}

/// Upper rung 2, as no type has both: a lock goes on to `Debug`, which does not wait.
pub trait LockRung {
    /// Goes on to the lower rungs.
    fn upper_rung(&self) -> Upper {
        Err(NextRung)
    }
}

impl<T: Lock + ?Sized> LockRung for &&Probe<'_, T> {}

/// Upper rung 3: `Serialize`, as JSON.
pub trait SerializeRung {
    /// Captures the value.
    fn upper_rung(&self) -> Upper;
}

impl<T: Serialize + ?Sized> SerializeRung for &Probe<'_, T> {
    fn upper_rung(&self) -> Upper {
        match serde_json::to_string(self.0) {
            Ok(json) if json == "null" => Ok(None),
            Ok(json) => Ok(Some(Captured::Json(json))),
            Err(_) => Err(NextRung),
        }
    }
}

/// Past the upper rungs.
pub trait NoUpperRung {
    /// Goes on to the lower rungs.
    fn upper_rung(&self) -> Upper;
}

impl<T: ?Sized> NoUpperRung for Probe<'_, T> {
    fn upper_rung(&self) -> Upper {
        Err(NextRung)
    }
}

/// Lower rung 1: byte buffers of other crates, by their number.
pub trait ByteBufferRung {
    /// Captures the value.
    fn lower_rung(&self) -> Option<Captured>;
}

impl<T: AsRef<[u8]> + ?Sized> ByteBufferRung for &&&&Probe<'_, T> {
    fn lower_rung(&self) -> Option<Captured> {
        Some(bytes(self.0.as_ref().len()))
    }
}

/// Lower rung 2: `Debug`.
pub trait DebugRung {
    /// Captures the value.
    fn lower_rung(&self) -> Option<Captured>;
}

impl<T: Debug + ?Sized> DebugRung for &&&Probe<'_, T> {
    fn lower_rung(&self) -> Option<Captured> {
        let text = format!("{:?}", self.0);
        let is_none = text == "None" && type_name::<T>().starts_with("core::option::Option<");
        (!is_none).then_some(Captured::Text(text))
    }
}

/// Lower rung 3: `AsRef<str>`.
pub trait StrRung {
    /// Captures the value.
    fn lower_rung(&self) -> Option<Captured>;
}

impl<T: AsRef<str> + ?Sized> StrRung for &&Probe<'_, T> {
    fn lower_rung(&self) -> Option<Captured> {
        Some(Captured::Text(self.0.as_ref().to_owned()))
    }
}

/// Lower rung 4: `Display`.
pub trait DisplayRung {
    /// Captures the value.
    fn lower_rung(&self) -> Option<Captured>;
}

impl<T: Display + ?Sized> DisplayRung for &Probe<'_, T> {
    fn lower_rung(&self) -> Option<Captured> {
        Some(Captured::Text(self.0.to_string()))
    }
}

/// The last rung: the type's name.
pub trait NameRung {
    /// Captures the value.
    fn lower_rung(&self) -> Option<Captured>;
}

impl<T: ?Sized> NameRung for Probe<'_, T> {
    fn lower_rung(&self) -> Option<Captured> {
        Some(Captured::Text(format!("<{}>", type_name::<T>())))
    }
}

fn bytes(count: usize) -> Captured {
    Captured::Text(format!("<{count} bytes>"))
}

/// Runs what a user's code has a part in: its panic costs the field, never the call.
pub fn guarded<T>(capture: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(capture)).ok()
}

/// The name of a value's type.
pub fn type_name_of<T: ?Sized>(_: &T) -> &'static str {
    type_name::<T>()
}

/// Applies a user's extractor. The bound tells a closure its argument's type.
pub fn extract<'a, T: ?Sized, R>(value: &'a T, extractor: impl FnOnce(&'a T) -> R) -> R {
    extractor(value)
}

/// [`extract`] for what must be a `bool`.
pub fn extract_bool<'a, T: ?Sized>(value: &'a T, extractor: impl FnOnce(&'a T) -> bool) -> bool {
    extractor(value)
}

/// Captures a value by the ladder; `None` stands for null, and for a capture that panicked.
#[doc(hidden)]
#[macro_export]
macro_rules! __capture {
    ($value:expr) => {
        $crate::__private::guarded(|| match &$value {
            __value => {
                #[allow(unused_imports)]
                use $crate::__private::rungs::*;
                let __probe = $crate::__private::Probe(__value);
                match (&&&&__probe).upper_rung() {
                    ::core::result::Result::Ok(__captured) => __captured,
                    ::core::result::Result::Err(_) => (&&&&&__probe).lower_rung(),
                }
            }
        })
        .unwrap_or_default()
    };
    // Where content is switched off, only what may be a provider's response is captured.
    ($value:expr, $content:expr) => {
        if $content {
            $crate::__private::capture!($value)
        } else {
            $crate::__private::guarded(|| match &$value {
                __value => {
                    #[allow(unused_imports)]
                    use $crate::__private::rungs::*;
                    (&&&&$crate::__private::Probe(__value)).upper_rung()
                }
            })
            .and_then(::core::result::Result::ok)
            .unwrap_or_default()
        }
    };
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate as xpander_report;

    #[derive(Debug)]
    struct OnlyDebug;

    struct Nothing;

    #[test]
    fn each_type_takes_its_highest_rung() {
        let text = |text: &str| Some(Captured::Text(text.to_owned()));
        let json = |json: &str| Some(Captured::Json(json.to_owned()));
        assert_eq!(xpander_report::__capture!("a"), text("a"));
        assert_eq!(
            xpander_report::__capture!(Some(String::from("a"))),
            text("a")
        );
        assert_eq!(xpander_report::__capture!(None::<&str>), None);
        assert_eq!(xpander_report::__capture!(vec![1_u8, 2]), text("<2 bytes>"));
        assert_eq!(xpander_report::__capture!(vec![1_i32, 2]), json("[1,2]"));
        assert_eq!(xpander_report::__capture!(()), None);
        assert_eq!(xpander_report::__capture!(OnlyDebug), text("OnlyDebug"));
        assert_eq!(xpander_report::__capture!(None::<OnlyDebug>), None);
        let name = concat!("<", module_path!(), "::Nothing>");
        assert_eq!(xpander_report::__capture!(Nothing), text(name));
    }

    #[test]
    fn a_serialisation_that_fails_falls_to_the_next_rung() {
        let map = HashMap::from([((1, 2), 3)]);
        let debug = Captured::Text("{(1, 2): 3}".to_owned());
        assert_eq!(xpander_report::__capture!(map), Some(debug));
    }
}
