//! Counts by the conventions: input tokens include cached ones, even if the provider's do not.

use serde_json::{Value, json};
use xpander_report::{current_task, external_task};

use crate::traced;

#[external_task(skip_all)]
fn ask(response: &Value) {
    current_task().llm_response(response);
}

#[test]
fn each_shape_is_converted() {
    let message = json!([{"index": 0, "message": {"content": "a"}, "finish_reason": "stop"}]);
    let parts = json!([{"type": "text", "text": "a"}]);
    let cases = [
        (
            "openai",
            [12, 6, 4, 2, 5].map(Some),
            json!({"choices": message, "usage": {
                "prompt_tokens": 12, "completion_tokens": 6,
                "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
                "completion_tokens_details": {"reasoning_tokens": 5},
            }}),
        ),
        (
            "openai",
            [12, 6, 4, 0, 5].map(Some),
            json!({"object": "response", "status": "completed", "output": [], "usage": {
                "input_tokens": 12, "output_tokens": 6,
                "input_tokens_details": {"cached_tokens": 4},
                "output_tokens_details": {"reasoning_tokens": 5},
            }}),
        ),
        (
            "anthropic",
            [Some(18), Some(6), Some(4), Some(2), None],
            json!({"content": parts, "stop_reason": "end_turn", "usage": {
                "input_tokens": 12, "output_tokens": 6,
                "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2,
            }}),
        ),
        (
            "aws.bedrock",
            [Some(18), Some(6), Some(4), Some(2), None],
            json!({
                "output": {"message": {"role": "assistant", "content": [{"text": "a"}]}},
                "stopReason": "end_turn",
                "usage": {
                    "inputTokens": 12, "outputTokens": 6, "totalTokens": 24,
                    "cacheReadInputTokens": 4, "cacheWriteInputTokens": 2,
                },
            }),
        ),
        (
            "gcp.gemini",
            [12, 11, 4, 0, 5].map(Some),
            json!({
                "candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}],
                "usageMetadata": {
                    "promptTokenCount": 12, "candidatesTokenCount": 6, "thoughtsTokenCount": 5,
                    "cachedContentTokenCount": 4, "totalTokenCount": 23,
                },
            }),
        ),
        (
            "cohere",
            [Some(12), Some(6), Some(4), Some(0), None],
            json!({
                "message": {"role": "assistant", "content": parts}, "finish_reason": "COMPLETE",
                "usage": {"tokens": {"input_tokens": 12, "output_tokens": 6}, "cached_tokens": 4},
            }),
        ),
        (
            "ollama",
            [Some(12), Some(6), Some(0), Some(0), None],
            json!({
                "model": "m", "done": true, "done_reason": "stop", "response": "a",
                "prompt_eval_count": 12, "eval_count": 6,
            }),
        ),
        (
            "anthropic",
            [Some(18), Some(6), Some(4), Some(2), None],
            json!({
                "type": "result", "subtype": "success", "is_error": false, "result": "a",
                "session_id": "s", "usage": {
                    "input_tokens": 12, "output_tokens": 6,
                    "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2,
                },
            }),
        ),
    ];
    for (provider, usage, response) in cases {
        let (spans, _) = traced(|| ask(&response));
        let span = spans.named("invoke_agent ask");
        assert_eq!(
            span.text("gen_ai.provider.name"),
            Some(provider),
            "{response}"
        );
        assert_eq!(span.usage(), usage, "{response}");
    }
}

#[test]
fn what_nobody_counts_is_not_said() {
    let (spans, _) = traced(|| ask(&json!({"nothing": "known"})));
    let span = spans.named("invoke_agent ask");
    assert_eq!(span.usage(), [None; 5]);
    assert_eq!(span.text("gen_ai.provider.name"), None);
}
