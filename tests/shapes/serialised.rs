//! Types of crates as the JSON that they serialise to, because the crates would bring more HTTP clients. The named
//! version of each crate made the JSON, or its source code shows it.

use serde_json::{Value, json};
use xpander_report::external_task;
use xpander_report_tests::record;
use xpander_report_tests::said::{Said, declared, said};

/// The fields that are read from a declared or returned value.
fn read(value: &Value, expected: &Said<'_>) {
    #[external_task(skip_all)]
    fn ask(answer: Value) -> Value {
        answer
    }
    assert_eq!(said(&declared(value)), *expected, "handed over");
    assert_eq!(said(&record(|| ask(value.clone()))), *expected, "returned");
}

fn rain(tokens: [u64; 4], used_tools: Vec<&'static str>) -> Said<'static> {
    Said {
        result: Some("Rain until noon."),
        tokens: Some(tokens),
        used_tools,
        is_success: true,
    }
}

#[test]
fn openai_dive_1() {
    let function = json!({"name": "get_weather", "arguments": "{\"city\":\"Lima\"}"});
    let value = json!({
        "id": "chatcmpl-1",
        "choices": [{
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Rain until noon.",
                "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
            },
            "finish_reason": "tool_calls",
        }],
        "created": 1_741_569_952,
        "model": "gpt-5.4-mini",
        "service_tier": "default",
        "object": "chat.completion",
        "usage": {
            "prompt_tokens": 19,
            "completion_tokens": 10,
            "total_tokens": 29,
            "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 5},
            "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0},
        },
    });
    read(&value, &rain([19, 10, 5, 0], vec!["get_weather"]));
}

fn openrouter(content: Value, tool_calls: Value, error: Value, finish_reason: &str) -> Value {
    json!({
        "id": "gen-1759000000-abc",
        "choices": [{
            "finish_reason": finish_reason,
            "native_finish_reason": finish_reason,
            "message": {
                "content": content,
                "role": "assistant",
                "tool_calls": tool_calls,
                "reasoning": "The weather, then.",
                "refusal": null,
                "annotations": null,
            },
            "error": error,
            "index": 0,
            "logprobs": null,
        }],
        "created": 1_759_000_000,
        "model": "openai/gpt-5.4-mini",
        "object": "chat.completion",
        "provider": "OpenAI",
        "system_fingerprint": null,
        "usage": {
            "prompt_tokens": 19,
            "completion_tokens": 10,
            "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 6},
            "completion_tokens_details": {"reasoning_tokens": 3},
            "cost": 0.000_42,
        },
    })
}

#[test]
fn openrouter_rs_0_23_whose_nulls_say_nothing() {
    let text = || json!("Rain until noon.");
    let value = openrouter(text(), Value::Null, Value::Null, "stop");
    read(&value, &rain([19, 10, 5, 6], vec![]));

    let function = json!({"name": "get_weather", "arguments": "{}"});
    let calls = json!([{"id": "call_1", "type": "function", "function": function, "index": 0}]);
    let value = openrouter(text(), calls, Value::Null, "tool_calls");
    read(&value, &rain([19, 10, 5, 6], vec!["get_weather"]));
}

#[test]
fn openrouter_rs_0_23_whose_choice_is_an_error() {
    let error = json!({"code": 502, "message": "Upstream went away.", "metadata": null});
    let report = declared(&openrouter(Value::Null, Value::Null, error, "error"));
    assert!(!said(&report).is_success);
    assert!(
        said(&report)
            .result
            .unwrap()
            .contains("Upstream went away.")
    );
}

#[test]
fn openai_api_rs_10() {
    let value = json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_741_569_952,
        "model": "gpt-5.4-mini",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "Rain until noon."},
            "finish_reason": "stop",
            "finish_details": null,
        }],
        "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
        "system_fingerprint": null,
    });
    read(&value, &rain([19, 10, 0, 0], vec![]));
}

