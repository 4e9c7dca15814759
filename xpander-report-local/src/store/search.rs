//! Turns a search into an FTS5 expression.

use crate::query::filter::words;

/// Quotes every word, so that no input is FTS5 syntax. `None` when there are no words.
pub(super) fn expression(search: &str) -> Option<String> {
    let words: Vec<String> = words(search)
        .into_iter()
        .map(|(word, start)| {
            let word = word.replace(['"', '\0'], " ");
            format!("\"{word}\"{}", if start { "*" } else { "" })
        })
        .collect();
    (!words.is_empty()).then(|| format!("{{input result}} : ({})", words.join(" ")))
}
