//! The names of secrets. The crates `xpander-report` and `xpander-report-macros` have identical copies of this file, so
//! that arguments and JSON fields are treated alike.

/// How likely the name of a value shows that the value is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// The value is a secret.
    Certain,
    /// The value may be a word of a vocabulary as well.
    Possible,
}

/// Each is a secret's name alone and as the end of a compound, in any case style.
const SECRETS: &[&str] = &[
    "apikey",
    "apikeys",
    "authorization",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "privatekey",
    "privatekeys",
    "secret",
    "secretaccesskey",
    "secretkey",
    "secretkeys",
    "secrets",
];

/// A secret, or a piece of text.
const TOKEN: &str = "token";

/// Before `token` they mean a piece of text, or a place in a list.
const VOCABULARY: &[&str] = &[
    "added",
    "audio",
    "boi",
    "bos",
    "cls",
    "completion",
    "continuation",
    "cursor",
    "decoded",
    "draft",
    "end",
    "eoi",
    "eos",
    "eot",
    "fill",
    "first",
    "generated",
    "image",
    "input",
    "last",
    "mask",
    "middle",
    "next",
    "output",
    "pad",
    "page",
    "per",
    "predicted",
    "prefix",
    "prev",
    "previous",
    "prompt",
    "sampled",
    "sep",
    "special",
    "start",
    "stop",
    "suffix",
    "target",
    "text",
    "tool",
    "unk",
    "unknown",
    "video",
];

/// The pairs of last letters of these names, as bits: the index is the last five bits of the first letter, the bit
/// number those of the second.
const ENDS: [u32; 32] = {
    let mut ends = [0; 32];
    let mut at = 0;
    while at <= SECRETS.len() {
        let name = if at < SECRETS.len() {
            SECRETS[at]
        } else {
            TOKEN
        };
        let name = name.as_bytes();
        ends[name[name.len() - 2] as usize & 31] |= 1 << (name[name.len() - 1] & 31);
        at += 1;
    }
    ends
};

/// What has more is a sentence and no name.
const MAX_SPACES: usize = 3;

impl Suspicion {
    /// What the name of an argument or a field says. `None`: nothing.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let name = base(name)?;
        if !may_be_secret(name) {
            return None;
        }
        if let Some(start) = start_of(name, TOKEN) {
            let before = name.get(..start).unwrap_or_default();
            let is_vocabulary =
                before.is_empty() || VOCABULARY.iter().any(|word| ends_with(before, word));
            return Some(match is_vocabulary {
                true => Self::Possible,
                false => Self::Certain,
            });
        }
        let is_secret = SECRETS.iter().any(|word| start_of(name, word).is_some());
        is_secret.then_some(Self::Certain)
    }
}

/// Rejects most names quickly, by their last two letters.
fn may_be_secret(name: &str) -> bool {
    let ends = name.as_bytes().last_chunk();
    ends.is_some_and(|[first, last]| ENDS[usize::from(first & 31)] >> (last & 31) & 1 != 0)
}

/// The name without a number at its end. `None` if it is a sentence.
fn base(name: &str) -> Option<&str> {
    let is_no_letter = |it: char| it.is_ascii_digit() || is_separator(it);
    let is_name = name.bytes().filter(|byte| *byte == b' ').count() <= MAX_SPACES;
    is_name.then(|| name.trim_end_matches(is_no_letter))
}

/// Whether the name's last words are these, in any case style and be there a number behind them. `word` is in lower case
/// and has no separators.
pub(crate) fn ends_with(name: &str, word: &str) -> bool {
    let ends = |name| start_of(name, word).is_some();
    ends(name) || base(name).is_some_and(ends)
}

/// Where these last words of the name begin.
fn start_of(name: &str, word: &str) -> Option<usize> {
    let bytes = name.as_bytes();
    let mut at = bytes.len();
    for letter in word.bytes().rev() {
        at = at.checked_sub(1)?;
        while is_separator(char::from(*bytes.get(at)?)) {
            at = at.checked_sub(1)?;
        }
        if bytes.get(at)?.to_ascii_lowercase() != letter {
            return None;
        }
    }
    is_start_of_word(bytes, at).then_some(at)
}

fn is_start_of_word(name: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|at| name.get(at)) else {
        return true;
    };
    let first = name.get(at).copied().unwrap_or_default();
    // In `OpenAIKey` a word may begin inside the capitals; in `NOTOKEN` none does.
    let is_camel = first.is_ascii_uppercase() && name.iter().any(u8::is_ascii_lowercase);
    before.is_ascii() && !before.is_ascii_alphabetic() || is_camel && before.is_ascii_alphabetic()
}

pub(crate) fn is_separator(character: char) -> bool {
    matches!(character, '_' | '-' | '.' | ' ')
}
