use super::format;
use super::tree::Tree;
use crate::model::text::first_bytes;

/// How much of a text a page shows, about a screen.
const MAX_BYTES: usize = 6_000;
const MAX_LINES: usize = 40;

/// The part of a text that a page shows.
#[derive(Debug)]
pub(super) struct Excerpt {
    pub(super) content: Content,
    /// The size of the whole text.
    pub(super) size: String,
    /// Whether the whole text is longer than the content.
    pub(super) cut: bool,
}

#[derive(Debug)]
pub(super) enum Content {
    /// The start of the text.
    Text(String),
    /// The text as a tree, since it is JSON.
    Tree(Tree),
}

impl Excerpt {
    pub(super) fn of(whole: &str) -> Self {
        let (content, cut) = match Tree::of(whole) {
            Some(tree) => {
                let cut = !tree.complete;
                (Content::Tree(tree), cut)
            }
            None => {
                let start = start(whole);
                let cut = start.len() < whole.trim_end_matches('\n').len();
                (Content::Text(start.to_owned()), cut)
            }
        };
        Self {
            content,
            size: format::size(whole.len() as u64),
            cut,
        }
    }
}

fn start(whole: &str) -> &str {
    let lines = whole
        .match_indices('\n')
        .nth(MAX_LINES - 1)
        .map_or(whole.len(), |(index, _)| index);
    first_bytes(whole, lines.min(MAX_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(excerpt: &Excerpt) -> &str {
        match &excerpt.content {
            Content::Text(text) => text,
            Content::Tree(_) => panic!("it is no JSON"),
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let whole = "é".repeat(MAX_BYTES);
        let excerpt = Excerpt::of(&whole);
        assert!(whole.starts_with(text(&excerpt)));
        assert_eq!(text(&excerpt).len(), MAX_BYTES);
        assert!(excerpt.cut && excerpt.size == "12 KB");
    }

    #[test]
    fn many_lines_are_cut_and_few_are_not() {
        let lines = Excerpt::of(&"x\n".repeat(MAX_LINES + 1));
        assert_eq!(text(&lines).lines().count(), MAX_LINES);
        assert!(lines.cut);
        assert!(!Excerpt::of(&"x\n".repeat(MAX_LINES)).cut);
    }
}
