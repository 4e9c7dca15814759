//! The names of the fields that are read.

/// The name of a field in any spelling: `finish_reason`, `finishReason` and `FinishReason` are one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u64);

impl Key {
    /// The key of a name that is spelled `LIKE_THIS`.
    pub(super) const fn named(name: &str) -> Self {
        let name = name.as_bytes();
        let mut joined = [0; MAX_NAME];
        let mut length = 0;
        let mut at = 0;
        while at < name.len() {
            if name[at] != b'_' {
                joined[length] = name[at];
                length += 1;
            }
            at += 1;
        }
        Self(hash(joined.split_at(length).0))
    }

    /// The key of a name in any spelling.
    pub(super) fn of(name: &str) -> Self {
        let mut joined = [0; MAX_NAME];
        let mut length = 0;
        for byte in name.bytes().take(MAX_NAME) {
            if let Some(place) = joined.get_mut(length) {
                *place = byte;
            }
            length += usize::from(byte != b'_');
        }
        match joined.get(..length) {
            Some(joined) if name.len() <= MAX_NAME => Self(hash(joined)),
            // None that is read.
            _ => Self(hash(name.as_bytes())),
        }
    }

    /// One of 63 bits. Sets of keys use it to reject most absent keys.
    pub(super) const fn bit(self) -> u64 {
        1 << (self.0 % 63)
    }
}

/// No name that is read is longer.
const MAX_NAME: usize = 64;

/// A number for a spelling, in small or capital letters.
const fn hash(name: &[u8]) -> u64 {
    let mut hash = name.len() as u64;
    let mut rest = name;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        hash = mixed(hash, u64::from_le_bytes(*word));
        rest = after;
    }
    // What is left, with what came before it where there is some.
    let tail = match (
        name.last_chunk::<8>(),
        rest.first_chunk::<4>(),
        rest.last_chunk::<4>(),
    ) {
        (Some(last), ..) => u64::from_le_bytes(*last),
        (None, Some(first), Some(last)) => {
            (u32::from_le_bytes(*first) as u64) << 32 | u32::from_le_bytes(*last) as u64
        }
        _ => match rest {
            [] => 0,
            [one] => *one as u64,
            [one, two] => (*one as u64) << 8 | *two as u64,
            [one, two, three, ..] => (*one as u64) << 16 | (*two as u64) << 8 | *three as u64,
        },
    };
    mixed(hash, tail)
}

const fn mixed(hash: u64, word: u64) -> u64 {
    // What makes small letters of capital ones.
    const CASE: u64 = 0x2020_2020_2020_2020;
    let mixed = (hash ^ (word | CASE)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 32
}

/// Names the fields that a file reads of the events of a stream: a constant for each.
macro_rules! names {
    ($($key:ident)*) => {
        $(const $key: $crate::provider::key::Key = $crate::provider::key::Key::named(stringify!($key));)*
    };
}

/// Names the fields that a file reads: a constant for each, and `KEYS`, the list of them.
macro_rules! keys {
    ($($key:ident)*) => {
        names! { $($key)* }

        pub(in $crate::provider) const KEYS: &[&str] = &[$(stringify!($key)),*];
    };
}

const SLOTS: usize = 4096;
const BITS: usize = 16_384;

/// A set of keys, by all their spellings.
pub(super) struct Keys {
    /// A spelling's number, and its key.
    slots: [(u64, Key); SLOTS],
    /// A bit for each spelling: most names that are none of them need no look at the slots.
    bits: [u64; BITS / 64],
}

impl Keys {
    pub(super) const fn none() -> Self {
        Self {
            slots: [(0, Key(0)); SLOTS],
            bits: [0; BITS / 64],
        }
    }

    #[must_use]
    pub(super) const fn and(mut self, names: &[&str]) -> Self {
        let mut at = 0;
        while at < names.len() {
            let key = Key::named(names[at]);
            self.put(hash(names[at].as_bytes()), key);
            self.put(key.0, key);
            at += 1;
        }
        self
    }

    const fn put(&mut self, spelling: u64, key: Key) {
        let mut slot = slot(spelling);
        while self.slots[slot].0 != 0 && self.slots[slot].0 != spelling {
            slot = (slot + 1) % SLOTS;
        }
        self.slots[slot] = (spelling, key);
        let (word, bit) = bit(spelling);
        self.bits[word] |= bit;
    }

    /// The key that a field's name is, if it is one of these.
    pub(super) fn get(&self, name: &str) -> Option<Key> {
        let spelling = hash(name.as_bytes());
        let (word, bit) = bit(spelling);
        if self.bits[word] & bit == 0 {
            return None;
        }
        let mut slot = slot(spelling);
        loop {
            match self.slots[slot] {
                (0, _) => return None,
                (known, key) if known == spelling => return Some(key),
                _ => slot = (slot + 1) % SLOTS,
            }
        }
    }
}

const fn slot(spelling: u64) -> usize {
    spelling as usize % SLOTS
}

const fn bit(spelling: u64) -> (usize, u64) {
    let bit = (spelling >> 32) as usize % BITS;
    (bit / 64, 1 << (bit % 64))
}
