//! The cost of a task's tokens by the list prices of its model.

use genai_prices::{PriceRequest, Usage, UsageKey};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::task::{TaskRecord, Tokens};

/// A longer text is no model's name.
const MAX_MODEL_BYTES: usize = 200;

/// A cost, with the model that it is computed for.
#[derive(Debug, PartialEq)]
pub(super) struct Cost {
    pub(super) dollars: f64,
    /// The provider and the model.
    pub(super) model: String,
}

/// `None` when the raw response names no model or several models, or the model's prices are unknown.
pub(super) fn of(task: &TaskRecord) -> Option<Cost> {
    let tokens = task.tokens?;
    let answers = Answer::all(task.llm_response.as_deref()?)?;
    let first = answers.first()?;
    let model = first
        .model
        .as_deref()
        .filter(|model| model.len() <= MAX_MODEL_BYTES)?;
    if answers.iter().any(|answer| answer.model != first.model) {
        return None;
    }
    let usage = first.usage.as_ref();
    let apart =
        usage.is_some_and(|usage| usage.cache_read.is_some() || usage.cache_written.is_some());
    let usage = priced(tokens, apart);
    let mut request = PriceRequest::new(model, &usage);
    if let Some(at) = task.finished_at {
        request = request.with_timestamp(at);
    }
    let price = genai_prices::calculate(&request).ok()?;
    Some(Cost {
        dollars: price.total_price,
        model: format!("{} {}", price.provider_id, price.model_id),
    })
}

/// The usage with cache tokens included in the input tokens, as the price list expects. `apart` says that the
/// provider counts them apart.
fn priced(tokens: Tokens, apart: bool) -> Usage {
    let count = |tokens: i64| tokens.max(0) as f64;
    let read = count(tokens.cache_read_tokens);
    let written = count(tokens.cache_write_tokens);
    let prompt = count(tokens.prompt_tokens);
    let input = if apart {
        prompt + read + written
    } else {
        prompt
    };
    let mut usage = Usage::from([
        (UsageKey::INPUT_TOKENS, input),
        (UsageKey::OUTPUT_TOKENS, count(tokens.completion_tokens)),
    ]);
    for (key, tokens) in [
        (UsageKey::CACHE_READ_TOKENS, read),
        (UsageKey::CACHE_WRITE_TOKENS, written),
    ] {
        if tokens > 0.0 {
            usage.insert(key, tokens);
        }
    }
    usage
}

/// The model and the usage of a provider's response.
#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(alias = "modelVersion", alias = "model_version")]
    model: Option<String>,
    usage: Option<Counted>,
}

/// The cache counts of providers that count them apart.
#[derive(Debug, Deserialize)]
struct Counted {
    #[serde(rename = "cache_read_input_tokens")]
    cache_read: Option<Box<RawValue>>,
    #[serde(rename = "cache_creation_input_tokens")]
    cache_written: Option<Box<RawValue>>,
}

impl Answer {
    /// One response, or several in a list.
    fn all(json: &str) -> Option<Vec<Self>> {
        if json.trim_start().starts_with('[') {
            serde_json::from_str(json).ok()
        } else {
            Some(vec![serde_json::from_str(json).ok()?])
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn cost(response: &str, tokens: Tokens) -> Option<Cost> {
        let at: Timestamp = "2026-03-05T12:00:00Z".parse().unwrap();
        let blank = TaskRecord::blank("t".into(), "local".into(), "a".into(), at);
        of(&TaskRecord {
            tokens: Some(tokens),
            llm_response: Some(response.to_owned()),
            finished_at: Some(at),
            ..blank
        })
    }

    #[track_caller]
    fn near(cost: Option<Cost>, dollars: f64, model: &str) {
        let cost = cost.unwrap();
        assert!((cost.dollars - dollars).abs() < 1e-9, "{cost:?}");
        assert_eq!(cost.model, model);
    }

    #[test]
    fn tokens_are_priced_by_the_model_that_answered() {
        let tokens = Tokens::new(1_000, 10_000, 0, 0);
        let one = r#"{"model": "gpt-4o-mini-2024-07-18"}"#;
        near(cost(one, tokens), 0.0021, "openai gpt-4o-mini");
        near(
            cost(&format!("[{one}, {one}]"), tokens),
            0.0021,
            "openai gpt-4o-mini",
        );
    }

    #[test]
    fn cached_tokens_are_cheaper_whether_they_are_counted_apart_or_not() {
        let among = Tokens::new(0, 10_000, 8_000, 0);
        near(
            cost(
                r#"{"model": "gpt-4o-mini-2024-07-18", "usage": {"prompt_tokens": 10000}}"#,
                among,
            ),
            (2_000.0 * 0.15 + 8_000.0 * 0.075) / 1e6,
            "openai gpt-4o-mini",
        );
        let apart = Tokens::new(0, 2_000, 8_000, 1_000);
        let response =
            r#"{"model": "claude-sonnet-4-5", "usage": {"cache_read_input_tokens": 8000}}"#;
        near(
            cost(response, apart),
            (2_000.0 * 3.0 + 8_000.0 * 0.3 + 1_000.0 * 3.75) / 1e6,
            "anthropic claude-sonnet-4-5",
        );
    }

    #[test]
    fn what_is_not_known_has_no_price() {
        let tokens = Tokens::new(1, 1, 0, 0);
        for response in [
            "{}",
            "[]",
            "12",
            r#"{"model": 7}"#,
            r#"{"model": "my-own-model-7b"}"#,
            r#"[{"model": "gpt-4o"}, {"model": "gpt-4o-mini"}]"#,
        ] {
            assert_eq!(cost(response, tokens), None, "{response}");
        }
    }
}
