//! A value that became text.

use std::fmt::Write;
use std::{fmt, io};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::report::json;
use crate::support::bounded::Bounded;
use crate::support::text;

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
    pub(crate) fn text(whole: &str, room: usize) -> Self {
        if whole.len() <= room {
            return Self::Text(whole.to_owned());
        }
        Self::Cut(Cut {
            head: text::head(whole, room).to_owned(),
            length: Length::Exactly(whole.len()),
            is_json: false,
        })
    }

    /// The value as JSON, up to `room` bytes; a text as it is. `None` stands for null.
    ///
    /// # Errors
    /// The value's own, when it has no JSON.
    pub(crate) fn serialized<T: Serialize + ?Sized>(
        value: &T,
        room: usize,
    ) -> serde_json::Result<Option<Self>> {
        let mut writer = Bounded::new(room);
        let written = value.serialize(&mut Serializer::with_formatter(&mut writer, BytesByNumber));
        Self::finished(writer, written)
    }

    fn finished(
        writer: Bounded,
        written: serde_json::Result<()>,
    ) -> serde_json::Result<Option<Self>> {
        if !writer.is_over() {
            written?;
        }
        Ok(match Self::of(writer, true) {
            Self::Json(json) if json == "null" => None,
            Self::Json(json) if json.starts_with('"') => {
                Some(Self::Text(serde_json::from_str(&json)?))
            }
            captured => Some(captured),
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

    /// What there is of it, for changes that keep JSON what it is.
    pub(crate) fn text_mut(&mut self) -> &mut String {
        match self {
            Self::Text(text) | Self::Json(text) => text,
            Self::Cut(cut) => &mut cut.head,
        }
    }

    /// Whether only its start is there.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(self, Self::Cut(_))
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
        self.head.truncate(text::boundary(&self.head, max_bytes));
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

/// Writes a buffer of bytes as a text with their number: nobody reads them in a report.
struct BytesByNumber;

impl Formatter for BytesByNumber {
    fn write_byte_array<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        bytes: &[u8],
    ) -> io::Result<()> {
        write!(writer, "\"<{} bytes>\"", bytes.len())
    }
}

/// What was captured of what a body gave.
#[derive(Debug)]
pub(crate) enum Produced {
    /// Null, or content that may not leave.
    Nothing,
    Value(Captured),
    /// An error, and the name of its type.
    Error(Option<Captured>, &'static str),
}
