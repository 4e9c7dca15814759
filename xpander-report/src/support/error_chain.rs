use std::error::Error;
use std::fmt::{Display, Write};
use std::iter;

use super::bounded::Bounded;

/// The most sources of an error that are shown: an error may be its own source.
const MAX_SOURCES: usize = 64;

/// The error and its sources, joined by `: `. A source is left out if the text before it already ends with it.
pub(crate) fn join<E: Display + ?Sized>(
    error: &E,
    source: Option<&(dyn Error + 'static)>,
    room: usize,
) -> Bounded {
    let mut joined = text(error, room);
    let sources = iter::successors(source, |error| (*error).source());
    for source in sources.take(MAX_SOURCES) {
        if joined.is_over() {
            break;
        }
        let source = text(source, room).into_text();
        if !joined.ends_with(&source) {
            let _ = write!(joined, ": {source}");
        }
    }
    joined
}

/// An error whose formatting fails is shown up to that point.
fn text(error: &(impl Display + ?Sized), room: usize) -> Bounded {
    let mut text = Bounded::new(room);
    let _ = write!(text, "{error}");
    text
}
