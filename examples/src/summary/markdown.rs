//! Markdown as blocks of plain text.
//!
//! This supports the Markdown of typical README files, not all of CommonMark.

mod inline;

/// The kind of a block of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A heading of a level, 1 being the highest.
    Heading(usize),
    /// A paragraph.
    Paragraph,
    /// An item of a list.
    Item,
}

/// A block of plain text, on one line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// The blocks of prose in `text`, without code, tables, images, comments and link definitions.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    for line in without_front_matter(text).lines() {
        reader.line(line);
    }
    reader.flush();
    reader.blocks
}

/// A construct over several lines whose lines are skipped.
#[derive(Clone, Copy)]
enum Skip {
    /// Fenced code, until a fence of this character and at least this length.
    Fence(char, usize),
    /// A comment or HTML that is no prose, until this marker.
    Until(&'static str),
    /// A table, until a blank line.
    Table,
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    /// The source of the block being read.
    source: String,
    item: bool,
    /// Whether an indented line continues a list rather than being code.
    in_list: bool,
    skip: Option<Skip>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let line = without_quote(line);
        match self.skip {
            Some(skip) => self.skipped(skip, line),
            None => self.read(line),
        }
    }

    fn skipped(&mut self, skip: Skip, line: &str) {
        match skip {
            Skip::Fence(mark, length) => {
                let fence = line.trim();
                if fence.chars().count() >= length && fence.chars().all(|c| c == mark) {
                    self.skip = None;
                }
            }
            Skip::Until(marker) => {
                if let Some((_, rest)) = line.split_once(marker) {
                    self.skip = None;
                    self.read(rest);
                }
            }
            Skip::Table => {
                if line.trim().is_empty() {
                    self.skip = None;
                }
            }
        }
    }

    fn read(&mut self, line: &str) {
        let indent = indent(line);
        let trimmed = line.trim();
        if trimmed.is_empty() {
            self.flush();
        } else if let Some(skip) = fence(trimmed) {
            self.flush();
            self.skip = Some(skip);
        } else if self.source.is_empty() && indent >= if self.in_list { 8 } else { 4 } {
            // Indented code.
        } else if let Some((before, marker, after)) = html_skip(trimmed) {
            self.text(before);
            match after.split_once(marker) {
                Some((_, rest)) => self.read(rest.trim_start()),
                None => self.skip = Some(Skip::Until(marker)),
            }
        } else if let Some((level, heading)) = heading(trimmed) {
            self.flush();
            self.push(Kind::Heading(level), heading);
        } else if let Some(level) = self.underline(trimmed) {
            let heading = std::mem::take(&mut self.source);
            self.push(Kind::Heading(level), &heading);
        } else if is_rule(trimmed) || is_definition(trimmed) {
            self.flush();
        } else if is_table_delimiter(trimmed) {
            // The lines so far are the table's head.
            self.source.clear();
            self.skip = Some(Skip::Table);
        } else if trimmed.starts_with('|') {
            self.flush();
        } else if let Some(item) = self.item(trimmed) {
            self.flush();
            self.item = true;
            self.in_list = true;
            self.text(item);
        } else {
            if indent == 0 && self.source.is_empty() {
                self.in_list = false;
            }
            self.text(trimmed);
        }
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.source.push_str(text);
            self.source.push('\n');
        }
    }

    fn flush(&mut self) {
        let source = std::mem::take(&mut self.source);
        let kind = if std::mem::take(&mut self.item) {
            Kind::Item
        } else {
            Kind::Paragraph
        };
        self.push(kind, &source);
    }

    fn push(&mut self, kind: Kind, source: &str) {
        let text = inline::plain(source);
        if text.chars().any(char::is_alphanumeric) {
            self.blocks.push(Block { kind, text });
        }
    }

    /// The level of the heading that `line` makes of the paragraph above it.
    fn underline(&self, line: &str) -> Option<usize> {
        if self.source.is_empty() || self.item {
            return None;
        }
        let all = |mark| line.chars().all(|c| c == mark);
        if all('=') {
            Some(1)
        } else if all('-') {
            Some(2)
        } else {
            None
        }
    }

    /// The text of the list item that `line` starts.
    fn item<'a>(&self, line: &'a str) -> Option<&'a str> {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = line.split_at(digits);
        let rest = if number.is_empty() {
            rest.strip_prefix(['-', '*', '+', '•'])?
        } else {
            // A line within a paragraph may well begin with a number.
            let may_start = self.source.is_empty() || self.item || number == "1";
            rest.strip_prefix(['.', ')']).filter(|_| may_start)?
        };
        if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
            return None;
        }
        let rest = rest.trim_start();
        let task = ["[ ]", "[x]", "[X]"];
        let text = task.iter().find_map(|task| rest.strip_prefix(task));
        Some(text.unwrap_or(rest).trim_start())
    }
}

fn without_front_matter(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for mark in ["---", "+++"] {
        let mut lines = text.split_inclusive('\n');
        if lines.next().is_none_or(|line| line.trim_end() != mark) {
            continue;
        }
        let end = lines.position(|line| line.trim_end() == mark);
        if let Some(end) = end {
            let matter: usize = text.split_inclusive('\n').take(end + 2).map(str::len).sum();
            return text.get(matter..).unwrap_or_default();
        }
    }
    text
}

