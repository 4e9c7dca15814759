//! Texts in pieces, where only later pieces show how the pieces combine.

/// A text in pieces. Either each piece continues the text, or each piece repeats the text so far and adds to it.
#[derive(Clone)]
pub(super) struct Growth {
    joined: String,
    last: String,
    /// Whether each piece had all that came before.
    is_whole: bool,
}

impl Growth {
    pub(super) fn of(text: &str) -> Self {
        Self {
            joined: text.to_owned(),
            last: text.to_owned(),
            is_whole: true,
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.is_whole &= text.starts_with(&self.last);
        self.joined.push_str(text);
        text.clone_into(&mut self.last);
    }

    pub(super) fn text(&self) -> &str {
        match self.is_whole {
            true => &self.last,
            false => &self.joined,
        }
    }
}

/// How deep a JSON document is open that comes in pieces, as the inside of a JSON text.
#[derive(Clone, Default)]
pub(super) struct Nesting {
    depth: usize,
    has_begun: bool,
    is_text: bool,
    /// Backslashes that stand together: two of them are one of the document's.
    backslashes: usize,
}

impl Nesting {
    pub(super) fn push(&mut self, piece: &str) {
        for byte in piece.bytes() {
            if byte == b'\\' {
                self.backslashes += 1;
                continue;
            }
            // `\"` is a quote of the document, `\\\"` one inside its texts.
            let is_quote = byte == b'"' && self.backslashes % 4 == 1;
            self.backslashes = 0;
            match byte {
                _ if is_quote => self.is_text = !self.is_text,
                _ if self.is_text => {}
                b'{' | b'[' => {
                    self.depth += 1;
                    self.has_begun = true;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Whether a whole document has come.
    pub(super) fn is_whole(&self) -> bool {
        self.has_begun && self.depth == 0
    }
}
