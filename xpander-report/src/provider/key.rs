//! The names of the fields that are read.

/// The name of a field in any spelling: `finish_reason`, `finishReason` and `FinishReason` are one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u64);

impl Key {
    pub(super) const fn named(name: &str) -> Self {
        let bytes = name.as_bytes();
        let mut hash = 0_u64;
        let mut at = 0;
        while at < bytes.len() {
            if !is_separator(bytes[at]) {
                // Seven bits of a letter, its case left out.
                hash = hash.rotate_left(7) ^ (bytes[at] | 0x20) as u64;
            }
            at += 1;
        }
        Self(hash.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// One of 64 bits, by which a set of keys tells most of those that it does not have.
    pub(super) const fn bit(self) -> u64 {
        1 << (self.0 >> 58)
    }
}

/// Whether two names are one key.
pub(super) fn is_same(name: &str, other: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        let bytes = name.bytes().filter(|byte| !is_separator(*byte));
        bytes.map(|byte| byte | 0x20)
    }
    name == other || letters(name).eq(letters(other))
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b'-')
}

/// Names the fields that a file reads: a constant for each, and `KEYS`, the list of them.
macro_rules! keys {
    ($($key:ident)*) => {
        $(const $key: $crate::provider::key::Key = $crate::provider::key::Key::named(stringify!($key));)*

        pub(in $crate::provider) const KEYS: &[$crate::provider::key::Key] =
            &[$($crate::provider::key::Key::named(stringify!($key))),*];
    };
}

const SLOTS: usize = 4096;

/// A set of keys.
pub(super) struct Keys([u64; SLOTS]);

impl Keys {
    pub(super) const fn none() -> Self {
        Self([0; SLOTS])
    }

    #[must_use]
    pub(super) const fn and(mut self, keys: &[Key]) -> Self {
        let mut at = 0;
        while at < keys.len() {
            let Key(key) = keys[at];
            let mut slot = slot(key);
            while self.0[slot] != 0 && self.0[slot] != key {
                slot = (slot + 1) % SLOTS;
            }
            self.0[slot] = key;
            at += 1;
        }
        self
    }

    pub(super) fn has(&self, Key(key): Key) -> bool {
        let mut slot = slot(key);
        loop {
            match self.0[slot] {
                0 => return false,
                known if known == key => return true,
                _ => slot = (slot + 1) % SLOTS,
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "twelve bits are left")]
const fn slot(key: u64) -> usize {
    (key >> 52) as usize
}
