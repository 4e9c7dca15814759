//! The indentation of a man page: lists and examples, which would else be filled like prose.

/// What the lines before this one are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Prose,
    /// An item of a list, whose mark has so many spaces before it.
    Item(usize),
    /// Lines that stay as they are, such as examples.
    Verbatim,
}

/// The page, with its lists as lists and its other indented lines as they are.
pub(super) fn kept(page: &str) -> String {
    let mut kept = String::with_capacity(page.len());
    let mut block = Block::Prose;
    for line in page.lines() {
        let text = line.trim_start_matches(' ');
        let indentation = line.len() - text.len();
        let next = match (indentation, block) {
            (0, _) => Block::Prose,
            (_, Block::Item(outer)) if indentation > outer && item(text).is_none() => block,
            _ if item(text).is_some() => Block::Item(indentation),
            _ => Block::Verbatim,
        };
        kept.push_str(between(block, next, line));
        match (next, item(text)) {
            (Block::Item(_), Some((mark, rest))) => {
                kept.push_str(&format!(".IP \"{mark}\" 4\n{}\n", at_start(rest)));
            }
            (Block::Item(_), None) => kept.push_str(&format!("{}\n", at_start(text))),
            _ => kept.push_str(&format!("{line}\n")),
        }
        block = next;
    }
    kept
}

/// An exit code or a dash, and the text of its item.
fn item(text: &str) -> Option<(&str, &str)> {
    let (mark, rest) = text.split_once(' ')?;
    let is_code = mark.bytes().all(|byte| byte.is_ascii_digit());
    (mark == "\\-" || is_code).then(|| (mark, rest.trim_start()))
}

/// The requests that end one block and begin the next.
fn between(block: Block, next: Block, line: &str) -> &'static str {
    let is_request = line.starts_with('.');
    match (block, next) {
        (Block::Prose, Block::Item(_)) => ".PD 0\n",
        (Block::Prose, Block::Verbatim) => ".nf\n",
        (Block::Item(_), Block::Prose) if is_request => ".PD\n",
        (Block::Item(_), Block::Prose) => ".PD\n.PP\n",
        (Block::Item(_), Block::Verbatim) => ".PD\n.PP\n.nf\n",
        (Block::Verbatim, Block::Prose) => ".fi\n",
        (Block::Verbatim, Block::Item(_)) => ".fi\n.PD 0\n",
        _ => "",
    }
}

/// A text that is no request, whatever it begins with.
fn at_start(text: &str) -> String {
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text.to_owned(),
    }
}
