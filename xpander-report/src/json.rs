//! JSON as text: made once, then carried as it is.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::capture::guarded;

/// The value's JSON; a text that says what went wrong when it has none.
pub(crate) fn raw(value: &(impl Serialize + ?Sized)) -> Box<RawValue> {
    let problem = match guarded(|| to_raw_value(value)) {
        Some(Ok(raw)) => return raw,
        Some(Err(error)) => error.to_string(),
        None => "it panicked".to_owned(),
    };
    let notice = format!("this value could not be written as JSON: {problem}");
    to_raw_value(&notice).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Several values as one array, each byte for byte.
pub(crate) fn raw_array(values: &[Box<RawValue>]) -> Box<RawValue> {
    raw(values)
}

/// Appends `text` as a JSON string.
pub(crate) fn push_string(json: &mut String, text: &str) {
    match serde_json::to_string(text) {
        Ok(quoted) => json.push_str(&quoted),
        Err(_) => json.push_str("null"),
    }
}
