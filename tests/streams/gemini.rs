use serde_json::json;

use crate::told::{expect, expect_response};

pub const TEXT: &str = r#"
    {"candidates":[{"content":{"parts":[{"text":"Think","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":20,"thoughtsTokenCount":11},"modelVersion":"gemini-2.5-flash","responseId":"r1"}
    {"candidates":[{"content":{"parts":[{"text":"ing.","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":21,"thoughtsTokenCount":12},"modelVersion":"gemini-2.5-flash","responseId":"r1"}
    {"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"totalTokenCount":23,"thoughtsTokenCount":12},"modelVersion":"gemini-2.5-flash","responseId":"r1"}
    {"candidates":[{"content":{"parts":[{"text":"lo"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"totalTokenCount":24,"thoughtsTokenCount":12,"cachedContentTokenCount":4},"modelVersion":"gemini-2.5-flash","responseId":"r1"}
"#;

#[test]
fn parts_are_joined_and_the_last_usage_counts() {
    expect_response(
        TEXT,
        json!({"shape": "gemini", "id": "r1", "model": "gemini-2.5-flash", "text": "Hello",
            "tokens": [9, 15, 4, 0], "finish": "STOP"}),
        json!({
            "candidates": [{"content": {"role": "model", "parts": [
                {"text": "Thinking.", "thought": true}, {"text": "Hello"}
            ]}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 3, "totalTokenCount": 24,
                "thoughtsTokenCount": 12, "cachedContentTokenCount": 4},
            "modelVersion": "gemini-2.5-flash", "responseId": "r1"
        }),
    );
}

#[test]
fn tools_are_parts() {
    expect_response(
        r#"
        {"candidates":[{"content":{"parts":[{"text":"Let me look."}],"role":"model"}}],"modelVersion":"m"}
        {"candidates":[{"content":{"parts":[{"functionCall":{"name":"look","args":{"a":1}},"thoughtSignature":"x"},{"functionCall":{"name":"look","args":{"a":2}}}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":6},"modelVersion":"m"}
        "#,
        json!({"shape": "gemini", "model": "m", "text": "Let me look.", "tokens": [5, 6, 0, 0],
            "tools": ["look", "look"], "finish": "STOP"}),
        json!({
            "candidates": [{"content": {"role": "model", "parts": [
                {"text": "Let me look."},
                {"functionCall": {"name": "look", "args": {"a": 1}}, "thoughtSignature": "x"},
                {"functionCall": {"name": "look", "args": {"a": 2}}}
            ]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 6}, "modelVersion": "m"
        }),
    );
}

#[test]
fn what_was_blocked_on_the_way_is_a_failure() {
    expect(
        r#"
        {"candidates":[{"content":{"parts":[{"text":"Half"}],"role":"model"}}],"modelVersion":"m"}
        {"candidates":[{"finishReason":"SAFETY","index":0}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":1},"modelVersion":"m"}
        "#,
        json!({"shape": "gemini", "model": "m", "text": "Half", "tokens": [5, 1, 0, 0],
            "finish": "SAFETY", "failure": "the provider blocked the answer (SAFETY)"}),
    );
}

#[test]
fn an_error_ends_it() {
    expect(
        r#"
        {"candidates":[{"content":{"parts":[{"text":"Half"}],"role":"model"}}],"modelVersion":"m"}
        {"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}
        "#,
        json!({"shape": "gemini", "model": "m", "text": "Half",
            "failure": "the provider answered with an error (UNAVAILABLE): The model is overloaded."}),
    );
}
