//! Images, audio and files in base64 give way to their type and size, such as `[image/png, 182,344 bytes]`.
//!
//! They are known by what stands around them: a data URL, a media type or a format beside them, the name of their field
//! or of what holds it. Else by their first bytes. Other base64 stays.

mod around;
mod base64;
mod data_url;
mod kinds;

use std::ops::Range;

use self::around::{Around, Unknown};
use self::base64::{Base64, Breaks, after_spaces, is_base64, is_hex, run};
use self::data_url::data_urls;
use super::edits::Edits;
use super::json_text::{MAX_NESTED, Token, Tokens, character, escaped, start_of_json, unescaped};

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

impl<'a> Search<'a> {
    fn edits(&self) -> Edits {
        let mut edits = Edits::default();
        let start = start_of_json(self.text);
        self.data_urls(start.is_some(), &mut edits);
        match start {
            Some(start) => self.json(start, &mut edits),
            None => self.prose(0..self.text.len(), &mut edits),
        }
        edits
    }

    fn data_urls(&self, is_json: bool, edits: &mut Edits) {
        for url in data_urls(self.text, is_json) {
            let (end, bytes) = run(self.text, url.data, Breaks::BetweenLongLines);
            if end - url.data > self.max_bytes {
                let base64 = Base64 {
                    place: url.start..end,
                    bytes,
                    is_cut: self.is_cut && end == self.text.len(),
                };
                let media_type = match url.media_type {
                    "" => "text/plain",
                    media_type => media_type,
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
                Token::Open { .. } => around.push(Around::held_by(std::mem::take(&mut name))),
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
                    } else if let Some(it) = self.whole(place.clone(), name, around.len()) {
                        unknown.push(it);
                    } else {
                        self.part(place, edits);
                    }
                }
            }
        }
        while !around.is_empty() {
            close(&mut around, &mut unknown, edits);
        }
    }

    /// Base64 that stands in a text, which may be the inside of JSON.
    fn prose(&self, within: Range<usize>, edits: &mut Edits) {
        let Some(text) = self.text.get(..within.end) else {
            return;
        };
        let mut at = within.start;
        while at < text.len() {
            let Some((byte, next)) = character(text.as_bytes(), at) else {
                // A backslash and what it stands before.
                at += 2;
                continue;
            };
            if !is_base64(byte) {
                at = next;
                continue;
            }
            let (end, bytes) = run(text, at, Breaks::BetweenLongLines);
            let end = end.max(next);
            if end - at > self.max_bytes
                && let Some(kind) = kinds::sniffed(text.get(at..end).unwrap_or_default())
            {
                let base64 = Base64 {
                    place: at..end,
                    bytes,
                    is_cut: self.is_cut && end == self.text.len(),
                };
                edits.replace(at..end, base64.label(kind));
            }
            at = end;
        }
    }

    /// A text of JSON that is base64 and nothing else, but for spaces around it.
    fn whole(&self, place: Range<usize>, name: &'a str, level: usize) -> Option<Unknown<'a>> {
        if place.len() <= self.max_bytes {
            return None;
        }
        let is_cut = self.is_cut && place.end == self.text.len();
        let text = self.text.get(..place.end)?;
        let start = after_spaces(text, place.start);
        let (end, bytes) = run(text, start, Breaks::Anywhere);
        let rest = text.get(after_spaces(text, end)..)?;
        // Of an escape only the start may be there.
        let is_whole = rest.is_empty() || is_cut && rest.starts_with('\\') && rest.len() < 6;
        if !is_whole || end == start {
            return None;
        }
        let end = if is_cut { text.len() } else { end };
        let text = text.get(start..end)?;
        let bytes = match is_hex(text) {
            true => (bytes * 2).div_ceil(3),
            false => bytes,
        };
        Some(Unknown {
            base64: Base64 {
                place: start..end,
                bytes,
                is_cut,
            },
            text,
            name,
            level,
            around: 0,
        })
    }

    /// A text of JSON that has media in it: JSON, or prose.
    fn part(&self, place: Range<usize>, edits: &mut Edits) {
        let text = self.text.get(place.clone()).unwrap_or_default();
        if text.len() <= self.max_bytes {
            return;
        }
        let Some(mut json) = self.nested(text) else {
            return self.prose(place, edits);
        };
        let search = Search {
            text: &json,
            nested: self.nested + 1,
            ..*self
        };
        if search.edits().apply(&mut json)
            && let Some(replaced) = escaped(&json)
        {
            edits.replace(place, replaced);
        }
    }

    /// The JSON that a text of JSON is.
    fn nested(&self, text: &str) -> Option<String> {
        if self.nested == MAX_NESTED || !text.contains("\\\"") {
            return None;
        }
        unescaped(text).filter(|json| start_of_json(json).is_some())
    }
}

/// Closes the last bracket: what base64 in it is, or that it is not known yet.
fn close<'a>(around: &mut Vec<Around<'a>>, unknown: &mut Vec<Unknown<'a>>, edits: &mut Edits) {
    let level = around.len();
    let Some(closed) = around.pop() else {
        return;
    };
    let mut left = Vec::new();
    while let Some(mut it) = unknown.pop_if(|it| it.level == level) {
        if it.name.is_empty() {
            it.name = closed.name;
        }
        if let Some(kind) = closed.tells(&it) {
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
