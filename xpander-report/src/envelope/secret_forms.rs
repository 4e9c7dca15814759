//! Secrets that can be told by their form, wherever they stand in a text: private keys in PEM, the keys of providers,
//! JSON Web Tokens, what follows `Bearer` and `Authorization`.
//!
//! Two searches look for anchors: bytes that are rare in prose, and of which each secret has one at a known place. The
//! bytes around an anchor are then read, each a bounded number of times, whatever the text. The text may be
//! the inside of JSON: an escape counts as the character that it stands for.

use std::ops::Range;

use memchr::{memchr2, memchr3_iter, memmem};

use super::edits::Edits;
use super::json_text::character;

/// What stands in a secret's place.
pub(crate) const REDACTED: &str = "[redacted]";

/// How the keys of a provider begin, and how many characters follow at least.
struct Key {
    prefix: &'static str,
    /// The length of the prefix up to its first separator, including it.
    head: usize,
    /// The two letters before that separator.
    pair: [u8; 2],
    min: usize,
    is_part: fn(u8) -> bool,
}

/// Of letters, digits, `-` and `_`.
const fn words(prefix: &'static str, min: usize) -> Key {
    key(prefix, min, is_word)
}

/// Of letters and digits.
const fn letters(prefix: &'static str, min: usize) -> Key {
    key(prefix, min, is_alphanumeric)
}

const fn key(prefix: &'static str, min: usize, is_part: fn(u8) -> bool) -> Key {
    let bytes = prefix.as_bytes();
    let mut separator = 0;
    while bytes[separator] != b'-' && bytes[separator] != b'_' {
        separator += 1;
    }
    Key {
        prefix,
        head: separator + 1,
        pair: [bytes[separator - 2], bytes[separator - 1]],
        min,
        is_part,
    }
}

/// Of several prefixes that fit, the longest stands first.
const KEYS: &[Key] = &[
    // Anthropic
    words("sk-ant-admin01-", 8),
    words("sk-ant-api03-", 8),
    words("sk-ant-oat01-", 8),
    words("sk-ant-", 16),
    // OpenAI, and those that follow it: DeepSeek, Moonshot, OpenRouter, Langfuse, Stability
    words("sk-admin-", 12),
    words("sk-lf-", 12),
    words("sk-or-v1-", 8),
    words("sk-proj-", 8),
    words("sk-svcacct-", 8),
    words("sk-", 16),
    letters("sess-", 24),
    // Amazon Bedrock, Cerebras, E2B, ElevenLabs (`sk_`), Firecrawl, Fireworks, Groq, Hugging Face, Jina, LangSmith, NVIDIA,
    // Perplexity, Pinecone, Replicate, Tavily, Together, Vercel, Voyage, xAI
    letters("api_org_", 24),
    words("bedrock-api-key-", 20),
    letters("csk-", 20),
    letters("e2b_", 32),
    letters("fc-", 32),
    letters("fw_", 16),
    letters("gsk_", 16),
    letters("hf_", 16),
    letters("jina_", 24),
    words("lsv2_pt_", 20),
    words("lsv2_sk_", 20),
    words("nvapi-", 20),
    words("pa-", 40),
    words("pcsk_", 40),
    letters("pplx-", 20),
    letters("r8_", 16),
    words("tvly-", 16),
    letters("tgp_v1_", 16),
    letters("vck_", 24),
    letters("xai-", 20),
    // GitHub, GitLab, Google, npm, PyPI, Shopify, Slack, Stripe: agents have these for their tools
    words("github_pat_", 20),
    letters("gho_", 20),
    letters("ghp_", 20),
    letters("ghr_", 20),
    letters("ghs_", 20),
    letters("ghu_", 20),
    words("glpat-", 16),
    words("GOCSPX-", 16),
    letters("npm_", 30),
    words("pypi-", 40),
    letters("shpat_", 24),
    words("xapp-", 16),
    words("xoxa-", 10),
    words("xoxb-", 10),
    words("xoxe-", 10),
    words("xoxp-", 10),
    words("xoxs-", 10),
    letters("rk_live_", 10),
    letters("rk_test_", 10),
    letters("sk_live_", 10),
    letters("sk_test_", 10),
    letters("sk_", 32),
    letters("whsec_", 16),
];

/// The pairs of letters before the first `-` or `_` of a key, as bits: the index is the last five bits of the first
/// letter, the bit number those of the second.
const PAIRS: [u32; 32] = {
    let mut pairs = [0; 32];
    let mut at = 0;
    while at < KEYS.len() {
        let [first, second] = KEYS[at].pair;
        pairs[first as usize & 31] |= 1 << (second & 31);
        at += 1;
    }
    pairs
};