#[test]
fn mistralrs_0_8() {
    let function = json!({"name": "get_weather", "arguments": "{}"});
    let call = json!({"index": 0, "id": "call_1", "type": "function", "function": function});
    let value = json!({
        "id": "1",
        "choices": [{
            "finish_reason": "tool_calls",
            "index": 0,
            "message": {
                "content": "Rain until noon.",
                "role": "assistant",
                "tool_calls": [call],
                "reasoning_content": "The weather, then.",
            },
            "logprobs": null,
        }],
        "created": 1_741_569_952,
        "model": "default",
        "system_fingerprint": "local",
        "object": "chat.completion",
        "usage": {
            "completion_tokens": 10,
            "prompt_tokens": 19,
            "total_tokens": 29,
            "avg_tok_per_sec": 21.5,
            "avg_prompt_tok_per_sec": 60.25,
            "avg_compl_tok_per_sec": 12.5,
            "total_time_sec": 1.375,
            "total_prompt_time_sec": 0.375,
            "total_completion_time_sec": 1.0,
        },
    });
    read(&value, &rain([19, 10, 0, 0], vec!["get_weather"]));
}

#[test]
fn langchain_rust_7() {
    let tokens = json!({"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29});
    let text = json!({"tokens": tokens, "generation": "Rain until noon."});
    read(&text, &rain([19, 10, 0, 0], vec![]));

    let function = json!({"name": "get_weather", "arguments": "{}"});
    let calls = json!([{"id": "call_1", "type": "function", "function": function}]);
    let called = json!({"tokens": tokens, "generation": calls.to_string(), "tool_calls": calls});
    let expected = Said {
        result: None,
        tokens: Some([19, 10, 0, 0]),
        used_tools: vec!["get_weather"],
        is_success: true,
    };
    read(&called, &expected);
}

#[test]
fn gemini_rust_2() {
    let value = json!({
        "candidates": [{
            "content": {
                "parts": [
                    {"text": "The weather, then.", "thought": true},
                    {"text": "Rain until noon."},
                    {"functionCall": {"name": "get_weather", "args": {"city": "Lima"}}},
                ],
                "role": "model",
            },
            "finishReason": "STOP",
            "index": 0,
        }],
        "usageMetadata": {
            "promptTokenCount": 19,
            "candidatesTokenCount": 7,
            "totalTokenCount": 29,
            "thoughtsTokenCount": 3,
            "cachedContentTokenCount": 5,
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": "abc",
    });
    read(&value, &rain([19, 10, 5, 0], vec!["get_weather"]));

    let blocked = json!({
        "promptFeedback": {"blockReason": "SAFETY"},
        "usageMetadata": {"promptTokenCount": 19, "totalTokenCount": 19},
        "modelVersion": "gemini-2.5-flash",
    });
    let report = declared(&blocked);
    assert!(!said(&report).is_success);
    assert!(said(&report).result.unwrap().contains("SAFETY"));
}

#[test]
fn async_anthropic_0_6() {
    let value = json!({
        "id": "msg_1",
        "content": [
            {"type": "text", "text": "Rain until noon."},
            {"type": "tool_use", "id": "toolu_1", "input": {"city": "Lima"}, "name": "get_weather"},
        ],
        "model": "claude-sonnet-4-5",
        "stop_reason": "tool_use",
        "stop_sequence": null,
        "usage": {"input_tokens": 19, "output_tokens": 10},
    });
    read(&value, &rain([19, 10, 0, 0], vec!["get_weather"]));
}

#[test]
fn anthropic_ai_sdk_0_2() {
    let value = json!({
        "content": [
            {"type": "thinking", "thinking": "The weather, then.", "signature": "c2ln"},
            {"type": "text", "text": "Rain until noon."},
        ],
        "id": "msg_1",
        "model": "claude-sonnet-4-5",
        "role": "assistant",
        "stop_reason": "end_turn",
        "stop_sequence": null,
        "type": "message",
        "usage": {"input_tokens": 19, "output_tokens": 10},
    });
    read(&value, &rain([19, 10, 0, 0], vec![]));
}
