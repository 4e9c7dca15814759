//! The strings and brackets of JSON, in order, with their positions. Invalid JSON is accepted.

use std::iter::from_fn;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2};

use crate::provider::scan::Scan;

/// How many levels of JSON inside JSON strings are read.
pub(super) const MAX_NESTED: u8 = 4;

/// A bracket, or a text without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Open {
        is_list: bool,
    },
    Close,
    /// The name of a field.
    Name(Range<usize>),
    Text(Range<usize>),
}

#[derive(Clone)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Those from this place on.
    pub(super) fn of(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    fn quoted(&mut self) -> Token {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let end = end_of_text(bytes, start);
        self.at = end + 1;
        let rest = bytes.get(self.at..).unwrap_or_default();
        let next = rest.iter().find(|byte| !byte.is_ascii_whitespace());
        match next {
            Some(b':') => Token::Name(start..end),
            _ => Token::Text(start..end),
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            match self.text.as_bytes().get(self.at)? {
                b'"' => return Some(self.quoted()),
                byte @ (b'{' | b'[') => {
                    self.at += 1;
                    let is_list = *byte == b'[';
                    return Some(Token::Open { is_list });
                }
                b'}' | b']' => {
                    self.at += 1;
                    return Some(Token::Close);
                }
                _ => self.at += 1,
            }
        }
    }
}

/// Where the text ends that begins here: at its quote, or with the document.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(rest) = bytes.get(at..)
        && let Some(found) = memchr2(b'"', b'\\', rest)
    {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// The position at which JSON begins in a text that is JSON, JSON lines or truncated JSON. `None` for prose.
pub(super) fn leading_json(text: &str) -> Option<usize> {
    let start = text.len() - text.trim_ascii_start().len();
    is_json_from(text, start).then_some(start)
}

/// The objects of JSON in prose, such as an error message or a model's answer. An object that is truncated or turns out to
/// be code ends there.
pub(super) fn objects(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    from_fn(move || {
        let mut braces = memchr_iter(b'{', bytes.get(at..)?).map(|brace| at + brace);
        let start = braces.find(|brace| is_json_from(text, *brace))?;
        let mut scan = Scan::starting_at(text, start);
        let is_whole = scan.skip().is_some();
        at = scan.at().max(start + 1);
        // Its last text may be truncated, too.
        if !is_whole && memchr(b'"', bytes.get(at..)?).is_none() {
            at = bytes.len();
        }
        Some(start..at)
    })
}

/// The position at which JSON begins: at the start of a text that is JSON, JSON lines or truncated JSON, or after a
/// colon in a text that ends with JSON, such as an error message. `None` for prose.
pub(super) fn start_of_json(text: &str) -> Option<usize> {
    if let Some(start) = leading_json(text) {
        return Some(start);
    }
    let ends_as_json = text.trim_ascii_end().ends_with(['}', ']']);
    if !ends_as_json {
        return None;
    }
    let mut colons = text.match_indices(": ").map(|(at, colon)| at + colon.len());
    colons.find(|at| is_json_from(text, *at))
}

/// Whether an object that is not empty, or a list of objects, lists or texts, begins here.
fn is_json_from(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes().get(at..).unwrap_or_default();
    let mut signs = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    match signs.next() {
        Some(b'{') => signs.next() == Some(&b'"'),
        Some(b'[') => matches!(signs.next(), Some(b'{' | b'[' | b'"')),
        _ => false,
    }
}

/// A text of JSON that may be JSON itself, without its escapes.
pub(super) fn nested(escaped: &str) -> Option<String> {
    let bytes = escaped.as_bytes();
    memchr2(b'{', b'[', bytes)?;
    let has_quote = escaped.contains("\\\"") || escaped.contains("\\u0022");
    has_quote.then(|| unescaped(escaped))?
}

/// A text of JSON without its escapes.
pub(super) fn unescaped(escaped: &str) -> Option<String> {
    serde_json::from_str(&format!("\"{escaped}\"")).ok()
}

/// A text as it stands between the quotes of JSON.
pub(super) fn escaped(text: &str) -> Option<String> {
    let quoted = serde_json::to_string(text).ok()?;
    let inside = quoted.strip_prefix('"')?.strip_suffix('"')?;
    Some(inside.to_owned())
}

/// The character at this position, and the position of the next one. The text may be the inside of a JSON string, or of
/// a JSON string inside another. An escape counts as the character that it stands for.
pub(super) fn character(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let byte = *bytes.get(at)?;
    if byte != b'\\' {
        return Some((byte, at + 1));
    }
    // Each level of nesting doubles the backslashes and adds one.
    const MAX_BACKSLASHES: usize = 15;
    let escape = bytes.get(at..)?.iter().take(MAX_BACKSLASHES);
    let escape = at + escape.take_while(|byte| **byte == b'\\').count();
    match bytes.get(escape)? {
        b'/' => Some((b'/', escape + 1)),
        b'n' => Some((b'\n', escape + 1)),
        b'r' => Some((b'\r', escape + 1)),
        b't' => Some((b'\t', escape + 1)),
        b'u' => {
            let digits = std::str::from_utf8(bytes.get(escape + 1..escape + 5)?).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, escape + 5))
        }
        _ => None,
    }
}
