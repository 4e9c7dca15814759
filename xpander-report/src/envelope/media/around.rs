//! What stands around base64 in JSON, and tells what it is.

use super::base64::{Base64, is_hex, is_mixed};
use super::kinds;

/// An object or a list that is open.
#[derive(Default)]
pub(super) struct Around<'a> {
    /// The field that holds it.
    pub(super) name: &'a str,
    media_type: Option<&'a str>,
    format: Option<&'a str>,
    /// What it calls itself.
    kind: Option<&'static str>,
}

/// A text of base64 whose type is not known yet.
pub(super) struct Unknown<'a> {
    pub(super) base64: Base64,
    pub(super) text: &'a str,
    /// Its field; that of the list for what is in a list.
    pub(super) name: &'a str,
    /// How many brackets are open around what may tell the type.
    pub(super) level: usize,
    pub(super) around: u8,
}

impl<'a> Around<'a> {
    /// What a field of this name holds.
    pub(super) fn held_by(name: &'a str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// Reads what a field says of the others.
    pub(super) fn read(&mut self, name: &str, text: &'a str) {
        match name {
            "media_type" | "mediaType" | "mime_type" | "mimeType" | "mime" | "content_type"
            | "contentType" => {
                self.media_type = Some(text).filter(|it| it.contains('/'));
            }
            "format" | "output_format" | "outputFormat" => self.format = Some(text),
            "type" => self.kind = kinds::by_name(text),
            _ => {}
        }
    }

    /// What the base64 in it is, and its bytes.
    pub(super) fn tells(&self, it: &Unknown<'a>) -> Option<&'a str> {
        if kinds::is_of_another_kind(it.name) {
            return kinds::sniffed(it.text);
        }
        if is_hex(it.text) {
            return self.says(it).and_then(|_| kinds::sniffed_hex(it.text));
        }
        let declared = self.declared().filter(|kind| may_be(kind, it));
        declared
            .or_else(|| kinds::sniffed(it.text))
            .or_else(|| self.names(it))
    }

    fn says(&self, it: &Unknown<'a>) -> Option<&'a str> {
        self.declared().or_else(|| self.names(it))
    }

    /// The type that a field beside it declares.
    fn declared(&self) -> Option<&'a str> {
        let of_format = || {
            let kind = kinds::by_name(self.name).or(self.kind);
            kinds::of_format(self.format?, kind)
        };
        self.media_type.or_else(of_format)
    }

    /// What the names around it say.
    fn names(&self, it: &Unknown<'a>) -> Option<&'a str> {
        kinds::by_name(it.name)
            .or_else(|| kinds::by_name(self.name).filter(|kind| may_be(kind, it)))
            .or_else(|| self.kind.filter(|kind| may_be(kind, it)))
    }
}

/// Whether a type that stands beside it may be that of the base64, and not that of a text beside it.
fn may_be(kind: &str, it: &Unknown<'_>) -> bool {
    let is_text = kind.starts_with("text/");
    match kinds::holds_data(it.name) {
        true => !is_text || is_mixed(it.text),
        false => !is_text && is_mixed(it.text),
    }
}
