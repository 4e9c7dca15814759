//! The markup within a block.

/// How far a bracket is followed to its end, in bytes. It keeps odd input from costing too much.
const REACH: usize = 600;

/// How deep brackets in brackets are followed: a link around an image is two.
const DEPTH: usize = 4;

/// `source` without its markup, on one line.
pub(super) fn plain(source: &str) -> String {
    let mut plain = Plain::default();
    plain.read(source, 0);
    plain.text.truncate(plain.text.trim_end().len());
    plain.text
}

#[derive(Default)]
struct Plain {
    text: String,
}

impl Plain {
    fn push(&mut self, c: char) {
        if !c.is_whitespace() {
            self.text.push(c);
        } else if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    fn push_str(&mut self, text: &str) {
        text.chars().for_each(|c| self.push(c));
    }

    fn read(&mut self, source: &str, depth: usize) {
        let mut rest = source;
        let mut before = ' ';
        while let Some(c) = rest.chars().next() {
            let length = self.markup(c, rest, before, depth).unwrap_or_else(|| {
                self.push(c);
                c.len_utf8()
            });
            let (read, tail) = rest.split_at(length);
            before = read.chars().next_back().unwrap_or(' ');
            rest = tail;
        }
    }

    /// Reads the markup `rest` starts with, if it does, and returns its length.
    fn markup(&mut self, c: char, rest: &str, before: char, depth: usize) -> Option<usize> {
        match c {
            '\\' => {
                let escaped = rest.chars().nth(1).filter(char::is_ascii_punctuation)?;
                self.push(escaped);
                Some(2)
            }
            '`' => Some(self.code(rest)),
            '!' if rest.starts_with("![") => {
                let (_, end) = bracketed(rest.get(1..)?, '[', ']')?;
                Some(1 + end + target(rest.get(1 + end..)?).unwrap_or(0))
            }
            '[' if depth < DEPTH => self.link(rest, before, depth),
            '<' => self.html(rest),
            '*' | '_' | '~' => emphasis(c, rest, before),
            '&' => {
                let (name, decoded) = ENTITIES.iter().find(|(name, _)| rest.starts_with(name))?;
                self.push(*decoded);
                Some(name.len())
            }
            _ => None,
        }
    }

    /// Reads a code span, or the backticks of none.
    fn code(&mut self, rest: &str) -> usize {
        let after = rest.trim_start_matches('`');
        let ticks = rest.len() - after.len();
        let mut from = 0;
        while let Some(start) = after[from..].find('`').map(|at| from + at) {
            let tail = after[start..].trim_start_matches('`');
            let end = after.len() - tail.len();
            if end - start == ticks {
                self.push_str(after[..start].trim());
                return ticks + end;
            }
            from = end;
        }
        ticks
    }

    fn link(&mut self, rest: &str, before: char, depth: usize) -> Option<usize> {
        let (text, end) = bracketed(rest, '[', ']')?;
        let target = target(rest.get(end..)?);
        if target.is_none() && before.is_alphanumeric() {
            // `array[0]`
            return None;
        }
        if !text.starts_with(['^', '!']) || text.starts_with("![") {
            self.read(text, depth + 1);
        }
        Some(end + target.unwrap_or(0))
    }

    /// Skips a tag, or reads a link in angle brackets.
    fn html(&mut self, rest: &str) -> Option<usize> {
        let (tag, end) = bracketed(rest, '<', '>')?;
        if tag.starts_with("https://") || tag.starts_with("http://") {
            self.push_str(tag);
            return Some(end);
        }
        if !tag
            .trim_start_matches('/')
            .starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return None;
        }
        if tag.starts_with("br") {
            self.push(' ');
        }
        Some(end)
    }
}

const ENTITIES: [(&str, char); 8] = [
    ("&amp;", '&'),
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&quot;", '"'),
    ("&#39;", '\''),
    ("&nbsp;", ' '),
    ("&mdash;", '—'),
    ("&ndash;", '–'),
];

/// The text between `open`, which `text` starts with, and its `close`, and the length of it all.
fn bracketed(text: &str, open: char, close: char) -> Option<(&str, usize)> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, c) in text.char_indices().take_while(|&(at, _)| at < REACH) {
        if std::mem::take(&mut escaped) {
            continue;
        }
        escaped = c == '\\';
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                let end = at + close.len_utf8();
                return Some((text.get(open.len_utf8()..at)?, end));
            }
        } else if depth == 0 {
            return None;
        }
    }
    None
}

/// The length of the link's target that `text` starts with.
fn target(text: &str) -> Option<usize> {
    let (open, close) = match text.chars().next()? {
        '(' => ('(', ')'),
        '[' => ('[', ']'),
        _ => return None,
    };
    bracketed(text, open, close).map(|(_, end)| end)
}

/// The length of the marks of emphasis `rest` starts with; none if they are text.
fn emphasis(mark: char, rest: &str, before: char) -> Option<usize> {
    let after = rest.trim_start_matches(mark);
    let length = rest.len() - after.len();
    let next = after.chars().next().unwrap_or(' ');
    let alone = before.is_whitespace() && next.is_whitespace();
    let within = before.is_alphanumeric() && next.is_alphanumeric();
    let is_text = match mark {
        '~' => length != 2,
        '*' => alone || (within && length == 1),
        _ => alone || within,
    };
    (!is_text).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn links_become_their_text_and_images_nothing() {
        assert_eq!(
            plain("See [the *docs*](https://a.b/c_(d)) now"),
            "See the docs now"
        );
        assert_eq!(
            plain("[a][b], [`c`] and <https://d.e>"),
            "a, c and https://d.e"
        );
        assert_eq!(
            plain("[![badge](x.svg)](y) ![logo][l] text[^1]"),
            "text[^1]"
        );
        assert_eq!(plain("Word [^1]. [!NOTE]"), "Word .");
        assert_eq!(
            plain("array[0] and [0] [unclosed"),
            "array[0] and 0 [unclosed"
        );
    }

    #[test]
    fn emphasis_and_code_lose_their_marks_only() {
        assert_eq!(plain("**bold** _it_ ***b*** ~~x~~ __u__"), "bold it b x u");
        assert_eq!(
            plain("snake_case 2*3 a * b ~/bin"),
            "snake_case 2*3 a * b ~/bin"
        );
        assert_eq!(
            plain("`Vec<T>` and ``a ` b`` and ` open"),
            "Vec<T> and a ` b and open"
        );
        assert_eq!(plain("`*a*` \\*b\\*"), "*a* *b*");
    }

    #[test]
    fn html_is_dropped_and_less_than_is_not() {
        assert_eq!(
            plain("<b>a</b><br>b < c &amp; d &lt;e&gt;"),
            "a b < c & d <e>"
        );
    }

    #[test]
    fn lines_are_joined() {
        assert_eq!(plain("  one\n\ttwo  three\n"), "one two three");
        assert_eq!(plain("[[[a]]] [[[[[a]]]]]"), "a [a]");
        assert_eq!(plain("a link [over\nlines](x)."), "a link over lines.");
    }
}
