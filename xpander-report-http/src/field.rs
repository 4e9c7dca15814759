//! Parsers of single values. Their messages are those of the public platform's API.

use serde_json::value::RawValue;

use crate::problem::{Invalid, Loc};
use crate::reader::{Checked, Details, Fields};

const BODY: Loc = Loc::Name("body");

/// An id must fit into a URL, percent-encoded.
const MAX_ID_BYTES: usize = 1024;

/// An id of at most 1024 bytes.
///
/// # Errors
/// It is none.
pub fn id(value: &RawValue, name: &'static str) -> Checked<String> {
    let id = text(value, name)?;
    if id.len() > MAX_ID_BYTES {
        let message = format!("String should have at most {MAX_ID_BYTES} bytes");
        return Err(invalid(name, "string_too_long", &message));
    }
    Ok(id)
}

/// A text.
///
/// # Errors
/// It is none.
pub fn text(value: &RawValue, name: &'static str) -> Checked<String> {
    serde_json::from_str(value.get())
        .map_err(|_| invalid(name, "string_type", "Input should be a valid string"))
}

/// True or false.
///
/// # Errors
/// It is none.
pub fn boolean(value: &RawValue, name: &'static str) -> Checked<bool> {
    serde_json::from_str(value.get())
        .map_err(|_| invalid(name, "bool_type", "Input should be a valid boolean"))
}

/// A number that a float can hold.
///
/// # Errors
/// It is none.
pub fn number(value: &RawValue, name: &'static str) -> Checked<f64> {
    float(value.get()).ok_or_else(|| {
        invalid(
            name,
            "float_type",
            "Input should be a valid number of at most 1.8e308 in size",
        )
    })
}

/// A list of texts.
///
/// # Errors
/// It is none.
pub fn texts(value: &RawValue, name: &'static str) -> Checked<Vec<String>> {
    let values: Vec<&RawValue> = serde_json::from_str(value.get())
        .map_err(|_| invalid(name, "list_type", "Input should be a valid list"))?;
    let mut texts = Vec::with_capacity(values.len());
    let mut invalid = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        match serde_json::from_str(value.get()) {
            Ok(text) => texts.push(text),
            Err(_) => invalid.push(Invalid::new(
                &[BODY, Loc::Name(name), Loc::Index(index)],
                "string_type",
                "Input should be a valid string",
            )),
        }
    }
    if invalid.is_empty() {
        Ok(texts)
    } else {
        Err(invalid)
    }
}

/// Counts of tokens. One that was not sent is 0; `None` was sent as null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Tokens of the answer.
    pub completion: Option<i64>,
    /// Tokens of the prompt.
    pub prompt: Option<i64>,
    /// Tokens read from the provider's cache.
    pub cache_read: Option<i64>,
    /// Tokens written to the provider's cache.
    pub cache_write: Option<i64>,
}

/// Ignores the sent total: it is always completion and prompt together.
///
/// # Errors
/// It is no object, or a count is no integer.
pub fn counts(value: &RawValue, name: &'static str) -> Checked<Counts> {
    let fields: Fields<'_> = serde_json::from_str(value.get())
        .map_err(|_| invalid(name, "dict_type", "Input should be a valid JSON object"))?;
    let mut invalid = Vec::new();
    let mut count = |part: &'static str| match fields.get(part).map(|value| value.get()) {
        None => Some(0),
        Some("null") => None,
        Some(text) => Some(integer(text).unwrap_or_else(|| {
            invalid.push(Invalid::new(
                &[BODY, Loc::Name(name), Loc::Name(part)],
                "int_type",
                "Input should be a valid integer",
            ));
            0
        })),
    };
    let counts = Counts {
        completion: count("completion_tokens"),
        prompt: count("prompt_tokens"),
        cache_read: count("cache_read_tokens"),
        cache_write: count("cache_write_tokens"),
    };
    if invalid.is_empty() {
        Ok(counts)
    } else {
        Err(invalid)
    }
}

/// A JSON number without a fraction, clamped to 64 bits.
fn integer(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    // The conversion clamps.
    float(text)
        .filter(|number| number.fract() == 0.0)
        .map(|number| number as i64)
}

/// A JSON number as the nearest float: serde_json's own parser is less exact. No other JSON value parses as a
/// Rust float.
fn float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The error of a field of the body.
pub fn invalid(name: &'static str, kind: &'static str, message: &str) -> Vec<Invalid> {
    vec![Invalid::new(&[BODY, Loc::Name(name)], kind, message)]
}

/// Any JSON object.
///
/// # Errors
/// It is none.
pub fn object(value: &RawValue, name: &'static str) -> Checked<Details> {
    serde_json::from_str(value.get())
        .map_err(|_| invalid(name, "dict_type", "Input should be a valid JSON object"))
}