fn without_quote(mut line: &str) -> &str {
    while let Some(quoted) = line.trim_start().strip_prefix('>') {
        line = quoted.strip_prefix(' ').unwrap_or(quoted);
    }
    line
}

fn indent(line: &str) -> usize {
    line.chars()
        .take_while(|c| matches!(c, ' ' | '\t'))
        .map(|c| if c == '\t' { 4 } else { 1 })
        .sum()
}

fn fence(line: &str) -> Option<Skip> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = line.trim_start_matches(mark);
    let length = line.len() - info.len();
    (length >= 3 && !info.contains('`')).then_some(Skip::Fence(mark, length))
}

/// The text around the start of HTML whose content is skipped, and the marker that ends it.
fn html_skip(line: &str) -> Option<(&str, &'static str, &str)> {
    for (open, close) in [("<pre", "</pre>"), ("<summary", "</summary>")] {
        if let Some((before, after)) = line.split_once(open) {
            return Some((before, close, after));
        }
    }
    let (before, after) = line.split_once("<!--")?;
    // One inside a code span is text.
    (before.matches('`').count() % 2 == 0).then_some((before, "-->", after))
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    if (1..=6).contains(&level) && (rest.is_empty() || rest.starts_with(char::is_whitespace)) {
        return Some((level, rest.trim().trim_end_matches('#')));
    }
    let level = line.strip_prefix("<h")?.chars().next()?.to_digit(10)?;
    Some((usize::try_from(level).ok()?, line))
}

/// Whether `line` is a thematic break, or a heading's underline without a heading.
fn is_rule(line: &str) -> bool {
    ['-', '*', '_', '='].iter().any(|mark| {
        let marks = line.chars().filter(|c| c == mark).count();
        marks >= 3 && line.chars().all(|c| c == *mark || c.is_whitespace())
    })
}

/// Whether `line` defines the target of a link or is a footnote.
fn is_definition(line: &str) -> bool {
    line.starts_with('[')
        && line
            .split_once("]:")
            .is_some_and(|(label, _)| label.len() > 1 && !label.contains(']'))
}

fn is_table_delimiter(line: &str) -> bool {
    line.contains('|')
        && line.contains('-')
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(markdown: &str) -> Vec<(Kind, String)> {
        let blocks = blocks(markdown).into_iter();
        blocks.map(|block| (block.kind, block.text)).collect()
    }

    fn paragraph(text: &str) -> (Kind, String) {
        (Kind::Paragraph, text.to_owned())
    }

    fn item(text: &str) -> (Kind, String) {
        (Kind::Item, text.to_owned())
    }

    fn heading(level: usize, text: &str) -> (Kind, String) {
        (Kind::Heading(level), text.to_owned())
    }

    #[test]
    fn headings_of_every_kind() {
        assert_eq!(
            texts("# One #\ntext\n\nTwo\n---\n\nThree\n===\n<h3 align=\"center\">Four</h3>\n#nope"),
            [
                heading(1, "One"),
                paragraph("text"),
                heading(2, "Two"),
                heading(1, "Three"),
                heading(3, "Four"),
                paragraph("#nope"),
            ]
        );
    }

    #[test]
    fn code_is_left_out() {
        assert_eq!(
            texts(
                "Before\n```rust\nlet a = 1;\n\n~~~\n```\nAfter\n\n    indented\n\n<pre>\nx\n</pre>\n<details><summary>Click.</summary>End"
            ),
            [paragraph("Before"), paragraph("After"), paragraph("End")]
        );
        assert_eq!(
            texts("~~~~\n~~~\nstill code\n~~~~\nText"),
            [paragraph("Text")]
        );
        assert_eq!(texts("Text\n```\nnever closed"), [paragraph("Text")]);
    }

    #[test]
    fn tables_are_left_out() {
        let with_pipes = "| a | b |\n|---|---|\n| 1 | 2 |\n\nText";
        let without = "a | b\n--- | ---\n1 | 2\n3 | 4\n\nText";
        assert_eq!(texts(with_pipes), [paragraph("Text")]);
        assert_eq!(texts(without), [paragraph("Text")]);
    }

    #[test]
    fn items_are_blocks_of_their_own() {
        assert_eq!(
            texts(
                "List:\n- one\n  more\n* two\n1. three\n\n    nested\n- [x] done\n\nAfter\n2. not"
            ),
            [
                paragraph("List:"),
                item("one more"),
                item("two"),
                item("three"),
                paragraph("nested"),
                item("done"),
                paragraph("After 2. not"),
            ]
        );
    }

    #[test]
    fn quotes_rules_comments_definitions_and_front_matter() {
        assert_eq!(
            texts(
                "---\ntitle: no\n---\n> quoted\n> text\n\n***\nA <!-- no --> b\n\n<!-- no\n\nno -->yes\n\n[a]: https://x.y"
            ),
            [paragraph("quoted text"), paragraph("A b"), paragraph("yes")]
        );
        assert_eq!(texts("---\nnot closed"), [paragraph("not closed")]);
    }
}
