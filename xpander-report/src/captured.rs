use std::fmt::{self, Write};

use crate::bounded::Bounded;
use crate::json;

/// The bytes that one field of content is captured up to. What is longer is not worked out.
pub(crate) const MAX_CAPTURED: usize = 32 << 20;

/// A value that became text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Captured {
    /// Text as it was, or as `Debug` or `Display` wrote it.
    Text(String),
    /// JSON. It may be a provider's response.
    Json(String),
    /// The start of what is too long.
    Cut(Cut),
}

/// The start of a text or of JSON that is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    head: String,
    length: Length,
    is_json: bool,
}

/// How long the whole is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Exactly(usize),
    AtLeast(usize),
}

impl Captured {
    /// A text, of which no more than `room` bytes are copied.
    pub(crate) fn text(text: &str, room: usize) -> Self {
        if text.len() <= room {
            return Self::Text(text.to_owned());
        }
        Self::Cut(Cut {
            head: json::head(text, room).to_owned(),
            length: Length::Exactly(text.len()),
            is_json: false,
        })
    }

    /// What formatting writes, up to `room` bytes.
    pub(crate) fn format(arguments: fmt::Arguments<'_>, room: usize) -> Self {
        let mut writer = Bounded::new(room);
        // What is written before an error of the formatting itself is shown.
        let _ = writer.write_fmt(arguments);
        Self::of(writer, false)
    }

    /// What a writer has kept.
    pub(crate) fn of(writer: Bounded, is_json: bool) -> Self {
        let length = Length::AtLeast(writer.written());
        match (writer.is_over(), is_json) {
            (true, _) => Self::Cut(Cut {
                head: writer.into_text(),
                length,
                is_json,
            }),
            (false, true) => Self::Json(writer.into_text()),
            (false, false) => Self::Text(writer.into_text()),
        }
    }

    /// JSON of which something was left out.
    pub(crate) fn cut_json(head: String) -> Self {
        Self::Cut(Cut {
            length: Length::AtLeast(head.len()),
            head,
            is_json: true,
        })
    }

    /// What the platform shows.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Json(text) => text,
            Self::Cut(cut) => cut.to_string(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Json(text) => text.len(),
            Self::Cut(cut) => cut.head.len(),
        }
    }

    pub(crate) fn push_json(&self, json: &mut String) {
        match self {
            Self::Text(text) => json::push_string(json, text),
            Self::Json(value) => json.push_str(value),
            Self::Cut(cut) if cut.is_json => json.push_str(&cut.to_string()),
            Self::Cut(cut) => json::push_string(json, &cut.to_string()),
        }
    }
}

impl Cut {
    /// Keeps no more than `max_bytes` of the start.
    pub(crate) fn shorten(&mut self, max_bytes: usize) {
        self.head.truncate(json::boundary(&self.head, max_bytes));
    }

    /// The start, if it is one of a text.
    pub(crate) fn head_of_text(&self) -> Option<&str> {
        (!self.is_json).then_some(&*self.head)
    }
}

/// The start and a mark that says how long the whole is; of JSON, an object.
impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_json {
            return write!(f, "{}… [{}]", self.head, self.length);
        }
        let object = match self.length {
            Length::Exactly(bytes) => json::truncated(&self.head, bytes),
            length @ Length::AtLeast(_) => json::truncated(&self.head, length.to_string()),
        };
        f.write_str(object.get())
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(bytes) => write!(f, "{bytes} bytes"),
            Self::AtLeast(bytes) => write!(f, "at least {bytes} bytes"),
        }
    }
}
