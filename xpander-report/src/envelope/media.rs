//! Images, audio and files in base64 give way to their type and size, such as `[image/png, 182,344 bytes]`.
//!
//! They are known by what stands around them: a data URL, a media type or a format beside them, the name of their field
//! or of what holds it. Else by their first bytes. Other base64 stays.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::edits::Edits;
use super::json_text::{MAX_NESTED, Token, Tokens, character, escaped, nested, start_of_json};
use crate::support::text;

/// Where a field is cut anyway, media of more than so many bytes go.
pub(super) const MIN_MEDIA: usize = 64;

/// A media type or a format is no longer than this.
const MAX_TYPE: usize = 128;

/// Brackets that are deeper inside others tell no type.
const MAX_LEVELS: usize = 256;

/// How many brackets around a value may hold the field that tells its type.
const MAX_AROUND: u8 = 2;

/// Replaces media whose base64 has more than `max_bytes`. `is_cut`: the text is the start of a longer one. Says whether
/// there were any.
pub(super) fn replace_media(text: &mut String, max_bytes: usize, is_cut: bool) -> bool {
    if text.len() <= max_bytes {
        return false;
    }
    Search {
        text,
        max_bytes,
        is_cut,
        nested: 0,
    }
    .edits()
    .apply(text)
}

struct Search<'a> {
    text: &'a str,
    max_bytes: usize,
    is_cut: bool,
    nested: u8,
}

/// An object or a list that is open.
#[derive(Default)]
struct Around<'a> {
    /// The field that holds it.
    name: &'a str,
    media_type: Option<&'a str>,
    format: Option<&'a str>,
    /// What it calls itself.
    kind: Option<&'a str>,
}

/// A text of base64 whose type is not known yet.
struct Unknown<'a> {
    base64: Base64,
    text: &'a str,
    name: &'a str,
    /// How many brackets are open around what may tell the type.
    level: usize,
    around: u8,
}

/// Base64 in a text.
struct Base64 {
    place: Range<usize>,
    bytes: usize,
    /// The text ends inside it.
    is_cut: bool,
}

impl<'a> Search<'a> {
    fn edits(&self) -> Edits {
        let mut edits = Edits::default();
        self.data_urls(&mut edits);
        match start_of_json(self.text) {
            Some(start) => self.json(start, &mut edits),
            None => self.prose(&mut edits),
        }
        edits
    }

    /// `data:image/png;base64,…`
    fn data_urls(&self, edits: &mut Edits) {
        const SCHEME: &str = "data:";
        const MARK: &str = ";base64,";
        for (mark, _) in self.text.match_indices(MARK) {
            let mut from = mark.saturating_sub(MAX_TYPE);
            while !self.text.is_char_boundary(from) {
                from += 1;
            }
            let before = self.text.get(from..mark).unwrap_or_default();
            let Some(scheme) = before.rfind(SCHEME) else {
                continue;
            };
            // The type and its parameters, up to the comma before the data.
            let header = before.get(scheme + SCHEME.len()..).unwrap_or_default();
            let is_part =
                |it: u8| it.is_ascii_graphic() && !matches!(it, b'"' | b'\'' | b',' | b'<' | b'>');
            if !header.bytes().all(is_part) {
                continue;
            }
            let media_type = header.split(';').next().unwrap_or_default();
            let start = mark + MARK.len();
            let (end, bytes) = run(self.text, start, Breaks::BetweenLongLines);
            if end - start > self.max_bytes {
                let base64 = Base64 {
                    place: from + scheme..end,
                    bytes,
                    is_cut: self.is_cut && end == self.text.len(),
                };
                let media_type = media_type.replace("\\/", "/");
                let media_type = match media_type.is_empty() {
                    true => "text/plain",
                    false => &media_type,
                };
                edits.replace(base64.place.clone(), base64.label(media_type));
            }
        }
    }

