//! Server-sent events, of a whole body.

use std::borrow::Cow;

/// Takes the name and the data of each event. One that was cut off is given as well.
pub(super) fn each(body: &str, mut take: impl FnMut(&str, &str)) {
    let mut name = "";
    let mut data = None::<Cow<'_, str>>;
    for line in lines(body) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if line.is_empty() => {
                if let Some(data) = data.take() {
                    take(name, &data);
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
        take(name, &data);
    }
}

/// A line ends with a carriage return, a line feed or both.
fn lines(body: &str) -> impl Iterator<Item = &str> {
    let next = |sign: char, at: usize| body[at..].find(sign).map_or(body.len(), |found| at + found);
    let mut at = 0;
    // Where the next line feed is; it is looked for once.
    let mut feed = next('\n', 0);
    std::iter::from_fn(move || {
        if at == body.len() {
            return None;
        }
        let start = at;
        let end = match body[start..feed].find('\r') {
            Some(found) => start + found,
            None => feed,
        };
        at = match &body.as_bytes()[end..] {
            [] => end,
            [b'\r', b'\n', ..] => end + 2,
            _ => end + 1,
        };
        if at > feed {
            feed = next('\n', at);
        }
        Some(&body[start..end])
    })
}
