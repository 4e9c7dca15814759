//! Base64 in a text, which may be the inside of JSON.

use std::ops::Range;

use super::super::json_text::character;
use super::MAX_TYPE;
use crate::support::text;

/// Base64 in a text.
pub(super) struct Base64 {
    pub(super) place: Range<usize>,
    pub(super) bytes: usize,
    /// The text ends inside it.
    pub(super) is_cut: bool,
}

impl Base64 {
    /// What stands in its place.
    pub(super) fn label(&self, kind: &str) -> String {
        let kind = kind.replace("\\/", "/");
        let kind = text::head(&kind, MAX_TYPE);
        let size = grouped(self.bytes);
        match self.is_cut {
            true => format!("[{kind}, at least {size} bytes]"),
            false => format!("[{kind}, {size} bytes]"),
        }
    }
}

/// With a comma before each three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Where lines of base64 may break.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaks {
    Anywhere,
    /// In prose a short line is the last one.
    BetweenLongLines,
}

/// Where base64 ends that begins here, and how many bytes it stands for. The text may be the inside of JSON.
pub(super) fn run(text: &str, start: usize, breaks: Breaks) -> (usize, usize) {
    const LONG_LINE: usize = 60;
    let bytes = text.as_bytes();
    let (mut at, mut end, mut letters, mut line) = (start, start, 0, 0);
    let mut kept = 0;
    while let Some((byte, next)) = character(bytes, at) {
        if is_base64(byte) {
            letters += 1;
            line += 1;
        } else if matches!(byte, b'\n' | b'\r') {
            if breaks == Breaks::BetweenLongLines {
                if byte == b'\n' && line < LONG_LINE {
                    break;
                }
                if byte == b'\n' {
                    (end, kept, line) = (at, letters, 0);
                }
            }
        } else if byte != b'=' {
            break;
        }
        at = next;
        if byte == b'=' && character(bytes, at).is_none_or(|(next, _)| next != b'=') {
            break;
        }
    }
    let goes_on = bytes.get(at).is_some_and(|it| {
        it.is_ascii_alphanumeric() || matches!(it, b' ' | b'.' | b',' | b'!' | b'?')
    });
    // A word that begins the next line is not its end.
    if breaks == Breaks::BetweenLongLines
        && end > start
        && line < LONG_LINE
        && (goes_on || line == 0)
    {
        (at, letters) = (end, kept);
    }
    (at, letters * 3 / 4)
}

pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The letters of base64, without its line breaks and its end.
pub(super) fn letters(base64: &str) -> impl Iterator<Item = u8> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (byte, next) = character(base64.as_bytes(), at)?;
        at = next;
        Some(byte)
    })
    .filter(|byte| is_base64(*byte))
}

/// Whether these letters are digits in base 16, as those of a hash are. Letters alone are none: silence is `AAAA`.
pub(super) fn is_hex(text: &str) -> bool {
    letters(text).all(|byte| byte.is_ascii_hexdigit())
        && letters(text).any(|byte| byte.is_ascii_digit())
}

/// Whether all kinds of letters are in it, as in base64 of nearly anything. A sequence of DNA and a word have fewer.
pub(super) fn is_mixed(text: &str) -> bool {
    letters(text).any(|byte| byte.is_ascii_uppercase())
        && letters(text).any(|byte| byte.is_ascii_lowercase())
        && letters(text).any(|byte| !byte.is_ascii_alphabetic())
        && !is_hex(text)
}

/// Where the spaces and line breaks end that begin here.
pub(super) fn after_spaces(text: &str, mut at: usize) -> usize {
    while let Some((b' ' | b'\t' | b'\n' | b'\r', next)) = character(text.as_bytes(), at) {
        at = next;
    }
    at
}
