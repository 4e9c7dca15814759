//! Makes foreign text (of a model, a server, a variable) safe for a terminal.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

/// The text in one line. Control characters and characters that change the direction of writing are escaped.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.trim().chars() {
        match character {
            '\n' | '\r' | '\t' => printable.push(' '),
            _ if is_unsafe(character) => printable.extend(character.escape_unicode()),
            _ => printable.push(character),
        }
    }
    printable
}

/// The start of a text, at most this many characters. An ellipsis shows that there is more.
pub(crate) fn shorten(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

/// Writes JSON on one line. Control characters are escaped in strings and become spaces elsewhere.
pub(crate) fn write_json(
    output: &mut impl Write,
    value: &(impl Serialize + ?Sized),
) -> io::Result<()> {
    let json = serde_json::to_string(value)?;
    let mut line = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        match character {
            '\n' | '\r' | '\t' => line.push(' '),
            _ if is_unsafe(character) => line.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => line.push(character),
        }
    }
    line.push('\n');
    output.write_all(line.as_bytes())?;
    output.flush()
}

/// A time in UTC, to the second.
pub(crate) fn utc_time(at: SystemTime) -> String {
    Timestamp::try_from(at).map_or_else(
        |_| "unknown".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// `1 report`, `2 reports`.
pub(crate) fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The text without a byte order mark, which some editors and shells put first.
pub(crate) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}
