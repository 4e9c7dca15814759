use std::borrow::Cow;
use std::ops::Range;

/// Replacements in a text, which otherwise stays as it is, byte for byte.
#[derive(Default)]
pub(super) struct Edits(Vec<(Range<usize>, Cow<'static, str>)>);

impl Edits {
    pub(super) fn replace(&mut self, range: Range<usize>, with: impl Into<Cow<'static, str>>) {
        self.0.push((range, with.into()));
    }

    /// Makes them. Says whether there was one. Of two that overlap, the one that begins first is made.
    pub(super) fn apply(mut self, text: &mut String) -> bool {
        if self.0.is_empty() {
            return false;
        }
        self.0.sort_by_key(|(range, _)| range.start);
        let mut edited = String::with_capacity(text.len());
        let mut done = 0;
        for (range, with) in self.0 {
            if let Some(kept) = text.get(done..range.start) {
                edited.push_str(kept);
                edited.push_str(&with);
                done = range.end;
            }
        }
        edited.push_str(text.get(done..).unwrap_or_default());
        *text = edited;
        true
    }
}
