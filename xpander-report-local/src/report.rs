//! A report as it arrives: eight optional fields, each checked on its own so that one answer names every
//! field that is wrong.

mod field;

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::problem::{Invalid, Place, Problem};
use crate::task::{TaskStatus, Tokens};

/// The fields of an object, with their values still as text. The last of two equal names counts.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// A checked report. `None` stands for an absent field and for `null`.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) id: Option<String>,
    pub(crate) input: Option<String>,
    /// The text of the value as it came, without the space around it.
    pub(crate) llm_response: Option<&'a str>,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) is_success: Option<bool>,
    pub(crate) result: Option<String>,
    /// Seconds.
    pub(crate) duration: Option<f64>,
    pub(crate) used_tools: Option<Vec<String>>,
}

impl<'a> Report<'a> {
    pub(crate) fn parse(body: &'a str) -> Result<Self, Problem> {
        let mut reader = Reader::new(body)?;
        let report = Self {
            // An empty id is what clients send for "make one".
            id: reader.read("id", field::id).filter(|id| !id.is_empty()),
            input: reader.read("input", field::text),
            llm_response: reader.value("llm_response").map(RawValue::get),
            tokens: reader.read("tokens", field::tokens),
            is_success: reader.read("is_success", field::boolean),
            result: reader.read("result", field::text),
            duration: reader.read("duration", field::number),
            used_tools: reader.read("used_tools", field::texts),
        };
        reader.finish(report)
    }

    pub(crate) fn status(&self) -> TaskStatus {
        match self.is_success {
            Some(false) => TaskStatus::Failed,
            Some(true) | None => TaskStatus::Completed,
        }
    }
}

fn object(body: &str) -> Result<Fields<'_>, Problem> {
    let at = [Place::Name("body")];
    if body.trim().is_empty() {
        return Err(Problem::invalid(vec![Invalid::new(
            &at,
            "missing",
            "Field required",
        )]));
    }
    serde_json::from_str(body).map_err(|error| {
        let invalid = if error.is_data() {
            Invalid::new(&at, "dict_type", "Input should be a valid JSON object")
        } else {
            Invalid::new(&at, "json_invalid", format!("JSON decode error: {error}"))
        };
        Problem::invalid(vec![invalid])
    })
}

/// Reads one field after the other and collects what is wrong.
struct Reader<'a> {
    fields: Fields<'a>,
    invalid: Vec<Invalid>,
}

impl<'a> Reader<'a> {
    fn new(body: &'a str) -> Result<Self, Problem> {
        Ok(Self {
            fields: object(body)?,
            invalid: Vec::new(),
        })
    }

    fn value(&self, name: &str) -> Option<&'a RawValue> {
        let value = self.fields.get(name).copied();
        value.filter(|value| value.get() != "null")
    }

    fn read<T>(
        &mut self,
        name: &'static str,
        check: fn(&RawValue, &'static str) -> field::Checked<T>,
    ) -> Option<T> {
        match check(self.value(name)?, name) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.invalid.extend(wrong);
                None
            }
        }
    }

    fn finish<T>(self, report: T) -> Result<T, Problem> {
        if self.invalid.is_empty() {
            Ok(report)
        } else {
            Err(Problem::invalid(self.invalid))
        }
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
            report.llm_response,
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
        assert_eq!(
            Report::parse(&body).unwrap().llm_response.map(str::len),
            Some(2 * depth)
        );
    }

    #[test]
    fn counts_beyond_64_bits_are_clamped() {
        let body =
            r#"{"tokens": {"completion_tokens": 1180591620717411303424, "prompt_tokens": -5}}"#;
        let tokens = Report::parse(body).unwrap().tokens.unwrap();
        assert_eq!(
            (tokens.completion_tokens, tokens.prompt_tokens),
            (i64::MAX, -5)
        );
        assert_eq!(tokens.total_tokens, i64::MAX - 5);
    }
}