/// The secrets of the text.
pub(super) fn secrets(text: &str) -> Edits {
    let bytes = text.as_bytes();
    let mut scan = Scan {
        bytes,
        done: 0,
        edits: Edits::default(),
    };
    // The `B` of `Bearer`, the `J` of `eyJ`, and the `K` of `ABSK` and `AKIA`. What follows `Bearer` may begin as a key
    // does and be longer, so it comes first.
    for at in memchr3_iter(b'B', b'J', b'K', bytes) {
        scan.look(at);
    }
    // The `-` or `_` of keys, and the `z` of `AIza` and `Authorization`.
    scan.done = 0;
    for at in memchr3_iter(b'-', b'_', b'z', bytes) {
        scan.look(at);
    }
    scan.edits
}

/// The first and the last line of a key in PEM begin with these.
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// The token of a text that is `bearer …` in any case. In prose, [`secrets`] finds only capital letters.
pub(super) fn bearer_token(text: &str) -> Option<Range<usize>> {
    let scan = Scan {
        bytes: text.as_bytes(),
        done: 0,
        edits: Edits::default(),
    };
    scan.bearer(0)
}

struct Scan<'a> {
    bytes: &'a [u8],
    /// What is before it was replaced.
    done: usize,
    edits: Edits,
}

/// The inside of a key in PEM.
struct KeyBody {
    end: usize,
    letters: usize,
    /// The letters of its longest word.
    longest: usize,
    /// Words stand in one line.
    has_spaces: bool,
}

impl KeyBody {
    /// Whether it is a sentence on keys, and not one whose lines became spaces.
    fn is_prose(&self) -> bool {
        self.has_spaces && self.longest < 32
    }
}

