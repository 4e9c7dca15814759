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

/// Appends `text` as a JSON string. Most text has nothing to escape; this copies it in blocks, where a byte after the
/// other would wait for memory that another processor has written.
#[cfg(feature = "http")]
pub(crate) fn write_string(json: &mut Vec<u8>, text: &str) {
    const BLOCK: usize = 64;
    json.push(b'"');
    for block in text.as_bytes().chunks(BLOCK) {
        let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        // All of the block is looked at, so that the compiler can do it at once.
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
