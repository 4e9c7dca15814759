//! The body of a request that creates a task to be run later.

use super::field;
use super::reader::Reader;
use super::update::{KNOWN_FIELDS, input};
use crate::http::problem::Problem;
use crate::model::change::Change;
use crate::model::revision::RevisionKind;
use crate::model::task::TaskStatus;

/// A new task, or the next turn of an existing one. It is pending.
pub(crate) fn parse(body: String) -> Result<Change, Problem> {
    let mut reader = Reader::new(&body)?;
    let id = reader.read("id", field::id);
    let (input, rest) = input(&mut reader);
    let source = reader.read("source", field::text);
    let title = reader.read("title", field::text);
    let mut details = reader.others(&KNOWN_FIELDS);
    details.extend(rest);
    reader.finish(())?;
    Ok(Change {
        id: id.filter(|id| !id.is_empty()),
        status: Some(TaskStatus::Pending),
        input,
        source,
        title,
        details,
        ..Change::new(RevisionKind::Create, body)
    })
}
