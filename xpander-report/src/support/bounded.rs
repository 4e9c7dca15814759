use std::{fmt, io, ptr};

/// The most bytes that are captured of one field. Capturing stops there.
pub(crate) const MAX_CAPTURED: usize = 32 << 20;

/// How much of the stack a value may take that writes itself. One that is deeper, or holds itself, stops there.
const MAX_STACK: usize = 512 << 10;

/// Collects written bytes up to a bound. Then it returns an error, so that the writer stops. It does the same where the
/// writer has gone too deep.
pub(crate) struct Bounded {
    bytes: Vec<u8>,
    room: usize,
    /// Where the stack stood at the start.
    stack: usize,
    /// The bytes that were not kept.
    refused: usize,
}

impl Bounded {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(room.min(128)),
            room,
            stack: stack(),
            refused: 0,
        }
    }

    /// Whether more was written than there is room for.
    pub(crate) fn is_over(&self) -> bool {
        self.refused > 0
    }

    /// The number of bytes written: those kept, and those of the refused write.
    pub(crate) fn written(&self) -> usize {
        self.bytes.len().saturating_add(self.refused)
    }

    /// Whether the kept bytes end like this.
    pub(crate) fn ends_with(&self, text: &str) -> bool {
        self.bytes.ends_with(text.as_bytes())
    }

    /// The kept text, up to its last whole character.
    pub(crate) fn into_text(self) -> String {
        String::from_utf8(self.bytes).unwrap_or_else(|error| {
            let whole = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(whole);
            String::from_utf8(bytes).unwrap_or_default()
        })
    }

    // Serialising writes a few bytes at a time.
    #[inline]
    fn push(&mut self, bytes: &[u8]) -> bool {
        let is_deep = stack().abs_diff(self.stack) > MAX_STACK;
        let has_room = bytes.len() <= self.room - self.bytes.len() && !is_deep;
        if has_room {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.refuse(bytes, is_deep);
        }
        has_room
    }

    #[cold]
    fn refuse(&mut self, bytes: &[u8], is_deep: bool) {
        if is_deep {
            // A writer that takes no notice writes no more either.
            self.room = self.bytes.len();
        }
        let (kept, refused) = bytes.split_at(self.room - self.bytes.len());
        self.bytes.extend_from_slice(kept);
        self.refused = self.refused.saturating_add(refused.len());
    }
}

impl io::Write for Bounded {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.push(bytes) {
            true => Ok(bytes.len()),
            false => Err(io::ErrorKind::FileTooLarge.into()),
        }
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes).map(drop)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.push(text.as_bytes()) {
            true => Ok(()),
            false => Err(fmt::Error),
        }
    }
}

/// Where the stack stands, about.
#[inline]
fn stack() -> usize {
    let here = 0_u8;
    ptr::from_ref(&here).addr()
}
