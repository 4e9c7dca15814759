//! The body of a request that sets fields of a task.

use serde_json::value::{RawValue, to_raw_value};

use super::field;
use super::reader::Reader;
use crate::http::problem::Problem;
use crate::model::change::Change;
use crate::model::revision::RevisionKind;

/// The fields that have a column of their own or that no request may set. All others are details.
pub(super) const KNOWN_FIELDS: [&str; 19] = [
    "id",
    "agent_id",
    "organization_id",
    "configuration",
    "background_auth_eligible",
    "created_at",
    "updated_at",
    "started_at",
    "finished_at",
    "paused_at",
    "status",
    "internal_status",
    "input",
    "result",
    "tokens",
    "used_tools",
    "duration",
    "source",
    "title",
];

/// Sets the fields of the task `id` that are not null.
pub(crate) fn parse(id: String, body: String) -> Result<Change, Problem> {
    let mut reader = Reader::new(&body)?;
    let (input, rest) = input(&mut reader);
    let status = reader.read("status", field::status);
    let internal_status = reader.read("internal_status", field::text);
    let result = reader.read("result", field::text);
    let tokens = reader.read("tokens", field::tokens);
    let used_tools = reader.read("used_tools", field::texts);
    let duration = reader.read("duration", field::number);
    let source = reader.read("source", field::text);
    let title = reader.read("title", field::text);
    let mut details = reader.others(&KNOWN_FIELDS);
    details.extend(rest);
    reader.finish(())?;
    Ok(Change {
        id: Some(id),
        status,
        internal_status,
        input,
        result,
        tokens,
        used_tools,
        duration,
        source,
        title,
        details,
        ..Change::new(RevisionKind::Update, body)
    })
}

/// The text of the input, and its other parts as the detail `input`.
pub(super) fn input(reader: &mut Reader<'_>) -> (Option<String>, Option<(String, Box<RawValue>)>) {
    let Some(mut parts) = reader.read("input", field::object) else {
        return (None, None);
    };
    parts.retain(|_, part| !matches!(part.get(), "null" | "[]"));
    let text = match parts.remove("text") {
        Some(text) => reader.check("input", &text, field::text),
        None => None,
    };
    let rest = match to_raw_value(&parts) {
        Ok(rest) if !parts.is_empty() => Some(("input".to_owned(), rest)),
        _ => None,
    };
    (text, rest)
}
