//! The terms of a text, for the search index and for searches.
//!
//! SQLite's tokenizer ends a term at a space or a punctuation mark, and drops symbols. Some scripts have no
//! spaces. So it gets a run of their characters as overlapping pairs and the last character: 日本語 as 日本 本語 語.
//! Each character of the run begins exactly one term. So a search for two or more characters finds their pairs
//! one after the other, and a search for one character finds the terms that begin with it.
//!
//! These characters and symbols are written as private-use characters, because the tokenizer takes vowel signs
//! and emoji for the ends of terms.

use std::borrow::Cow;

/// The text as the tokenizer gets it.
pub(super) fn indexed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || text.chars().all(|c| matches!(Kind::of(c), Kind::Spaced)) {
        return text.into();
    }
    let mut terms = Terms::default();
    terms.add(text);
    terms.end_run();
    terms.text.into()
}

/// A phrase of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    /// Terms that follow each other.
    pub(super) text: String,
    /// Whether the last term is only the start of one.
    pub(super) is_prefix: bool,
}

/// `None` when the text has no term.
pub(super) fn phrase(text: &str, is_prefix: bool) -> Option<Phrase> {
    if !text.chars().any(is_term) {
        return None;
    }
    let mut terms = Terms::default();
    terms.add(text);
    // A run that ends the search may go on in the text.
    let is_prefix = match terms.run.as_slice() {
        [] => is_prefix,
        [_] => {
            terms.end_run();
            true
        }
        [..] => false,
    };
    Some(Phrase {
        text: terms.text,
        is_prefix,
    })
}

fn is_term(c: char) -> bool {
    c.is_alphanumeric() || matches!(Kind::of(c), Kind::Unspaced | Kind::Symbol)
}

#[derive(Default)]
struct Terms {
    text: String,
    /// The last characters, if they have no spaces between words. Their pairs are in the text.
    run: Vec<char>,
}

impl Terms {
    fn add(&mut self, text: &str) {
        for c in text.chars() {
            match Kind::of(c) {
                Kind::Unspaced => self.unspaced(private(c)),
                Kind::Symbol => {
                    self.end_run();
                    self.text.extend([' ', private(c), ' ']);
                }
                Kind::Variation => {}
                Kind::BreakHint if !self.run.is_empty() => {}
                Kind::Spaced | Kind::BreakHint => {
                    self.end_run();
                    self.text.push(c);
                }
            }
        }
    }

    fn unspaced(&mut self, c: char) {
        if let Some(before) = self.run.last() {
            self.text.extend([' ', *before, c]);
        }
        self.run.push(c);
    }

    fn end_run(&mut self) {
        if let Some(last) = self.run.pop() {
            self.text.extend([' ', last, ' ']);
        }
        self.run.clear();
    }
}

enum Kind {
    /// The tokenizer knows where its terms end.
    Spaced,
    /// A character of a script without spaces between words, or of one that joins particles to them.
    Unspaced,
    /// An emoji or another sign that stands for itself.
    Symbol,
    /// A selector of the look of the character before it.
    Variation,
    /// An invisible hint where a line may end.
    BreakHint,
}

