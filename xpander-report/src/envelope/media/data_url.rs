//! Data URLs in base64, such as `data:image/png;base64,…`.

use memchr::memchr_iter;

use super::base64::after_spaces;

const SCHEME: &str = "data:";

/// A type and its parameters, of which one may be the name of a file, are no longer than this.
const MAX_HEADER: usize = 512;

/// A data URL, up to its data.
pub(super) struct DataUrl<'a> {
    pub(super) start: usize,
    pub(super) media_type: &'a str,
    /// Where the base64 begins.
    pub(super) data: usize,
}

/// Those in a text. `is_json`: the text is JSON, in which a quote without a backslash ends the URL.
pub(super) fn data_urls(text: &str, is_json: bool) -> impl Iterator<Item = DataUrl<'_>> {
    memchr_iter(b';', text.as_bytes()).filter_map(move |mark| {
        let data = after_mark(text, mark)?;
        let mut from = mark.saturating_sub(MAX_HEADER);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let before = text.get(from..mark)?;
        let scheme = before.to_ascii_lowercase().rfind(SCHEME)?;
        let header = before.get(scheme + SCHEME.len()..)?;
        is_header(header, is_json).then(|| DataUrl {
            start: from + scheme,
            media_type: header.split(';').next().unwrap_or_default(),
            data,
        })
    })
}

/// Where the data begins behind `;base64,`, if that is here.
fn after_mark(text: &str, mark: usize) -> Option<usize> {
    const ENCODING: &str = "base64";
    let start = mark + 1;
    let end = start + ENCODING.len();
    let encoding = text.get(start..end)?;
    let is_mark = encoding.eq_ignore_ascii_case(ENCODING) && text[end..].starts_with(',');
    is_mark.then(|| after_spaces(text, end + 1))
}

/// Whether these are a type and parameters. The value of a parameter may be in quotes.
fn is_header(header: &str, is_json: bool) -> bool {
    let quote = match is_json {
        true => "\\\"",
        false => "\"",
    };
    let mut rest = header;
    while let Some((before, value)) = rest.split_once('"') {
        let before = before.trim_end_matches('\\');
        let opening = &rest[before.len()..rest.len() - value.len()];
        let Some((quoted, after)) = value.split_once(opening) else {
            return false;
        };
        let is_parameter = before.ends_with('=')
            && opening.ends_with(quote)
            && !quoted.contains('"')
            && (after.is_empty() || after.starts_with(';'));
        if !is_parameter || !are_unquoted(before) {
            return false;
        }
        rest = after;
    }
    are_unquoted(rest)
}

fn are_unquoted(parameters: &str) -> bool {
    parameters
        .bytes()
        .all(|it| it.is_ascii_graphic() && !matches!(it, b'"' | b'\'' | b',' | b'<' | b'>'))
}
