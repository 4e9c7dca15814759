//! Reads JSON from front to back, and checks it on the way. What a reader has no use for is skipped.

use std::borrow::Cow;

use memchr::memchr2;
use serde_json::value::RawValue;

use crate::provider::surrogates;

/// What lies deeper is skipped without recursion.
const MAX_DEPTH: u8 = 64;

pub(crate) struct Scan<'a> {
    json: &'a str,
    at: usize,
}

/// Where a text stands between its quotes.
#[derive(Clone, Copy)]
pub(super) struct Quoted {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) has_escapes: bool,
}

impl<'a> Scan<'a> {
    /// Reads a whole document; `None` if it is not JSON.
    pub(super) fn whole<T>(json: &'a str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut scan = Self::starting_at(json, 0);
        scan.space();
        let value = read(&mut scan)?;
        scan.space();
        (scan.at == json.len()).then_some(value)
    }

    /// Reads from a place on.
    pub(crate) fn starting_at(json: &'a str, at: usize) -> Self {
        Self { json, at }
    }

    /// Where it has come to.
    #[inline]
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The first byte of the value that begins here.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    /// Reads the fields of an object.
    #[inline]
    pub(super) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, Quoted) -> Option<()>,
    ) -> Option<()> {
        self.at += 1;
        self.space();
        if self.is_next(b'}') {
            return Some(());
        }
        loop {
            (self.peek()? == b'"').then_some(())?;
            let name = self.quoted()?;
            self.space();
            self.is_next(b':').then_some(())?;
            self.space();
            field(self, name)?;
            self.space();
            if !self.is_next(b',') {
                return self.is_next(b'}').then_some(());
            }
            self.space();
        }
    }

    /// Reads the items of a list.
    #[inline]
    pub(super) fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.space();
        if self.is_next(b']') {
            return Some(());
        }
        loop {
            item(self)?;
            self.space();
            if !self.is_next(b',') {
                return self.is_next(b']').then_some(());
            }
            self.space();
        }
    }

    /// Passes over a value.
    pub(crate) fn skip(&mut self) -> Option<()> {
        self.skip_inside(0)
    }

    fn skip_inside(&mut self, depth: u8) -> Option<()> {
        match self.peek()? {
            b'{' | b'[' if depth == MAX_DEPTH => {
                let rest = serde_json::Deserializer::from_str(&self.json[self.at..]);
                let mut values = rest.into_iter::<&RawValue>();
                values.next()?.ok()?;
                self.at += values.byte_offset();
                Some(())
            }
            b'{' => self.object(|scan, _| scan.skip_inside(depth + 1)),
            b'[' => self.list(|scan| scan.skip_inside(depth + 1)),
            _ => self.leaf().map(|_| ()),
        }
    }

    /// Passes over what is neither an object nor a list. Whether it has escapes.
    pub(super) fn leaf(&mut self) -> Option<bool> {
        match self.peek()? {
            b'"' => return Some(self.quoted()?.has_escapes),
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            _ => self.number()?,
        }
        Some(false)
    }

    /// Passes over a text.
    #[inline]
    pub(super) fn quoted(&mut self) -> Option<Quoted> {
        self.at += 1;
        let start = self.at;
        let mut has_escapes = false;
        while self.is_escape()? {
            has_escapes = true;
            self.escape()?;
        }
        let end = self.at;
        self.at += 1;
        Some(Quoted {
            start,
            end,
            has_escapes,
        })
    }

    /// What a text says that was passed over.
    pub(super) fn says(&self, quoted: Quoted) -> Cow<'a, str> {
        let inside = self.json.get(quoted.start..quoted.end).unwrap_or_default();
        match quoted.has_escapes {
            true => unescaped(inside).into(),
            false => inside.into(),
        }
    }

    /// Skips the unescaped part of a string. Returns `true` before an escape and `false` before the closing quote;
    /// `None` before anything else.
    #[inline]
    fn is_escape(&mut self) -> Option<bool> {
        self.at += plain(self.bytes())?;
        match self.peek()? {
            b'\\' => Some(true),
            b'"' => Some(false),
            _ => None,
        }
    }

    #[inline(never)]
    fn escape(&mut self) -> Option<()> {
        let kind = *self.bytes().get(1)?;
        self.at += 2;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.bytes().first_chunk::<4>()?;
                self.at += 4;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }

    #[inline]
    fn number(&mut self) -> Option<()> {
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
        Some(())
    }

    #[inline]
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.bytes().starts_with(word.as_bytes()).then_some(())?;
        self.at += word.len();
        Some(())
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn is_next(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    #[inline]
    fn bytes(&self) -> &'a [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// How many bytes it is to the first that is special.
#[inline]
fn plain(bytes: &[u8]) -> Option<usize> {
    for at in [0, 8, 16, 24] {
        let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) else {
            break;
        };
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return Some(at + special.trailing_zeros() as usize / 8);
        }
    }
    let at = memchr2(b'"', b'\\', bytes)?;
    let is_text = !has_control(bytes.get(..at)?);
    is_text.then_some(at)
}

fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |any, byte| any | (*byte < 0x20))
}

/// The highest bit of the first byte that is special; those above it say nothing.
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let is = |byte: u8| {
        let other = word ^ (ONES * u64::from(byte));
        other.wrapping_sub(ONES) & !other
    };
    let is_control = word.wrapping_sub(ONES * 0x20) & !word;
    (is(b'"') | is(b'\\') | is_control) & HIGH
}

/// What stands between the quotes of a text, without its escapes; half of a character is replaced.
pub(super) fn unescaped(inside: &str) -> String {
    let text = format!("\"{inside}\"");
    let read = |json: &str| serde_json::from_str(json).ok();
    let text = read(&text).or_else(|| read(&surrogates::replaced(&text)?));
    text.unwrap_or_default()
}
