//! The body of `report_task`: eight optional fields.

use serde_json::value::RawValue;

use crate::field::{self, Counts};
use crate::problem::Problem;
use crate::reader::Reader;

/// A report of a run as it was sent. `None`: the field was not sent, or sent as null.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// The task's id. `None` also if it was empty.
    pub id: Option<String>,
    /// The input of the run.
    pub input: Option<String>,
    /// The provider's response, byte for byte.
    pub llm_response: Option<&'a RawValue>,
    /// The tokens.
    pub tokens: Option<Counts>,
    /// Whether the run succeeded.
    pub is_success: Option<bool>,
    /// The result of the run, or its error.
    pub result: Option<String>,
    /// The duration of the run in seconds.
    pub duration: Option<f64>,
    /// Whether the duration was sent as null, which stands for a number that JSON cannot hold.
    pub is_duration_null: bool,
    /// The tools that the run called.
    pub used_tools: Option<Vec<String>>,
}

impl<'a> Report<'a> {
    /// Reads the body of a report.
    ///
    /// # Errors
    /// One problem that lists every invalid field.
    pub fn parse(body: &'a str) -> Result<Self, Problem> {
        let mut reader = Reader::new(body)?;
        let id = reader.read("id", field::id);
        let input = reader.read("input", field::text);
        let llm_response = reader.value("llm_response");
        let tokens = reader.read("tokens", field::counts);
        let is_success = reader.read("is_success", field::boolean);
        let result = reader.read("result", field::text);
        let duration = reader.read("duration", field::number);
        let is_duration_null = reader.is_null("duration");
        let used_tools = reader.read("used_tools", field::texts);
        reader.finish(())?;
        Ok(Self {
            // Clients send an empty id to get a new one.
            id: id.filter(|id| !id.is_empty()),
            input,
            llm_response,
            tokens,
            is_success,
            result,
            duration,
            is_duration_null,
            used_tools,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_kept_as_text() {
        let body = r#"{"llm_response": {"b": 1180591620717411303424, "a": 1.10} }"#;
        let report = Report::parse(body).unwrap();
        assert_eq!(
            report.llm_response.map(RawValue::get),
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
        let report = Report::parse(&body).unwrap();
        let response = report.llm_response.map(|raw| raw.get().len());
        assert_eq!(response, Some(2 * depth));
    }

    #[test]
    fn counts_beyond_64_bits_are_clamped() {
        let body =
            r#"{"tokens": {"completion_tokens": 1180591620717411303424, "prompt_tokens": -5}}"#;
        let tokens = Report::parse(body).unwrap().tokens.unwrap();
        assert_eq!(
            (tokens.completion, tokens.prompt),
            (Some(i64::MAX), Some(-5))
        );
        assert_eq!((tokens.cache_read, tokens.cache_write), (Some(0), Some(0)));
    }
}
