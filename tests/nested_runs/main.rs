//! Runs inside runs: which task counts a provider's response, its tokens and its tools.

mod counting;
mod matrix;
mod outliving;
mod rollup;

use serde_json::{Value, json};
use xpander_report::{TaskReport, Tokens};

/// A chat completion of 7 tokens in and 3 out.
fn chat(id: &str, text: &str) -> Value {
    json!({
        "id": id,
        "model": "gpt-4o",
        "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    })
}

/// An answer of Ollama, which has no id.
fn without_id(model: &str, text: &str, made: &str) -> Value {
    json!({
        "model": model,
        "created_at": made,
        "message": {"role": "assistant", "content": text},
        "done": true,
        "done_reason": "stop",
        "prompt_eval_count": 7,
        "eval_count": 3,
    })
}

/// The tokens in and out of each report.
fn totals(reports: &[TaskReport]) -> Vec<Option<u64>> {
    let tokens = reports.iter().map(|report| report.tokens);
    tokens
        .map(|tokens| tokens.as_ref().map(Tokens::total_tokens))
        .collect()
}

fn responses(report: &TaskReport) -> Vec<Value> {
    let raw = report.llm_response.as_ref();
    let value = raw.map(|raw| serde_json::from_str(raw.get()).unwrap());
    match value {
        None => Vec::new(),
        Some(Value::Array(several)) => several,
        Some(one) => vec![one],
    }
}
