//! From what a person types to the index's own language.

use crate::query::filter::words;

/// Everything that the person typed is text; nothing of it is syntax of the index. `None` when there are no
/// words.
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
