//! The body of `report_task`: eight optional fields.

use serde_json::value::RawValue;

use super::field;
use super::reader::Reader;
use crate::http::problem::Problem;
use crate::model::change::Change;
use crate::model::revision::RevisionKind;
use crate::model::task::TaskStatus;

/// A report of a run.
pub(crate) fn parse(body: String) -> Result<Change, Problem> {
    let mut reader = Reader::new(&body)?;
    let id = reader.read("id", field::id);
    let input = reader.read("input", field::text);
    let llm_response = reader
        .value("llm_response")
        .map(RawValue::get)
        .map(str::to_owned);
    let tokens = reader.read("tokens", field::tokens);
    let status = match reader.read("is_success", field::boolean) {
        Some(false) => TaskStatus::Failed,
        Some(true) | None => TaskStatus::Completed,
    };
    let result = reader.read("result", field::text);
    let duration = reader.read("duration", field::number);
    let used_tools = reader.read("used_tools", field::texts);
    reader.finish(())?;
    Ok(Change {
        // Clients send an empty id to get a new one.
        id: id.filter(|id| !id.is_empty()),
        input,
        llm_response,
        tokens,
        status: Some(status),
        result,
        duration,
        used_tools,
        ..Change::new(RevisionKind::Report, body)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_kept_as_text() {
        let body = r#"{"llm_response": {"b": 1180591620717411303424, "a": 1.10} }"#;
        let report = parse(body.to_owned()).unwrap();
        assert_eq!(
            report.llm_response.as_deref(),
            Some(r#"{"b": 1180591620717411303424, "a": 1.10}"#)
        );
    }

    #[test]
    fn a_deeply_nested_response_is_accepted() {
        let depth = 100_000;
        let body = format!(
            r#"{{"llm_response":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let report = parse(body).unwrap();
        assert_eq!(report.llm_response.map(|text| text.len()), Some(2 * depth));
    }

    #[test]
    fn counts_beyond_64_bits_are_clamped() {
        let body =
            r#"{"tokens": {"completion_tokens": 1180591620717411303424, "prompt_tokens": -5}}"#;
        let tokens = parse(body.to_owned()).unwrap().tokens.unwrap();
        assert_eq!(
            (tokens.completion_tokens, tokens.prompt_tokens),
            (i64::MAX, -5)
        );
        assert_eq!(tokens.total_tokens, i64::MAX - 5);
    }
}
