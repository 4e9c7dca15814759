//! Where a text may be cut, how it is safe to show, and plurals.

use std::fmt::{self, Write};

/// The start of a text: no more than `max_bytes`, up to the last whole character.
pub(crate) fn head(text: &str, max_bytes: usize) -> &str {
    text.get(..boundary(text, max_bytes)).unwrap_or_default()
}

/// The last boundary between characters that is no later than `max_bytes`.
pub(crate) fn boundary(text: &str, max_bytes: usize) -> usize {
    if max_bytes >= text.len() {
        return text.len();
    }
    (0..=max_bytes)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// A number of things: "1 report is", "2 reports are".
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A message in one line. Text of others (a platform, a model) cannot move the terminal's cursor or change the
/// direction of writing.
pub(crate) struct OneLine<'a>(pub(crate) fmt::Arguments<'a>);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaping(f).write_fmt(self.0)
    }
}

/// Escapes the text that is written through it.
struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(is_unsafe) {
            let (safe, found) = rest.split_at(at);
            self.0.write_str(safe)?;
            let mut characters = found.chars();
            match characters.next() {
                Some('\n' | '\r' | '\t') => self.0.write_char(' ')?,
                Some(other) => write!(self.0, "{}", other.escape_unicode())?,
                None => {}
            }
            rest = characters.as_str();
        }
        self.0.write_str(rest)
    }
}

fn is_unsafe(character: char) -> bool {
    let turns = matches!(
        character,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    );
    turns || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_people_shows_no_control_characters() {
        let detail = "\u{1b}[2Jtoo\u{202e} large\nand more\u{9b}";
        let line = OneLine(format_args!("refused: {detail}")).to_string();
        let expected = r"refused: \u{1b}[2Jtoo\u{202e} large and more\u{9b}";
        assert_eq!(line, expected);
        let plain = OneLine(format_args!("größer als {} 漢字", 3)).to_string();
        assert_eq!(plain, "größer als 3 漢字");
    }
}
