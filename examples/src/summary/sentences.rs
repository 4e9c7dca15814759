//! Sentences of plain text.

/// Words that end in a full stop without ending a sentence, in lower case and without it.
const ABBREVIATIONS: [&str; 32] = [
    "a.k.a", "approx", "aka", "cf", "ca", "dr", "e.g", "eg", "ed", "eq", "esp", "fig", "i.e", "ie",
    "incl", "inc", "jr", "max", "min", "mr", "mrs", "ms", "no", "nr", "p", "pp", "prof", "resp",
    "sec", "st", "viz", "vs",
];

/// The sentences of `text`, which is on one line, in order and trimmed.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    let last_close = text.rfind(')').unwrap_or(0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            // One that is never closed encloses nothing.
            '(' if at < last_close => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // A bracket ends a sentence that began with one.
        let closes =
            c == ')' && text[..at].ends_with(is_end) && text[start..].trim_start().starts_with('(');
        if depth > 0 || !(is_end(c) || closes) {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some((at, c)) = chars.next_if(|&(_, c)| is_end(c) || is_closing(c)) {
            end = at + c.len_utf8();
        }
        let (sentence, rest) = (&text[start..end], &text[end..]);
        if is_boundary(c, sentence, rest) {
            sentences.push(sentence.trim());
            start = end;
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// Whether `sentence` ends as a sentence does.
pub(super) fn is_complete(sentence: &str) -> bool {
    let end = sentence.trim_end_matches(is_closing);
    end.ends_with(is_end) && !end.ends_with("...") && !end.ends_with('…')
}

fn is_end(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」')
}

/// Whether a sentence ends between `before`, which ends in the mark `end`, and `after`.
fn is_boundary(end: char, before: &str, after: &str) -> bool {
    if matches!(end, '。' | '！' | '？') {
        return true;
    }
    if !after.starts_with(char::is_whitespace) {
        return after.is_empty();
    }
    let next = after.trim_start().chars().next();
    let goes_on = next.is_some_and(char::is_lowercase);
    let word = before.rsplit(char::is_whitespace).next().unwrap_or(before);
    if end != '.' || word.ends_with("..") {
        return !goes_on;
    }
    if !word.ends_with('.') {
        // A closing quote follows the full stop.
        return !goes_on;
    }
    let word = word
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    if word == "etc" {
        return !goes_on;
    }
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    !is_initial && !ABBREVIATIONS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_full_stops_and_other_marks() {
        assert_eq!(
            split("It works. Does it?! Yes… \"So it does.\" (It does. Really.) And. serde."),
            [
                "It works.",
                "Does it?!",
                "Yes…",
                "\"So it does.\"",
                "(It does. Really.)",
                "And.",
                "serde."
            ]
        );
        assert_eq!(split("一つ。二つ！"), ["一つ。", "二つ！"]);
    }

    #[test]
    fn sentences_do_not_end_within_names_numbers_and_abbreviations() {
        for whole in [
            "Edit Cargo.toml, e.g. with v1.2 of Node.js, i.e. the old one.",
            "Ask Dr. J. Smith vs. the rest, etc. and so on.",
            "It is fast (very. Really.) And small, too.",
            "The vec! macro, or Yahoo! as it were, waits ... and goes on.",
            "An open ( bracket goes on",
        ] {
            assert_eq!(split(whole), [whole]);
        }
        assert_eq!(
            split("Cats, dogs, etc. They sleep."),
            ["Cats, dogs, etc.", "They sleep."]
        );
        assert_eq!(
            split("An open ( bracket. Ends."),
            ["An open ( bracket.", "Ends."]
        );
    }

    #[test]
    fn complete_sentences_end_in_a_mark() {
        for complete in ["So.", "So?", "\"So.\"", "(So!)", "そう。"] {
            assert!(is_complete(complete), "{complete}");
        }
        for not in ["So", "So:", "So...", "So…", ""] {
            assert!(!is_complete(not), "{not}");
        }
    }
}
