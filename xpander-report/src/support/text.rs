//! Where a text may be cut.

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
