use crate::provider::event::{Event, Value};
use crate::provider::key::Key;
use crate::provider::scan::{Quoted, Scan};

#[cfg(test)]
mod tests;

/// Deeper values are not read.
const MAX_DEPTH: u8 = 12;

/// A document that differs from the previous one in more values than this is parsed from the start, so that the time is
/// linear in its length.
const MAX_CHANGES: usize = 8;

/// The key of what has no name.
const NAMELESS: Key = Key::named("");

const NOTHING: Quoted = Quoted {
    start: 0,
    end: 0,
    has_escapes: false,
};

/// The values of a JSON document, in the order in which they begin. It is kept for the next document, which is often the
/// same but for a few texts and numbers: so are the events of a stream.
#[derive(Default)]
pub(in crate::provider) struct Tape {
    json: String,
    values: Vec<Value>,
}

impl Tape {
    /// Takes a document apart; `None` if it is not JSON.
    pub(in crate::provider) fn read(&mut self, json: &str) -> Option<Event<'_>> {
        let follows = self.follow(json).is_some();
        self.json.clear();
        self.json.push_str(json);
        if !follows {
            self.values.clear();
            let values = &mut self.values;
            let read = Scan::whole(json, |scan| take_apart(values, scan, None, 0));
            if read.is_none() {
                self.values.clear();
            }
        }
        Event::of(&self.json, &self.values)
    }

    /// Moves the values to their places in a document that differs from the last one only in texts, numbers and words.
    /// `None` if it differs in more; the places are wrong then.
    fn follow(&mut self, json: &str) -> Option<()> {
        let (old, new) = (self.json.as_bytes(), json.as_bytes());
        let (mut old_at, mut new_at) = (0, 0);
        let mut behind_last = 0;
        for _ in 0..=MAX_CHANGES {
            let same = common(old.get(old_at..)?, new.get(new_at..)?);
            (old_at, new_at) = (old_at + same, new_at + same);
            if old_at == old.len() && new_at == new.len() {
                return (!self.values.is_empty()).then_some(());
            }
            // What differs has to be inside the last value that begins before it, or right behind.
            let place = u32::try_from(new_at).ok()?;
            let behind = self.values.partition_point(|value| value.start <= place);
            let at = behind.checked_sub(1).filter(|at| *at >= behind_last)?;
            let value = &self.values[at];
            // In place of a list or an object with values, a text would leave those values behind.
            if value.size != 1 {
                return None;
            }
            let left = value.end.checked_sub(place)?;
            let mut scan = Scan::starting_at(json, value.start as usize);
            if matches!(scan.peek()?, b'{' | b'[') {
                return None;
            }
            let has_escapes = scan.leaf()?;
            let end = u32::try_from(scan.at()).ok()?;
            change(&mut self.values, at, end, has_escapes);
            (old_at, new_at) = (old_at + left as usize, scan.at());
            behind_last = behind;
        }
        None
    }
}

/// Changes the end of a value, and moves all that ends later.
fn change(values: &mut [Value], at: usize, end: u32, has_escapes: bool) {
    let (before, rest) = values.split_at_mut(at);
    let Some((value, behind)) = rest.split_first_mut() else {
        return;
    };
    let moved = end.wrapping_sub(value.end);
    value.end = end;
    value.has_escapes = has_escapes;
    if moved == 0 {
        return;
    }
    for (distance, around) in (1..).zip(before.iter_mut().rev()) {
        if around.size > distance {
            around.end = around.end.wrapping_add(moved);
        }
    }
    for value in behind {
        value.start = value.start.wrapping_add(moved);
        value.end = value.end.wrapping_add(moved);
        value.name_start = value.name_start.wrapping_add(moved);
        value.name_end = value.name_end.wrapping_add(moved);
    }
}

fn take_apart(
    values: &mut Vec<Value>,
    scan: &mut Scan<'_>,
    name: Option<(Key, Quoted)>,
    depth: u8,
) -> Option<()> {
    let at = values.len();
    let place = |at| u32::try_from(at).ok();
    let start = place(scan.at())?;
    let (key, quoted) = name.unwrap_or((NAMELESS, NOTHING));
    values.push(Value {
        start,
        end: start,
        name_start: place(quoted.start)?,
        name_end: place(quoted.end)?,
        has_escapes: false,
        has_escaped_name: quoted.has_escapes,
        depth,
        size: 1,
        key,
        bits: 0,
    });
    let mut bits = 0;
    let mut has_escapes = false;
    match scan.peek()? {
        b'{' | b'[' if depth == MAX_DEPTH => scan.skip()?,
        b'{' => scan.object(|scan, quoted| {
            let key = Key::of(&scan.says(quoted));
            bits |= key.bit();
            take_apart(values, scan, Some((key, quoted)), depth + 1)
        })?,
        b'[' => scan.list(|scan| take_apart(values, scan, None, depth + 1))?,
        _ => has_escapes = scan.leaf()?,
    }
    let size = place(values.len() - at)?;
    let value = values.get_mut(at)?;
    value.end = place(scan.at())?;
    value.size = size;
    value.bits = bits;
    value.has_escapes = has_escapes;
    Some(())
}

/// How many bytes both begin with.
fn common(one: &[u8], other: &[u8]) -> usize {
    const BLOCK: usize = 16;
    let blocks = one.as_chunks::<BLOCK>().0.iter();
    let blocks = blocks.zip(other.as_chunks::<BLOCK>().0);
    let same = BLOCK * blocks.take_while(|(one, other)| one == other).count();
    let bytes = one.iter().skip(same).zip(other.iter().skip(same));
    same + bytes.take_while(|(one, other)| one == other).count()
}
