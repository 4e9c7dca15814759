//! Half of a character: what is left of an emoji where a text was cut in its middle.

/// What stands in its place.
const REPLACEMENT: &str = "\\ufffd";

/// The document with every half of a character replaced; `None` if it has none.
///
/// A half is not valid text. JSON can express it, but most JSON parsers reject it.
pub(super) fn replaced(json: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = json;
    let mut is_replaced = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (length, kept) = match (code(escape), escape.get(6..).and_then(code)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, true),
            (Some(0xd800..=0xdfff), _) => (6, false),
            // Whatever is escaped is one character, of any length.
            _ => (
                1 + escape[1..].chars().next().map_or(0, char::len_utf8),
                true,
            ),
        };
        let (escape, after) = escape.split_at(length);
        out.push_str(if kept { escape } else { REPLACEMENT });
        is_replaced |= !kept;
        rest = after;
    }
    out.push_str(rest);
    is_replaced.then_some(out)
}

/// What an escape such as `\ud83d` stands for.
fn code(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}
