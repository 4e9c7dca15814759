//! One pass over a JSON document that keeps where each of its values is.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::provider::event::{Event, Inside};

/// Nobody looks into what lies deeper.
const MAX_DEPTH: usize = 12;

pub(super) struct Scan<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Event<'a> {
    /// `None` if it is not JSON.
    pub(in crate::provider) fn of(json: &'a str) -> Option<Self> {
        Scan::of(json).document()
    }
}

impl<'a> Scan<'a> {
    pub(super) fn of(json: &'a str) -> Self {
        Self { json, at: 0 }
    }

    /// The whole document; `None` if it is not JSON.
    pub(super) fn document(mut self) -> Option<Event<'a>> {
        let value = self.value(0)?;
        self.space();
        (self.at == self.json.len()).then_some(value)
    }

    fn value(&mut self, depth: usize) -> Option<Event<'a>> {
        self.space();
        let start = self.at;
        let inside = match self.peek()? {
            b'{' | b'[' if depth == MAX_DEPTH => self.skip()?,
            b'{' => self.fields(depth)?,
            b'[' => self.items(depth)?,
            b'"' => self.text()?,
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            _ => self.number()?,
        };
        Some(Event::new(&self.json[start..self.at], inside))
    }

    fn fields(&mut self, depth: usize) -> Option<Inside<'a>> {
        self.at += 1;
        self.space();
        if self.is_next(b'}') {
            return Some(Inside::Fields(Vec::new()));
        }
        let mut fields = Vec::with_capacity(8);
        loop {
            self.space();
            let name = self.name()?;
            self.space();
            self.is_next(b':').then_some(())?;
            fields.push((name, self.value(depth + 1)?));
            self.space();
            if self.is_next(b'}') {
                return Some(Inside::Fields(fields));
            }
            self.is_next(b',').then_some(())?;
        }
    }

    fn items(&mut self, depth: usize) -> Option<Inside<'a>> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.is_next(b']') {
            return Some(Inside::Items(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.is_next(b']') {
                return Some(Inside::Items(items));
            }
            self.is_next(b',').then_some(())?;
        }
    }

    fn name(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at;
        (self.peek()? == b'"').then_some(())?;
        self.text()?;
        let quoted = &self.json[start..self.at];
        let inside = &quoted[1..quoted.len() - 1];
        match inside.contains('\\') {
            true => serde_json::from_str(quoted).ok().map(Cow::Owned),
            false => Some(Cow::Borrowed(inside)),
        }
    }

    /// A text, from its first quote to behind its last.
    fn text(&mut self) -> Option<Inside<'a>> {
        self.at += 1;
        loop {
            while let Some(word) = self.bytes().first_chunk::<8>() {
                if is_special(u64::from_le_bytes(*word)) {
                    break;
                }
                self.at += 8;
            }
            // What was found is one of these.
            for _ in 0..8 {
                let byte = self.peek()?;
                self.at += 1;
                match byte {
                    b'"' => return Some(Inside::Leaf),
                    b'\\' => self.escape()?,
                    0..0x20 => return None,
                    _ => {}
                }
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.bytes().first_chunk::<4>()?;
                self.at += 4;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Inside<'a>> {
        self.is_next(b'-');
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.is_next(b'.') {
            self.digits()?;
        }
        if self.is_next(b'e') || self.is_next(b'E') {
            let _ = self.is_next(b'+') || self.is_next(b'-');
            self.digits()?;
        }
        Some(Inside::Leaf)
    }

    fn digits(&mut self) -> Option<()> {
        let digits = self.bytes().iter();
        let digits = digits.take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        (digits > 0).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<Inside<'a>> {
        self.bytes().starts_with(word.as_bytes()).then_some(())?;
        self.at += word.len();
        Some(Inside::Leaf)
    }

    fn skip(&mut self) -> Option<Inside<'a>> {
        let rest = serde_json::Deserializer::from_str(&self.json[self.at..]);
        let mut values = rest.into_iter::<&RawValue>();
        values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(Inside::Leaf)
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn is_next(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn bytes(&self) -> &'a [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// Whether one of eight bytes ends a text, escapes what comes next, or must not stand in a text.
fn is_special(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let has = |byte: u8| {
        let other = word ^ (ONES * u64::from(byte));
        other.wrapping_sub(ONES) & !other
    };
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (has(b'"') | has(b'\\') | control) & HIGH != 0
}
