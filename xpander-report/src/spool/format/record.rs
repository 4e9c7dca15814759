//! How a record lies in a file: a mark, the length and the checksum of its text, the text.
//!
//! The mark is no UTF-8, so no text holds it, and what follows damaged bytes is found again.

use std::ops::Range;

const MAGIC: [u8; 4] = [0xFF, b'x', b'r', 0xFE];
const HEAD: usize = 12;

/// The length of a record without text.
#[cfg(xpander_fuzzing)]
pub(crate) const SHORTEST: usize = HEAD;

/// The start of a record, to which `write_text` adds the text, or what of it does not `follow` in pieces.
pub(crate) fn write(follow: &[&[u8]], write_text: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    bytes.extend(MAGIC);
    bytes.extend([0; HEAD - MAGIC.len()]);
    write_text(&mut bytes);
    let follows: usize = follow.iter().map(|piece| piece.len()).sum();
    let length = u32::try_from(bytes.len() - HEAD + follows).unwrap_or(u32::MAX);
    let sum = checksum(length, &bytes[HEAD..], follow);
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    bytes[8..12].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// What bytes begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// A record: where its text is, and where it ends.
    Record { text: Range<usize>, end: usize },
    /// Bytes that are no record.
    Damaged { end: usize },
    /// The start of a record that was not written to its end, or nothing.
    Incomplete,
}

/// Whether some bytes begin as a record does.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Looks at the start of some bytes. `is_all` says that no more follow; otherwise
/// [`Decoded::Incomplete`] asks for more.
pub(crate) fn read(bytes: &[u8], is_all: bool) -> Decoded {
    if !MAGIC.starts_with(&bytes[..bytes.len().min(MAGIC.len())]) {
        return damaged(bytes, 1, is_all);
    }
    let Some((length, sum)) = head(bytes) else {
        return Decoded::Incomplete;
    };
    let end = HEAD.saturating_add(length as usize);
    match bytes.get(HEAD..end) {
        Some(text) if checksum(length, text, &[]) == sum => Decoded::Record {
            text: HEAD..end,
            end,
        },
        Some(_) => damaged(bytes, MAGIC.len(), is_all),
        None if !is_all => Decoded::Incomplete,
        None => match next_mark(bytes, MAGIC.len()) {
            Some(end) => Decoded::Damaged { end },
            None => Decoded::Incomplete,
        },
    }
}

/// A chunk of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chunk<'a> {
    /// A record: where it begins, and its text.
    Record(u64, &'a [u8]),
    /// This many bytes that are not a record.
    Damaged(usize),
}

/// Goes through the whole of a file.
pub(crate) fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &bytes[at..];
        let offset = at as u64;
        match read(rest, true) {
            Decoded::Record { text, end } => {
                at += end;
                Some(Chunk::Record(offset, &rest[text]))
            }
            Decoded::Damaged { end } => {
                at += end;
                Some(Chunk::Damaged(end))
            }
            Decoded::Incomplete => None,
        }
    })
}

/// The text of a damaged record, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repaired {
    pub(crate) text: Vec<u8>,
    /// The text is what was written: with at most one corrected bit, it matches its checksum.
    pub(crate) is_exact: bool,
}

/// What a damaged record may have been: its mark, its length, its checksum or one bit of its text is wrong.
pub(crate) fn repair(bytes: &[u8]) -> Option<Repaired> {
    let (_, sum) = head(bytes)?;
    let text = bytes.get(HEAD..)?;
    let length = u32::try_from(text.len()).ok()?;
    let mut repaired = Repaired {
        text: text.to_vec(),
        is_exact: true,
    };
    let difference = checksum(length, text, &[]) ^ sum;
    // One bit of the checksum itself is wrong, or none.
    if difference.count_ones() <= 1 {
        return Some(repaired);
    }
    match turned_bit(difference, text.len()) {
        Some((byte, bit)) => *repaired.text.get_mut(byte)? ^= 1 << bit,
        None => repaired.is_exact = false,
    }
    Some(repaired)
}

/// Which single bit of a text, turned over, makes this difference of checksums: the byte, and the bit in it.
fn turned_bit(difference: u32, length: usize) -> Option<(usize, usize)> {
    /// The polynomial of the checksum, CRC-32.
    const POLYNOMIAL: u32 = 0xEDB8_8320;
    let mut made = POLYNOMIAL;
    for from_end in 0..length * 8 {
        if made == difference {
            return Some((length - 1 - from_end / 8, 7 - from_end % 8));
        }
        let is_odd = made & 1 == 1;
        made >>= 1;
        if is_odd {
            made ^= POLYNOMIAL;
        }
    }
    None
}