    /// The texts of JSON that are media.
    fn json(&self, start: usize, edits: &mut Edits) {
        let mut around = vec![Around::default()];
        let mut unknown = Vec::<Unknown<'a>>::new();
        let mut name = "";
        let mut too_deep = 0_usize;
        for token in Tokens::of(self.text, start) {
            match token {
                Token::Open { .. } if around.len() > MAX_LEVELS => too_deep += 1,
                Token::Open { .. } => around.push(Around {
                    name: std::mem::take(&mut name),
                    ..Around::default()
                }),
                Token::Close if too_deep > 0 => too_deep -= 1,
                Token::Close => {
                    name = "";
                    if around.len() > 1 {
                        close(&mut around, &mut unknown, edits);
                    }
                }
                Token::Name(place) => name = self.text.get(place).unwrap_or_default(),
                Token::Text(place) => {
                    let name = std::mem::take(&mut name);
                    let text = self.text.get(place.clone()).unwrap_or_default();
                    if text.len() <= MAX_TYPE
                        && let Some(around) = around.last_mut()
                    {
                        around.read(name, text);
                    } else if let Some(base64) = self.whole(place.clone()) {
                        unknown.push(Unknown {
                            base64,
                            text,
                            name,
                            level: around.len(),
                            around: 0,
                        });
                    } else if let Some(replaced) = self.nested(text) {
                        edits.replace(place, replaced);
                    }
                }
            }
        }
        while !around.is_empty() {
            close(&mut around, &mut unknown, edits);
        }
    }

    /// Base64 that stands in a text.
    fn prose(&self, edits: &mut Edits) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !is_base64(bytes[at]) {
                at += 1;
                continue;
            }
            let (end, size) = run(self.text, at, Breaks::BetweenLongLines);
            let end = end.max(at + 1);
            if end - at > self.max_bytes
                && let Some(kind) = sniffed(self.text.get(at..end).unwrap_or_default())
            {
                let base64 = Base64 {
                    place: at..end,
                    bytes: size,
                    is_cut: self.is_cut && end == bytes.len(),
                };
                edits.replace(at..end, base64.label(kind));
            }
            at = end;
        }
    }

    /// A text of JSON that is base64 and nothing else.
    fn whole(&self, place: Range<usize>) -> Option<Base64> {
        if place.len() <= self.max_bytes {
            return None;
        }
        let is_cut = self.is_cut && place.end == self.text.len();
        let text = self.text.get(place.clone())?;
        let (end, bytes) = run(text, 0, Breaks::Anywhere);
        // Of an escape only the start may be there.
        let is_whole =
            end == text.len() || is_cut && text[end..].starts_with('\\') && text.len() - end < 6;
        is_whole.then_some(Base64 {
            place,
            bytes,
            is_cut,
        })
    }

    /// A text of JSON that is JSON itself, without its media; `None` if it has none.
    fn nested(&self, text: &str) -> Option<String> {
        if text.len() <= self.max_bytes || self.nested == MAX_NESTED {
            return None;
        }
        let mut json = nested(text)?;
        let search = Search {
            text: &json,
            nested: self.nested + 1,
            ..*self
        };
        search.edits().apply(&mut json).then(|| escaped(&json))?
    }
}

impl<'a> Around<'a> {
    fn read(&mut self, name: &str, text: &'a str) {
        match name {
            "media_type" | "mediaType" | "mime_type" | "mimeType" | "mime" | "content_type"
            | "contentType" => {
                self.media_type = Some(text).filter(|it| it.contains('/'));
            }
            "format" | "output_format" | "outputFormat" => self.format = media_type(text),
            "type" => self.kind = by_name(text),
            _ => {}
        }
    }

    /// What it says of base64 in it.
    fn says(&self) -> Option<&'a str> {
        self.media_type.or(self.format)
    }
}

/// Closes the last bracket: what base64 in it is, or that it is not known yet.
fn close(around: &mut Vec<Around<'_>>, unknown: &mut Vec<Unknown<'_>>, edits: &mut Edits) {
    let level = around.len();
    let Some(closed) = around.pop() else {
        return;
    };
    let mut left = Vec::new();
    while let Some(mut it) = unknown.pop_if(|it| it.level == level) {
        let own = || sniffed_or_named(it.text, it.name);
        let kind = closed
            .says()
            .or_else(own)
            .or_else(|| by_name(closed.name))
            .or(closed.kind);
        if let Some(kind) = kind {
            edits.replace(it.base64.place.clone(), it.base64.label(kind));
        } else if it.around < MAX_AROUND && level > 1 {
            it.level -= 1;
            it.around += 1;
            left.push(it);
        } else if it.base64.is_cut {
            edits.replace(it.base64.place.clone(), it.base64.label("base64"));
        }
    }
    unknown.append(&mut left);
}

fn sniffed_or_named(text: &str, name: &str) -> Option<&'static str> {
    sniffed(text).or_else(|| by_name(name))
}

impl Base64 {
    /// What stands in its place.
    fn label(&self, kind: &str) -> String {
        let kind = kind.replace("\\/", "/");
        let kind = text::head(&kind, MAX_TYPE);
        let size = grouped(self.bytes);
        match self.is_cut {
            true => format!("[{kind}, at least {size} bytes]"),
            false => format!("[{kind}, {size} bytes]"),
        }
    }
}

