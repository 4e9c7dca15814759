//! Server-sent events, of a whole body.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// Takes the name and the data of each event. One that was cut off is given as well.
pub(super) fn each<'b>(body: &'b str, mut take: impl FnMut(&str, Cow<'b, str>)) {
    let mut name = "";
    let mut data = None::<Cow<'b, str>>;
    for line in lines(body) {
        let colon = memchr(b':', line.as_bytes()).unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(':').unwrap_or(value);
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if line.is_empty() => {
                if let Some(data) = data.take() {
                    take(name, data);
                }
                name = "";
            }
            "event" => name = value,
            "data" => match &mut data {
                Some(data) => {
                    let data = data.to_mut();
                    data.push('\n');
                    data.push_str(value);
                }
                None => data = Some(value.into()),
            },
            // A comment, or nothing to do with what was said.
            _ => {}
        }
    }
    if let Some(data) = data {
        take(name, data);
    }
}

/// A line ends with a carriage return, a line feed or both.
fn lines(body: &str) -> impl Iterator<Item = &str> {
    let mut rest = body;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
        let (line, end) = rest.split_at(end);
        rest = end
            .strip_prefix("\r\n")
            .or_else(|| end.get(1..))
            .unwrap_or_default();
        Some(line)
    })
}
