use super::format;
use crate::head::head;

/// How much of a text a page shows: about a screen.
const BYTES: usize = 6_000;
const LINES: usize = 40;

/// The start of a text.
#[derive(Debug)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// The size of the whole, when this is not all of it.
    pub(super) cut: Option<String>,
}

impl Excerpt {
    pub(super) fn of(whole: &str) -> Self {
        let lines = whole
            .match_indices('\n')
            .nth(LINES - 1)
            .map_or(whole.len(), |(index, _)| index);
        let text = head(whole, lines.min(BYTES));
        let cut = (text.len() < whole.trim_end_matches('\n').len())
            .then(|| format::size(whole.len() as u64));
        Self {
            text: text.to_owned(),
            cut,
        }
    }

    /// The start of a JSON text, laid out. The size is that of the text as it came.
    pub(super) fn of_json(json: &str) -> Self {
        let pretty = super::pretty::pretty(json, BYTES);
        let excerpt = Self::of(&pretty.text);
        let cut =
            (!pretty.complete || excerpt.cut.is_some()).then(|| format::size(json.len() as u64));
        Self {
            text: excerpt.text,
            cut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        let whole = "é".repeat(BYTES);
        let excerpt = Excerpt::of(&whole);
        assert!(whole.starts_with(&excerpt.text));
        assert_eq!(excerpt.text.len(), BYTES);
        assert_eq!(excerpt.cut.as_deref(), Some("12 KB"));
    }

    #[test]
    fn many_lines_are_cut_and_few_are_not() {
        let lines = Excerpt::of(&"x\n".repeat(LINES + 1));
        assert_eq!(lines.text.lines().count(), LINES);
        assert!(lines.cut.is_some());
        let lines = Excerpt::of(&"x\n".repeat(LINES));
        assert_eq!(lines.cut, None);
    }
}
