//! AWS's binary event streams (`application/vnd.amazon.eventstream`).
//!
//! A message is its length, its headers' length and a checksum of both, the headers, the payload and a
//! checksum of it all. The checksums are left alone: what was damaged on its way is not JSON any more.

/// The two lengths and their checksum.
const PRELUDE: usize = 12;

const CHECKSUM: usize = 4;

/// Whether bytes are such a stream: no message is so long that its length begins otherwise.
pub(super) fn is_one(body: &[u8]) -> bool {
    body.first() == Some(&0)
}

/// Takes each event as JSON. A message that was cut off is none.
pub(super) fn each(mut body: &[u8], mut take: impl FnMut(&str)) {
    while let Some((message, rest)) = message(body) {
        body = rest;
        if let Some(event) = message.event() {
            take(&event);
        }
    }
}

struct Message<'a> {
    headers: &'a [u8],
    payload: &'a [u8],
}

fn message(body: &[u8]) -> Option<(Message<'_>, &[u8])> {
    let length = number(body.get(..4)?);
    let headers = number(body.get(4..8)?);
    let (message, rest) = body.split_at_checked(length)?;
    let (head, _) = message.split_at_checked(length.checked_sub(CHECKSUM)?)?;
    let (headers, payload) = head.get(PRELUDE..)?.split_at_checked(headers)?;
    Some((Message { headers, payload }, rest))
}

impl Message<'_> {
    /// The event as the JSON of other ways of streaming: under its name, but for bytes of the model's own.
    fn event(&self) -> Option<String> {
        let payload = str::from_utf8(self.payload).ok()?;
        let name = |kind| {
            self.header(kind)
                .and_then(|name| serde_json::to_string(name).ok())
        };
        if self.header(":event-type") == Some("chunk") {
            return Some(payload.to_owned());
        }
        if let Some(name) = name(":event-type").or_else(|| name(":exception-type")) {
            return Some(format!("{{{name}:{payload}}}"));
        }
        let (code, message) = (name(":error-code")?, name(":error-message")?);
        Some(format!(
            r#"{{"error":{{"code":{code},"message":{message}}}}}"#
        ))
    }

    /// The header of this name that is a text.
    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers;
        loop {
            let (header, rest) = header(headers)?;
            if header.name == name.as_bytes() && header.kind == TEXT {
                return str::from_utf8(header.value).ok();
            }
            headers = rest;
        }
    }
}

struct Header<'a> {
    name: &'a [u8],
    kind: u8,
    value: &'a [u8],
}

const TEXT: u8 = 7;

/// The first header, and those behind it.
fn header(headers: &[u8]) -> Option<(Header<'_>, &[u8])> {
    let (length, rest) = headers.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (&kind, rest) = rest.split_first()?;
    let (length, rest) = match kind {
        // True and false.
        0 | 1 => (0, rest),
        // Numbers, of one byte to eight, and a time.
        2 => (1, rest),
        3 => (2, rest),
        4 => (4, rest),
        5 | 8 => (8, rest),
        // Bytes and text.
        6 | TEXT => {
            let (length, rest) = rest.split_at_checked(2)?;
            (number(length), rest)
        }
        // A UUID.
        9 => (16, rest),
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((Header { name, kind, value }, rest))
}

fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | usize::from(*byte))
}
