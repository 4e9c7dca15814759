//! JSON as text: serialised once, then passed on unchanged.

use serde::Serialize;
use serde_json::Serializer;
use serde_json::value::{RawValue, to_raw_value};

use crate::support::bounded::{Bounded, MAX_CAPTURED};
use crate::support::panics::catch_panic;

/// The value's JSON. If it cannot be serialised or is too long, a string that says so.
pub(crate) fn raw(value: &(impl Serialize + ?Sized)) -> Box<RawValue> {
    let mut writer = Bounded::new(MAX_CAPTURED);
    let written = catch_panic(|| value.serialize(&mut Serializer::new(&mut writer)));
    let problem = match written {
        _ if writer.is_over() => {
            let length = format!("at least {} bytes", writer.written());
            return truncated(&writer.into_text(), length);
        }
        Some(Ok(())) => match RawValue::from_string(writer.into_text()) {
            Ok(raw) => return raw,
            Err(error) => error.to_string(),
        },
        Some(Err(error)) => error.to_string(),
        None => "it panicked".to_owned(),
    };
    written_down(&not_json(&problem))
}

/// The string in place of a value that cannot be serialised.
pub(crate) fn not_json(problem: &str) -> String {
    format!("this value could not be written as JSON: {problem}")
}

/// An array of these values, each byte for byte.
pub(crate) fn raw_array(values: &[Box<RawValue>]) -> Box<RawValue> {
    written_down(values)
}

/// The string in place of JSON that is too long.
pub(crate) fn truncated(head: &str, bytes: impl Serialize) -> Box<RawValue> {
    #[derive(Serialize)]
    struct Truncated<'a, B> {
        truncated: bool,
        bytes: B,
        head: &'a str,
    }
    written_down(&Truncated {
        truncated: true,
        bytes,
        head,
    })
}

/// The JSON of a value that can always be serialised.
fn written_down(value: &(impl Serialize + ?Sized)) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Appends `text` as a JSON string.
pub(crate) fn push_string(json: &mut String, text: &str) {
    match serde_json::to_string(text) {
        Ok(quoted) => json.push_str(&quoted),
        Err(_) => json.push_str("null"),
    }
}

/// Appends `text` as a JSON string. Most text has nothing to escape, so this copies it in blocks. Byte by byte, each
/// read would wait for memory that another processor has written.
#[cfg(feature = "http")]
pub(crate) fn write_string(json: &mut Vec<u8>, text: &str) {
    const BLOCK: usize = 64;
    json.push(b'"');
    for block in text.as_bytes().chunks(BLOCK) {
        let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        // Checks the whole block without an early exit, so that the compiler can vectorise it.
        if !block
            .iter()
            .fold(false, |any, byte| any | is_special(*byte))
        {
            json.extend_from_slice(block);
            continue;
        }
        for byte in block {
            match byte {
                b'"' | b'\\' => json.extend_from_slice(&[b'\\', *byte]),
                b'\n' => json.extend_from_slice(b"\\n"),
                b'\r' => json.extend_from_slice(b"\\r"),
                b'\t' => json.extend_from_slice(b"\\t"),
                0x08 => json.extend_from_slice(b"\\b"),
                0x0C => json.extend_from_slice(b"\\f"),
                0..0x20 => {
                    const DIGITS: &[u8; 16] = b"0123456789abcdef";
                    let low = DIGITS[usize::from(byte & 0xF)];
                    json.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), low]);
                }
                _ => json.push(*byte),
            }
        }
    }
    json.push(b'"');
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_serde_writes_it() {
        let all: String = (0..0x180).filter_map(char::from_u32).collect();
        let texts = [
            "",
            "plain",
            "\"\\",
            &all,
            &"ü\n".repeat(100),
            &"x".repeat(200),
        ];
        for text in texts {
            let mut json = Vec::new();
            write_string(&mut json, text);
            assert_eq!(json, serde_json::to_vec(text).expect("JSON"));
        }
    }
}