impl Kind {
    const fn of(c: char) -> Self {
        match c {
            '\0'..='\u{a8}' => Self::Spaced,
            '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => Self::Variation,
            '\u{ad}' | '\u{200b}' | '\u{200c}' | '\u{2060}' => Self::BreakHint,
            // Thai, Lao, Myanmar, Khmer, without their digits and punctuation.
            '\u{e01}'..='\u{e3a}'
            | '\u{e40}'..='\u{e4e}'
            | '\u{e81}'..='\u{ecf}'
            | '\u{edc}'..='\u{edf}'
            | '\u{1000}'..='\u{103f}'
            | '\u{1050}'..='\u{109d}'
            | '\u{1780}'..='\u{17d3}'
            | '\u{17d7}'
            | '\u{17dc}'..='\u{17dd}'
            // Chinese, Japanese and Korean: Jamo, iteration marks, Kana, Bopomofo, Han, Hangul, half width.
            | '\u{1100}'..='\u{11ff}'
            | '\u{2e80}'..='\u{2fd5}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3021}'..='\u{302f}'
            | '\u{3031}'..='\u{3035}'
            | '\u{3038}'..='\u{303c}'
            | '\u{3041}'..='\u{3096}'
            | '\u{3099}'..='\u{309a}'
            | '\u{309d}'..='\u{309f}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}'..='\u{318e}'
            | '\u{31a0}'..='\u{31bf}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{a960}'..='\u{a97c}'
            | '\u{ac00}'..='\u{d7fb}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ffdc}'
            | '\u{1b000}'..='\u{1b16f}'
            | '\u{20000}'..='\u{3ffff}' => Self::Unspaced,
            // All symbols except lines and blocks, which draw tables.
            '\u{a9}'
            | '\u{ae}'
            | '\u{203c}'
            | '\u{2049}'
            | '\u{2122}'
            | '\u{2139}'
            | '\u{2190}'..='\u{24ff}'
            | '\u{25a0}'..='\u{2bff}'
            | '\u{3030}'
            | '\u{303d}'
            | '\u{3297}'
            | '\u{3299}'
            | '\u{1f000}'..='\u{1fbff}' => Self::Symbol,
            _ => Self::Spaced,
        }
    }
}

/// The private-use character that stands for a character.
fn private(c: char) -> char {
    const PLANE: u32 = 0xf_0000;
    char::from_u32(PLANE | (u32::from(c) & 0xffff)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        text.chars()
            .map(|c| if c == ' ' { c } else { private(c) })
            .collect()
    }

    #[track_caller]
    fn words(text: &str) -> Vec<String> {
        indexed(text)
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn text_with_spaces_is_left_as_it_is() {
        for text in ["", "plain, text", "größer Ελληνικά русский हिन्दी עברית"]
        {
            assert!(matches!(indexed(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn each_character_of_a_run_begins_one_term() {
        assert_eq!(words("日"), [written("日")]);
        assert_eq!(words("日本語"), ["日本", "本語", "語"].map(written));
        assert_eq!(words("น้ำ"), ["น้", "้ำ", "ำ"].map(written));
    }

    #[test]
    fn a_run_ends_where_another_script_begins() {
        assert_eq!(
            words("GPT4で要約、OK"),
            [
                "GPT4".to_owned(),
                written("で要"),
                written("要約"),
                written("約"),
                "、OK".to_owned()
            ]
        );
    }

    #[test]
    fn a_symbol_is_a_term_however_it_looks() {
        for text in ["ab❤cd", "ab❤\u{fe0f}cd"] {
            assert_eq!(
                words(text),
                ["ab".to_owned(), written("❤"), "cd".to_owned()]
            );
        }
        assert_eq!(words("👩\u{200d}💻"), ["👩", "💻"].map(written));
        assert_eq!(words("1\u{fe0f}\u{20e3}"), ["1\u{20e3}"]);
    }

    #[test]
    fn an_invisible_break_is_no_end_of_a_run() {
        assert_eq!(words("ภา\u{200b}ษา"), words("ภาษา"));
    }

    #[test]
    fn a_phrase_that_ends_in_a_run_may_go_on_in_the_text() {
        let phrase = |text, is_prefix| {
            phrase(text, is_prefix).map(|phrase| {
                let words: Vec<&str> = phrase.text.split_whitespace().collect();
                (words.join(" "), phrase.is_prefix)
            })
        };
        for star in [false, true] {
            assert_eq!(phrase("要約し", star), Some((written("要約 約し"), false)));
            assert_eq!(phrase("約", star), Some((written("約"), true)));
        }
        assert_eq!(
            phrase("要約ok", true),
            Some((format!("{} ok", written("要約 約")), true))
        );
        assert_eq!(phrase("🚀", false), Some((written("🚀"), false)));
        assert_eq!(phrase("…!", true), None);
    }
}
