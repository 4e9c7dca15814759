//! The metrics that the official SDK posts after a run.

use super::field;
use super::reader::{Fields, Reader};
use crate::http::problem::{Invalid, Loc, Problem};
use crate::model::change::Change;
use crate::model::revision::RevisionKind;
use crate::model::task::Tokens;

/// The metrics of a run. Ignores their duration: clients always send 0.
pub(crate) fn parse(body: String) -> Result<Change, Problem> {
    let mut reader = Reader::new(&body)?;
    let id = reader
        .read("execution_id", field::id)
        .filter(|id| !id.is_empty());
    if id.is_none() {
        reader.refuse(Invalid::new(
            &[Loc::Name("body"), Loc::Name("execution_id")],
            "missing",
            "Field required",
        ));
    }
    let status = reader.read("status", field::status);
    let internal_status = reader.read("internal_status", field::text);
    let input = reader.read("task", field::text);
    let result = reader.read("result", field::text);
    let used_tools = reader.read("api_calls_made", field::texts);
    let source = reader.read("source", field::text);
    let tokens = tokens(&mut reader);
    reader.finish(())?;
    Ok(Change {
        id,
        status,
        internal_status,
        input,
        result,
        used_tools,
        source,
        tokens,
        ..Change::new(RevisionKind::Metrics, body)
    })
}

/// The sum of the agent's tokens and of its workers'. `None` when the sum is 0, which clients send for
/// unknown.
fn tokens(reader: &mut Reader<'_>) -> Option<Tokens> {
    const NAME: &str = "llm_tokens";
    reader.read(NAME, field::object)?;
    let parts: Fields<'_> = serde_json::from_str(reader.value(NAME)?.get()).ok()?;
    let mut sum = Tokens::new(0, 0, 0, 0);
    for part in ["inner", "worker"] {
        let Some(part) = parts.get(part).filter(|part| part.get() != "null") else {
            continue;
        };
        let part = reader.check(NAME, part, field::tokens)?;
        sum = Tokens::new(
            sum.completion_tokens.saturating_add(part.completion_tokens),
            sum.prompt_tokens.saturating_add(part.prompt_tokens),
            sum.cache_read_tokens.saturating_add(part.cache_read_tokens),
            sum.cache_write_tokens
                .saturating_add(part.cache_write_tokens),
        );
    }
    (sum != Tokens::new(0, 0, 0, 0)).then_some(sum)
}