impl Scan<'_> {
    fn look(&mut self, at: usize) {
        if at < self.done {
            return;
        }
        let found = match self.bytes[at] {
            b'-' if self.bytes.get(at + 1) == Some(&b'-') => self.private_key(at),
            b'-' | b'_' => self.key(at),
            b'J' => self.web_token(at),
            b'z' => self.google_key(at).or_else(|| self.authorization(at)),
            b'B' => self.bearer(at),
            b'K' => self.amazon_key(at),
            _ => None,
        };
        if let Some(found) = found.filter(|found| found.start >= self.done) {
            self.done = found.end;
            self.edits.replace(found, REDACTED);
        }
    }

    /// `-----BEGIN … PRIVATE KEY-----` and what comes behind it.
    fn private_key(&self, at: usize) -> Option<Range<usize>> {
        if !self.bytes[at..].starts_with(BEGIN) {
            return None;
        }
        let label = at + BEGIN.len();
        let body = label + self.until_dashes(label)?;
        let name = self.bytes.get(label..body)?;
        if !name.windows(11).any(|words| words == b"PRIVATE KEY") {
            return None;
        }
        let key = self.key_body(body + 5);
        if self.bytes[key.end..].starts_with(END) {
            let end = self.end_of_last_line(key.end);
            return (key.letters >= 4 && !key.is_prose()).then_some(at..end);
        }
        if let Some(end) = self.end_of_decorated_key(body + 5) {
            return Some(at..end);
        }
        (key.letters >= 16 && !key.is_prose()).then_some(at..key.end)
    }

    /// The end of a key whose lines are quoted, or stand behind headers such as `Comment: …`.
    fn end_of_decorated_key(&self, start: usize) -> Option<usize> {
        const MAX: usize = 64 << 10;
        const MIN_WORD: usize = 32;
        let rest = self.bytes.get(start..)?;
        let rest = &rest[..rest.len().min(MAX)];
        let rest = &rest[..memmem::find(rest, BEGIN).unwrap_or(rest.len())];
        let length = memmem::find(rest, END)?;
        let inside = &rest[..length];
        // To replace brackets would break the JSON around the key.
        let has_brackets =
            memchr2(b'{', b'}', inside).is_some() || memchr2(b'[', b']', inside).is_some();
        let has_key = || {
            let mut words = inside.split(|byte| !is_base64(*byte));
            words.any(|word| word.len() >= MIN_WORD)
        };
        (!has_brackets && has_key()).then(|| self.end_of_last_line(start + length))
    }

    /// The end of `-----END … PRIVATE KEY-----`, which begins here.
    fn end_of_last_line(&self, start: usize) -> usize {
        let label = start + END.len();
        let length = self.until_dashes(label);
        length.map_or(start, |length| label + length + 5)
    }

    /// What stands between the first line and the last one.
    fn key_body(&self, start: usize) -> KeyBody {
        let mut body = KeyBody {
            end: start,
            letters: 0,
            longest: 0,
            has_spaces: false,
        };
        let (mut word, mut before) = (0, b'\n');
        while let Some((byte, next)) = character(self.bytes, body.end) {
            // Headers such as `DEK-Info: AES-128-CBC,…` stand before the key of some.
            if byte == b'-' && self.bytes[body.end..].starts_with(b"-----") {
                break;
            }
            if is_base64(byte) || matches!(byte, b'-' | b':' | b',') {
                body.letters += 1;
                word += 1;
                body.longest = body.longest.max(word);
            } else if byte.is_ascii_whitespace() {
                body.has_spaces |= byte == b' ' && is_base64(before);
                word = 0;
            } else {
                break;
            }
            before = byte;
            body.end = next;
        }
        body
    }

    /// How many bytes it is to the next five dashes.
    fn until_dashes(&self, from: usize) -> Option<usize> {
        const MAX_LABEL: usize = 40;
        let rest = self.bytes.get(from..)?;
        let rest = &rest[..rest.len().min(MAX_LABEL + 5)];
        rest.windows(5).position(|five| five == b"-----")
    }

    /// A key with a prefix whose first separator is here.
    fn key(&self, at: usize) -> Option<Range<usize>> {
        let [first, second] = *self.bytes.get(at.checked_sub(2)?..at)?.first_chunk()?;
        if PAIRS[usize::from(first & 31)] >> (second & 31) & 1 == 0 {
            return None;
        }
        let start_of = |key: &Key| (at + 1).checked_sub(key.head);
        let mut keys = KEYS.iter().filter(|key| key.pair == [first, second]);
        let key = keys.find(|key| {
            start_of(key).is_some_and(|start| {
                self.bytes[start..].starts_with(key.prefix.as_bytes()) && self.is_start(start)
            })
        })?;
        let start = start_of(key)?;
        let rest = self.run(start + key.prefix.len(), key.is_part);
        (rest.len() >= key.min && self.is_random(rest)).then(|| start..self.run(start, is_word).end)
    }

    /// `eyJ….….…`
    fn web_token(&self, at: usize) -> Option<Range<usize>> {
        let start = self.prefixed(at, b"eyJ", 2)?;
        let header = self.run(start, is_word);
        let claims = self.part_behind_dot(&header)?;
        let signature = self.part_behind_dot(&claims)?;
        if header.len() < 10 || claims.len() < 4 {
            return None;
        }
        // An encrypted one has two parts more.
        let mut last = signature;
        while let Some(part) = self.part_behind_dot(&last).filter(|part| part.len() >= 10) {
            last = part;
        }
        Some(start..last.end)
    }

    fn part_behind_dot(&self, part: &Range<usize>) -> Option<Range<usize>> {
        let has_dot = self.bytes.get(part.end) == Some(&b'.');
        has_dot.then(|| self.run(part.end + 1, is_word))
    }

    /// `AIza…`
    fn google_key(&self, at: usize) -> Option<Range<usize>> {
        let start = self.prefixed(at, b"AIza", 2)?;
        let key = self.run(start, is_word);
        (30..=60).contains(&key.len()).then_some(key)
    }

    /// `ABSK…` and `AKIA…`
    fn amazon_key(&self, at: usize) -> Option<Range<usize>> {
        if let Some(start) = self.prefixed(at, b"ABSK", 3) {
            let key = self.run(start, is_base64);
            return (key.len() >= 44).then_some(key);
        }
        let key = self.run(self.prefixed(at, b"AKIA", 1)?, is_word);
        (key.len() == 20
            && self.bytes[key.clone()]
                .iter()
                .all(|it| is_alphanumeric(*it) && !it.is_ascii_lowercase()))
        .then_some(key)
    }

    /// What follows `Bearer`.
    fn bearer(&self, at: usize) -> Option<Range<usize>> {
        const MIN: usize = 12;
        let word = self.bytes.get(at..at + 6)?;
        let behind = self.bytes.get(at + 6)?;
        if !word.eq_ignore_ascii_case(b"bearer") || !is_blank(*behind) || !self.is_start(at) {
            return None;
        }
        let token = self.credentials(at + 6);
        (token.len() >= MIN && self.is_random(token.clone())).then_some(token)
    }

    /// What follows the scheme in `Authorization: Basic …`, in headers and in what `Debug` and JSON make of them.
    fn authorization(&self, at: usize) -> Option<Range<usize>> {
        const NAME: &[u8] = b"authorization";
        const SCHEMES: [&[u8]; 5] = [b"apikey", b"basic", b"bearer", b"bot", b"token"];
        const MIN: usize = 6;
        let start = at.checked_sub("authori".len())?;
        let is_name = |name: &[u8]| name.eq_ignore_ascii_case(NAME);
        if !self
            .bytes
            .get(start..start + NAME.len())
            .is_some_and(is_name)
        {
            return None;
        }
        let is_between = |byte: u8| {
            matches!(
                byte,
                b' ' | b'"' | b'\'' | b'\\' | b',' | b':' | b'=' | b'['
            )
        };
        let scheme = start + NAME.len();
        let scheme = scheme + self.count(scheme, 8, is_between);
        let length = self.count(scheme, 8, |byte| byte.is_ascii_alphabetic());
        let word = self.bytes.get(scheme..scheme + length)?;
        let is_scheme = SCHEMES.iter().any(|it| word.eq_ignore_ascii_case(it));
        let has_space = self.bytes.get(scheme + length) == Some(&b' ');
        let token = self.credentials(scheme + length);
        (is_scheme && has_space && token.len() >= MIN && self.is_random(token.clone()))
            .then_some(token)
    }

    /// Behind spaces.
    fn credentials(&self, at: usize) -> Range<usize> {
        let spaces = self.count(at, 8, is_blank);
        let mut token = self.run(at + spaces, |byte| {
            is_base64(byte) || is_word(byte) || matches!(byte, b'.' | b'~')
        });
        while token.len() > 1 && self.bytes[token.end - 1] == b'.' {
            token.end -= 1;
        }
        token
    }

    /// Where the prefix begins that has its anchor, the byte `offset`, here.
    fn prefixed(&self, at: usize, prefix: &[u8], offset: usize) -> Option<usize> {
        let start = at.checked_sub(offset)?;
        (self.bytes[start..].starts_with(prefix) && self.is_start(start)).then_some(start)
    }

    /// Whether a word begins here. An escape ends the word before: one of JSON, of an address, or one that sets a
    /// terminal's colour.
    fn is_start(&self, at: usize) -> bool {
        let before = &self.bytes[..at];
        match before {
            [] => true,
            [.., last] if !is_word(*last) => true,
            [.., b'\\', b'b' | b'f' | b'n' | b'r' | b't'] => true,
            [.., b'%', one, two] => one.is_ascii_hexdigit() && two.is_ascii_hexdigit(),
            [.., b'\\', b'u', one, two, three, four] => [one, two, three, four]
                .iter()
                .all(|it| it.is_ascii_hexdigit()),
            [colour @ .., b'm'] => is_colour(colour),
            _ => false,
        }
    }

    /// From here as far as the characters are of this kind.
    fn run(&self, start: usize, is_part: impl Fn(u8) -> bool) -> Range<usize> {
        let mut end = start;
        while let Some((byte, next)) = character(self.bytes, end)
            && is_part(byte)
        {
            end = next;
        }
        start..end
    }

    fn count(&self, from: usize, max: usize, is_one: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.iter()
            .take(max)
            .take_while(|byte| is_one(**byte))
            .count()
    }

    /// Whether it is no word, and nothing that stands for a key in a document, such as `YOUR_API_KEY` or `xxxx`.
    fn is_random(&self, range: Range<usize>) -> bool {
        const MIN_DIFFERENT: u32 = 5;
        const LONG: usize = 16;
        const PLACEHOLDERS: [&[u8]; 5] = [b"example", b"here", b"key", b"placeholder", b"your"];
        let text = &self.bytes[range];
        let different = text
            .iter()
            .fold(0_u128, |bits, byte| bits | 1 << (byte & 127));
        if different.count_ones() < MIN_DIFFERENT {
            return false;
        }
        let parts = || text.split(|byte| !is_alphanumeric(*byte));
        let is_placeholder =
            |part: &[u8]| PLACEHOLDERS.iter().any(|it| part.eq_ignore_ascii_case(it));
        let is_long = parts().any(|part| part.len() >= LONG && is_mixed(part));
        is_long || !parts().any(is_placeholder) && parts().any(is_mixed)
    }
}

/// Whether letters and digits are mixed as in no word: not `auth2` or `Section`.
fn is_mixed(part: &[u8]) -> bool {
    const MIN: usize = 6;
    const LONG: usize = 20;
    let count = |is_one: fn(&u8) -> bool| part.iter().filter(|it| is_one(it)).count();
    let digits = count(u8::is_ascii_digit);
    let upper = count(u8::is_ascii_uppercase);
    let lower = count(u8::is_ascii_lowercase);
    part.len() >= LONG || part.len() >= MIN && (digits > 0 || upper > 2 && lower > 2)
}

/// Whether it ends with the start of an escape that sets a terminal's colour, such as `\x1b[1;31`.
fn is_colour(text: &[u8]) -> bool {
    const MAX: usize = 16;
    const ESCAPES: [&[u8]; 5] = [b"\x1b", b"u001b", b"u001B", b"x1b", b"033"];
    let from = text.len().saturating_sub(MAX);
    let text = &text[from..];
    let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b';';
    let numbers = text.iter().rev().take_while(|byte| is_number(byte)).count();
    let escape = text[..text.len() - numbers].strip_suffix(b"[");
    escape.is_some_and(|text| ESCAPES.iter().any(|it| text.ends_with(it)))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}