/// With a comma before each three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Where lines of base64 may break.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Anywhere,
    /// In prose a short line is the last one.
    BetweenLongLines,
}

/// Where base64 ends that begins here, and how many bytes it stands for. The text may be the inside of JSON.
fn run(text: &str, start: usize, breaks: Breaks) -> (usize, usize) {
    const LONG_LINE: usize = 60;
    let bytes = text.as_bytes();
    let (mut at, mut end, mut letters, mut line) = (start, start, 0, 0);
    let mut kept = 0;
    while let Some((byte, next)) = character(bytes, at) {
        if is_base64(byte) {
            letters += 1;
            line += 1;
        } else if matches!(byte, b'\n' | b'\r') {
            if breaks == Breaks::BetweenLongLines {
                if byte == b'\n' && line < LONG_LINE {
                    break;
                }
                if byte == b'\n' {
                    (end, kept, line) = (at, letters, 0);
                }
            }
        } else if byte != b'=' {
            break;
        }
        at = next;
        if byte == b'=' && character(bytes, at).is_none_or(|(next, _)| next != b'=') {
            break;
        }
    }
    let goes_on = bytes.get(at).is_some_and(|it| {
        it.is_ascii_alphanumeric() || matches!(it, b' ' | b'.' | b',' | b'!' | b'?')
    });
    // A word that begins the next line is not its end.
    if breaks == Breaks::BetweenLongLines
        && end > start
        && line < LONG_LINE
        && (goes_on || line == 0)
    {
        (at, letters) = (end, kept);
    }
    (at, letters * 3 / 4)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The type of what begins with these bytes.
fn sniffed(base64: &str) -> Option<&'static str> {
    const LETTERS: usize = 16;
    let mut letters = String::with_capacity(LETTERS);
    let mut at = 0;
    while letters.len() < LETTERS {
        let (byte, next) = character(base64.as_bytes(), at)?;
        match byte {
            b'-' => letters.push('+'),
            b'_' => letters.push('/'),
            _ if is_base64(byte) => letters.push(char::from(byte)),
            _ => {}
        }
        at = next;
    }
    let bytes = STANDARD_NO_PAD.decode(letters).ok()?;
    Some(match *bytes.first_chunk::<12>()? {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => "image/webp",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E'] => "audio/wav",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' '] => "video/x-msvideo",
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => "image/tiff",
        [b'I', b'D', b'3', ..] => "audio/mpeg",
        [0xFF, 0xFA | 0xFB | 0xF2 | 0xF3, rate, ..]
            if (1..=14).contains(&(rate >> 4)) && rate >> 2 & 3 != 3 =>
        {
            "audio/mpeg"
        }
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [0x1A, 0x45, 0xDF, 0xA3, ..] => "video/webm",
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match &brand {
            b"avif" => "image/avif",
            b"heic" | b"heix" | b"mif1" => "image/heic",
            b"M4A " => "audio/mp4",
            b"qt  " => "video/quicktime",
            _ => "video/mp4",
        },
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        _ => return None,
    })
}

/// What providers call formats.
fn media_type(format: &str) -> Option<&'static str> {
    Some(match format.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpeg" | "jpg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "wav" => "audio/wav",
        "mp3" | "mpeg" => "audio/mpeg",
        "flac" => "audio/flac",
        "ogg" | "opus" => "audio/ogg",
        "aac" => "audio/aac",
        "m4a" => "audio/mp4",
        "pcm" | "pcm16" => "audio/pcm",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "mkv" => "video/x-matroska",
        "pdf" => "application/pdf",
        "doc" | "docx" => "application/msword",
        "xls" | "xlsx" => "application/vnd.ms-excel",
        _ => return None,
    })
}

/// What the name of a field says of its value, or a part of its type.
fn by_name(name: &str) -> Option<&'static str> {
    const OTHERS: [&str; 4] = ["embed", "hash", "signature", "vector"];
    const KINDS: [(&str, &str); 7] = [
        ("image", "image"),
        ("img", "image"),
        ("photo", "image"),
        ("picture", "image"),
        ("audio", "audio"),
        ("speech", "audio"),
        ("video", "video"),
    ];
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "b64_json" => return Some("image"),
        "file" | "file_data" | "filedata" | "input_file" => return Some("file"),
        _ if OTHERS.iter().any(|other| name.contains(other)) => return None,
        _ => {}
    }
    let kind = KINDS.iter().find(|(word, _)| name.contains(word));
    kind.map(|(_, kind)| *kind)
}
