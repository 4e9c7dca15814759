//! Parsers of single values. Their messages are those of the public platform's API.

use serde_json::value::RawValue;

use super::reader::{Checked, Fields};
use crate::http::problem::{Invalid, Loc};
use crate::model::change::Details;
use crate::model::task::{TaskStatus, Tokens};

const BODY: Loc = Loc::Name("body");

/// An id must fit into a URL, percent-encoded.
const MAX_ID_BYTES: usize = 1024;

pub(super) fn id(value: &RawValue, name: &'static str) -> Checked<String> {
    let id = text(value, name)?;
    if id.len() > MAX_ID_BYTES {
        let message = format!("String should have at most {MAX_ID_BYTES} bytes");
        return Err(invalid(name, "string_too_long", &message));
    }
    Ok(id)
}

pub(super) fn text(value: &RawValue, name: &'static str) -> Checked<String> {
    serde_json::from_str(value.get())
        .map_err(|_| invalid(name, "string_type", "Input should be a valid string"))
}

pub(super) fn boolean(value: &RawValue, name: &'static str) -> Checked<bool> {
    serde_json::from_str(value.get())
        .map_err(|_| invalid(name, "bool_type", "Input should be a valid boolean"))
}

pub(super) fn number(value: &RawValue, name: &'static str) -> Checked<f64> {
    float(value.get()).ok_or_else(|| {
        invalid(
            name,
            "float_type",
            "Input should be a valid number of at most 1.8e308 in size",
        )
    })
}

pub(super) fn texts(value: &RawValue, name: &'static str) -> Checked<Vec<String>> {
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

/// Ignores the sent total: it is always completion and prompt together.
pub(super) fn tokens(value: &RawValue, name: &'static str) -> Checked<Tokens> {
    let fields: Fields<'_> = serde_json::from_str(value.get())
        .map_err(|_| invalid(name, "dict_type", "Input should be a valid JSON object"))?;
    let mut invalid = Vec::new();
    let mut count = |part: &'static str| match fields.get(part) {
        None => 0,
        Some(value) => integer(value.get()).unwrap_or_else(|| {
            invalid.push(Invalid::new(
                &[BODY, Loc::Name(name), Loc::Name(part)],
                "int_type",
                "Input should be a valid integer",
            ));
            0
        }),
    };
    let completion = count("completion_tokens");
    let prompt = count("prompt_tokens");
    let cache_read = count("cache_read_tokens");
    let cache_write = count("cache_write_tokens");
    if invalid.is_empty() {
        Ok(Tokens::new(completion, prompt, cache_read, cache_write))
    } else {
        Err(invalid)
    }
}

/// A JSON number without a fraction, clamped to 64 bits. `null` is 0.
fn integer(text: &str) -> Option<i64> {
    if text == "null" {
        return Some(0);
    }
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

fn invalid(name: &'static str, kind: &'static str, message: &str) -> Vec<Invalid> {
    vec![Invalid::new(&[BODY, Loc::Name(name)], kind, message)]
}

pub(super) fn status(value: &RawValue, name: &'static str) -> Checked<TaskStatus> {
    text(value, name).and_then(|word| {
        TaskStatus::from_word(&word).ok_or_else(|| invalid(name, "enum", TaskStatus::EXPECTED))
    })
}

/// Any JSON object.
pub(super) fn object(value: &RawValue, name: &'static str) -> Checked<Details> {
    serde_json::from_str(value.get())
        .map_err(|_| invalid(name, "dict_type", "Input should be a valid JSON object"))
}
