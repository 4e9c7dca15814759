//! Turns a search into an FTS5 expression.

use rusqlite::{Connection, OptionalExtension, Result};

use super::terms::{Phrase, phrase};
use crate::query::filter::words;

/// More phrases would only cost time.
const MAX_PHRASES: usize = 32;

/// The longest start of a word that has an index of its own: see `prefix` in schema.sql.
const MAX_INDEXED_START: usize = 4;

/// A start of a word that more terms have is left to FTS5. Most of these terms are rare, so few tasks are merged.
const MAX_TERMS: usize = 128;

/// Quotes every phrase, so that no input is FTS5 syntax. `None` when there is none.
pub(super) fn expression(connection: &Connection, search: &str) -> Result<Option<String>> {
    let phrases = words(search)
        .into_iter()
        .filter_map(|(word, is_prefix)| phrase(&word, is_prefix))
        .take(MAX_PHRASES);
    // FTS5 ignores phrases without a term between spaces, but not between operators.
    let (mut phrases_of_words, mut alternatives) = (Vec::new(), Vec::new());
    for Phrase { text, is_prefix } in phrases {
        let text = text.replace(['"', '\0'], " ");
        let star = if is_prefix { "*" } else { "" };
        match is_prefix
            .then(|| completed(connection, &text))
            .transpose()?
        {
            Some(Some(completed)) => alternatives.push(completed),
            _ => phrases_of_words.push(format!("\"{text}\"{star}")),
        }
    }
    if !phrases_of_words.is_empty() {
        alternatives.push(phrases_of_words.join(" "));
    }
    let all = alternatives.join(") AND (");
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

/// Where the last word begins, and the word in lower case, if no index has so many characters of a start.
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
