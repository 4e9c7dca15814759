//! The change that a report makes.

use serde_json::value::RawValue;
use xpander_report_http::report::Report;

use super::field::tokens_of;
use crate::http::problem::Problem;
use crate::model::change::Change;
use crate::model::revision::RevisionKind;
use crate::model::task::TaskStatus;

/// A report of a run.
pub(crate) fn parse(body: String) -> Result<Change, Problem> {
    let report = Report::parse(&body)?;
    let status = match report.is_success {
        Some(false) => TaskStatus::Failed,
        Some(true) | None => TaskStatus::Completed,
    };
    Ok(Change {
        id: report.id,
        input: report.input,
        llm_response: report.llm_response.map(RawValue::get).map(str::to_owned),
        tokens: report.tokens.map(tokens_of),
        status: Some(status),
        result: report.result,
        duration: report.duration,
        used_tools: report.used_tools,
        ..Change::new(RevisionKind::Report, body)
    })
}
