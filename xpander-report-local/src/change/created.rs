//! A task that is created to be run later.

use super::reader::Reader;
use super::updated::{KNOWN, input};
use super::{Change, field};
use crate::problem::Problem;
use crate::revision::RevisionKind;
use crate::task::TaskStatus;

impl Change {
    /// A new task, or the next turn of an old one: it waits to be run.
    pub(crate) fn created(body: String) -> Result<Self, Problem> {
        let mut reader = Reader::new(&body)?;
        let id = reader.read("id", field::id);
        let (input, rest) = input(&mut reader);
        let source = reader.read("source", field::text);
        let title = reader.read("title", field::text);
        let mut details = reader.others(&KNOWN);
        details.extend(rest);
        reader.finish(())?;
        Ok(Self {
            id: id.filter(|id| !id.is_empty()),
            status: Some(TaskStatus::Pending),
            input,
            source,
            title,
            details,
            ..Self::new(RevisionKind::Create, body)
        })
    }
}
