//! A small tokenizer.
//!
//! It is deterministic and needs no vocabulary. It is **not** OpenAI's: its counts are of the same
//! order but not the same. A text is cut into pieces, and each piece is one token:
//!
//! - A run of letters is cut into pieces of at most four bytes: four Latin letters, two Cyrillic
//!   ones or one Chinese character. A letter is never cut in two.
//! - A run of digits is cut into pieces of at most three.
//! - A run of whitespace is one piece. A single space before anything else belongs to the piece
//!   that follows it, so that `a b` is two tokens and not three.
//! - Any other character is a piece of its own: punctuation, symbols, emoji, combining marks.
//!
//! The pieces of a text joined together are the text again.

use std::iter::FusedIterator;

const LETTERS: usize = 4;
const DIGITS: usize = 3;

/// The number of tokens in `text`.
pub fn count(text: &str) -> u64 {
    pieces(text).map(|_| 1).sum()
}

/// The tokens of `text`, in order.
pub fn pieces(text: &str) -> Pieces<'_> {
    Pieces { rest: text }
}

/// The iterator returned by [`pieces`].
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (piece, rest) = self.rest.split_at_checked(first_piece(self.rest))?;
        self.rest = rest;
        (!piece.is_empty()).then_some(piece)
    }
}

impl FusedIterator for Pieces<'_> {}

/// The length in bytes of the first piece of `text`; 0 only for an empty text.
fn first_piece(text: &str) -> usize {
    let Some(first) = text.chars().next() else {
        return 0;
    };
    if first.is_whitespace() {
        let word = text.trim_start();
        let space = text.len() - word.len();
        return if space == 1 && first == ' ' && !word.is_empty() {
            1 + first_piece(word)
        } else {
            space
        };
    }
    if first.is_alphabetic() {
        run(text, LETTERS, char::is_alphabetic)
    } else if first.is_numeric() {
        run(text, DIGITS, char::is_numeric)
    } else {
        first.len_utf8()
    }
}

/// The length of the leading characters of a `kind`: at most `limit` bytes, at least one character.
fn run(text: &str, limit: usize, kind: fn(char) -> bool) -> usize {
    text.char_indices()
        .map(|(start, c)| (start, start + c.len_utf8(), c))
        .take_while(|&(start, end, c)| kind(c) && (start == 0 || end <= limit))
        .map(|(_, end, _)| end)
        .last()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        pieces(text).collect()
    }

    #[test]
    fn words_are_cut_into_pieces_of_four_letters() {
        assert_eq!(cut("summarise it"), ["summ", "aris", "e", " it"]);
        assert_eq!(cut("Привет"), ["Пр", "ив", "ет"]);
        assert_eq!(cut("漢字"), ["漢", "字"]);
    }

    #[test]
    fn digits_and_punctuation_are_pieces_of_their_own() {
        assert_eq!(
            cut("v1.25, 12345!"),
            ["v", "1", ".", "25", ",", " 123", "45", "!"]
        );
        assert_eq!(cut("::<>"), [":", ":", "<", ">"]);
    }

    #[test]
    fn whitespace_is_one_piece_unless_it_is_the_space_before_a_word() {
        assert_eq!(cut("a\n\n    b"), ["a", "\n\n    ", "b"]);
        assert_eq!(cut("a b"), ["a", " b"]);
        assert_eq!(cut(" "), [" "]);
        assert_eq!(cut(""), [""; 0]);
    }

    #[test]
    fn pieces_joined_are_the_text() {
        for text in [
            "",
            " \t",
            "Ünïcode wörds",
            "e\u{301}",
            "👩‍👩‍👧 family",
            "\u{0}a\u{feff}b",
            "½ ٣٤٥٦",
        ] {
            assert_eq!(cut(text).concat(), text);
            assert_eq!(count(text), cut(text).len() as u64);
            assert!(pieces(text).all(|piece| !piece.is_empty()));
        }
    }
}
