//! What the body of a report says.

use xpander_report::{TaskReport, Tokens};
use xpander_report_http::field::Counts;
use xpander_report_http::problem::Problem;
use xpander_report_http::report::Report;

/// The id, if there is one, the report without it, and its tokens as they were sent.
pub(crate) fn report(
    body: &str,
    agent: String,
) -> Result<(Option<String>, TaskReport, Option<Counts>), Problem> {
    let sent = Report::parse(body)?;
    let tokens = sent.tokens;
    let mut report = TaskReport::new().agent_id(agent);
    report.input = sent.input;
    report.llm_response = sent.llm_response.map(ToOwned::to_owned);
    report.tokens = tokens.map(counted);
    report.is_success = sent.is_success;
    report.result = sent.result;
    // Null stands for a number that JSON cannot hold.
    report.duration = match sent.is_duration_null {
        true => Some(f64::NAN),
        false => sent.duration,
    };
    report.used_tools = sent.used_tools.unwrap_or_default();
    Ok((sent.id, report, tokens))
}

fn counted(counts: Counts) -> Tokens {
    // No model uses less than none.
    let count = |count: Option<i64>| count.map(|count| u64::try_from(count).unwrap_or(0));
    let mut tokens = Tokens::default();
    tokens.completion_tokens = count(counts.completion);
    tokens.prompt_tokens = count(counts.prompt);
    tokens.cache_read_tokens = count(counts.cache_read);
    tokens.cache_write_tokens = count(counts.cache_write);
    tokens
}
