/// The start of a text, at most this many bytes. A character is not cut.
pub(crate) fn first_bytes(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The start of a text, at most this many characters.
pub(crate) fn first_chars(text: &str, max: usize) -> &str {
    // In ASCII a character is a byte.
    match text.as_bytes().get(..max) {
        None => return text,
        Some(start) if start.is_ascii() => return text.get(..max).unwrap_or_default(),
        Some(_) => {}
    }
    match text.char_indices().nth(max) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_is_cut() {
        assert_eq!(first_bytes("añb", 2), "a");
        assert_eq!(first_bytes("añb", 3), "añ");
        assert_eq!(first_bytes("añb", 9), "añb");
        assert_eq!(first_chars("añb", 0), "");
        assert_eq!(first_chars("añb", 2), "añ");
        assert_eq!(first_chars("añb", 3), "añb");
        assert_eq!(first_chars("abcñ", 3), "abc");
        assert_eq!(first_chars("abc", 3), "abc");
    }
}
