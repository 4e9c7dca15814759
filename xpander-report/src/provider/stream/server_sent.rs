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
fn lines(mut body: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if body.is_empty() {
            return None;
        }
        let end = body.find(['\r', '\n']).unwrap_or(body.len());
        let (line, rest) = body.split_at(end);
        body = rest
            .strip_prefix("\r\n")
            .or_else(|| rest.strip_prefix(['\r', '\n']))
            .unwrap_or(rest);
        Some(line)
    })
}