fn head(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| {
        let bytes = bytes.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    Some((number(4)?, number(8)?))
}

/// Up to the next mark; without one, up to where one may begin.
fn damaged(bytes: &[u8], from: usize, is_all: bool) -> Decoded {
    let end = next_mark(bytes, from).unwrap_or_else(|| {
        let rest = if is_all { 0 } else { MAGIC.len() - 1 };
        bytes.len().saturating_sub(rest).max(from)
    });
    Decoded::Damaged {
        end: end.min(bytes.len()),
    }
}

fn next_mark(bytes: &[u8], from: usize) -> Option<usize> {
    let found = bytes
        .get(from..)?
        .windows(MAGIC.len())
        .position(|w| w == MAGIC)?;
    Some(from + found)
}

fn checksum(length: u32, text: &[u8], follow: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length.to_le_bytes());
    hasher.update(text);
    for piece in follow {
        hasher.update(piece);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(texts: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for text in texts {
            let (text, follows) = text.as_bytes().split_at(text.len() / 2);
            bytes.extend(write(&[follows], |bytes| bytes.extend(text)));
            bytes.extend(follows);
        }
        bytes
    }

    /// The texts that are found, and how many bytes are damaged.
    fn found(bytes: &[u8]) -> (Vec<String>, usize) {
        let (mut texts, mut lost) = (Vec::new(), 0);
        for chunk in chunks(bytes) {
            match chunk {
                Chunk::Record(_, text) => texts.push(String::from_utf8(text.to_vec()).unwrap()),
                Chunk::Damaged(bytes) => lost += bytes,
            }
        }
        (texts, lost)
    }

    #[test]
    fn what_was_written_is_found() {
        let (texts, lost) = found(&written(&["one", "", "three"]));
        assert_eq!(texts, ["one", "", "three"]);
        assert_eq!(lost, 0);
    }

    #[test]
    fn a_torn_end_is_not_damage_wherever_it_is_torn() {
        let bytes = written(&["one", "two"]);
        let first = written(&["one"]).len();
        for end in first..bytes.len() {
            assert_eq!(found(&bytes[..end]), (vec!["one".to_owned()], 0), "{end}");
            assert_eq!(
                read(&bytes[first..end], false),
                Decoded::Incomplete,
                "{end}"
            );
        }
    }

    #[test]
    fn a_flipped_bit_costs_its_own_record_only() {
        let bytes = written(&["one", "two", "three"]);
        let first = written(&["one"]).len();
        let second = first + written(&["two"]).len();
        for bit in first * 8..second * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let (texts, lost) = found(&flipped);
            assert_eq!(texts, ["one", "three"], "{bit}");
            assert_eq!(lost, second - first, "{bit}");
        }
    }

    #[test]
    fn whichever_bit_is_flipped_the_record_can_be_repaired() {
        let bytes = written(&["the text of a record"]);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let repaired = repair(&flipped).expect("a text");
            assert_eq!(repaired.text, b"the text of a record", "{bit}");
            assert!(repaired.is_exact, "{bit}");
        }
    }

    #[test]
    fn what_was_overwritten_is_not_taken_for_repaired() {
        let mut bytes = written(&["the text of a record"]);
        bytes[HEAD + 4..HEAD + 8].copy_from_slice(b"TEXT");
        let repaired = repair(&bytes).expect("a text");
        assert_eq!(repaired.text, b"the TEXT of a record");
        assert!(!repaired.is_exact);
        assert_eq!(repair(&bytes[..HEAD - 1]), None);
    }

    #[test]
    fn bytes_that_are_no_records_are_passed_in_whatever_pieces_they_come() {
        let noise = [0xFF, b'x', b'r', 0, 0xFF, 0xFF, b'x', 7, 7, 7];
        let mut bytes = noise.to_vec();
        bytes.extend(written(&["found"]));
        assert_eq!(found(&bytes).0, ["found"]);
        for have in 1..bytes.len() {
            if let Decoded::Damaged { end } = read(&bytes[..have], false) {
                assert!(end <= noise.len(), "{have}: {end}");
            }
        }
    }
}
