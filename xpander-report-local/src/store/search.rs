//! Turns a search into an FTS5 expression.

use super::terms::{Phrase, phrase};
use crate::query::filter::words;

/// More phrases would only cost time.
const MAX_PHRASES: usize = 32;

/// Quotes every phrase, so that no input is FTS5 syntax. `None` when there is none.
pub(super) fn expression(search: &str) -> Option<String> {
    let phrases: Vec<String> = words(search)
        .into_iter()
        .filter_map(|(word, is_prefix)| phrase(&word, is_prefix))
        .take(MAX_PHRASES)
        .map(|Phrase { text, is_prefix }| {
            let text = text.replace(['"', '\0'], " ");
            format!("\"{text}\"{}", if is_prefix { "*" } else { "" })
        })
        .collect();
    (!phrases.is_empty()).then(|| format!("{{input result}} : ({})", phrases.join(" ")))
}
