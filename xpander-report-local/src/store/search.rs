//! Turns a search into an FTS5 expression.

use rusqlite::{Connection, OptionalExtension, Result};

use super::terms::{Phrase, phrase};
use crate::query::filter::words;

/// More phrases would only cost time.
const MAX_PHRASES: usize = 32;

/// The longest start of a word that has an index of its own: see `prefix` in schema.sql.
const MAX_INDEXED_START: usize = 4;

/// If more words begin like this, FTS5 merges their tasks.
const MAX_TERMS: usize = 128;

/// Quotes every phrase, so that no input is FTS5 syntax. `None` when there is none.
pub(super) fn expression(connection: &Connection, search: &str) -> Result<Option<String>> {
    let phrases = words(search)
        .into_iter()
        .filter_map(|(word, is_prefix)| phrase(&word, is_prefix))
        .take(MAX_PHRASES);
    // Between spaces, FTS5 ignores a phrase that has no term. Between operators, such a phrase matches nothing.
    let (mut plain, mut groups) = (Vec::new(), Vec::new());
    for Phrase { text, is_prefix } in phrases {
        let text = text.replace(['"', '\0'], " ");
        if !is_prefix {
            plain.push(format!("\"{text}\""));
        } else if let Some(completed) = completed(connection, &text)? {
            groups.push(completed);
        } else {
            plain.push(format!("\"{text}\"*"));
        }
    }
    if !plain.is_empty() {
        groups.push(plain.join(" "));
    }
    let all = groups.join(") AND (");
    Ok((!all.is_empty()).then(|| format!("{{input result}} : (({all}))")))
}

/// The phrases that a phrase with the start of a long word may stand for.
fn completed(connection: &Connection, text: &str) -> Result<Option<String>> {
    let Some((at, start)) = long_start(text) else {
        return Ok(None);
    };
    let before = &text[..at];
    let words = with_start(connection, &start)?;
    Ok(words.map(|words| {
        let phrases = words.iter().map(|word| format!("\"{before}{word}\""));
        phrases.collect::<Vec<_>>().join(" OR ")
    }))
}

/// Where the last word begins, and the word in lower case. `None` if an index has the starts of its length.
///
/// FTS5 merges the tasks of all words with such a start before it returns the first task. If the words are known, it
/// returns the newest tasks first.
fn long_start(text: &str) -> Option<(usize, String)> {
    let before = text.trim_end_matches(char::is_alphanumeric);
    // Other characters, such as combining accents, may belong to the word.
    if !before.chars().next_back().is_none_or(|c| c.is_ascii()) {
        return None;
    }
    let start: String = text[before.len()..]
        .chars()
        .flat_map(char::to_lowercase)
        .collect();
    (start.chars().count() > MAX_INDEXED_START).then_some((before.len(), start))
}

/// The indexed words that begin like this. `None` if there are none or too many of them: the tokenizer may write a
/// start in another way, for example without its accents.
fn with_start(connection: &Connection, start: &str) -> Result<Option<Vec<String>>> {
    let mut next = connection.prepare_cached("SELECT term FROM words WHERE term >= ?1 LIMIT 1")?;
    let mut words: Vec<String> = Vec::new();
    let mut from = start.to_owned();
    loop {
        let word: Option<String> = next.query_row((&from,), |row| row.get(0)).optional()?;
        let Some(word) = word.filter(|word| word.starts_with(start)) else {
            break;
        };
        if words.len() == MAX_TERMS {
            return Ok(None);
        }
        // The next word is behind all occurrences of this one.
        from = format!("{word}\0");
        words.push(word);
    }
    Ok((!words.is_empty()).then_some(words))
}
