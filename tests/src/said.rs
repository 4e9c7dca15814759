//! The fields of a report that come from a response.

use std::fmt;

use xpander_report::{LlmResponse, TaskReport, current_task, external_task};

use crate::record;

/// The fields that were read from a response.
#[derive(Debug, PartialEq)]
pub struct Said<'a> {
    pub result: Option<&'a str>,
    /// Prompt, completion, cache read, cache write.
    pub tokens: Option<[u64; 4]>,
    pub used_tools: Vec<&'a str>,
    pub is_success: bool,
}

/// The fields of `report`.
pub fn said(report: &TaskReport) -> Said<'_> {
    let count = |tokens: Option<u64>| tokens.expect("a number that is known");
    Said {
        result: report.result.as_deref(),
        tokens: report.tokens.map(|tokens| {
            [
                count(tokens.prompt_tokens),
                count(tokens.completion_tokens),
                count(tokens.cache_read_tokens),
                count(tokens.cache_write_tokens),
            ]
        }),
        used_tools: report.used_tools.iter().map(String::as_str).collect(),
        is_success: report.is_success.expect("a run that ended"),
    }
}

/// The response in `report`, as it would be sent.
pub fn kept(report: &TaskReport) -> &str {
    report.llm_response.as_ref().expect("a response").get()
}

/// The report of a function that declares this response and returns nothing.
pub fn declared<Via, T: LlmResponse<Via> + fmt::Debug>(response: &T) -> TaskReport {
    #[external_task(skip_all)]
    fn ask<Via, T: LlmResponse<Via>>(response: &T) {
        current_task().llm_response(response);
    }
    record(|| ask(response))
}
