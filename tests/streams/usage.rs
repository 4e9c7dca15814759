//! A later count of zero does not replace an earlier one.

use serde_json::json;

use crate::told::{server_sent, told};

fn tokens(stream: &str) -> serde_json::Value {
    told(server_sent(stream)).unwrap()["tokens"].clone()
}

#[test]
fn in_chunks_of_openai() {
    let chunk = |usage: &str| {
        format!(
            r#"{{"id":"c","choices":[{{"index":0,"delta":{{"content":"a"}}}}],"usage":{usage}}}"#
        )
    };
    let real =
        r#"{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}"#;
    for nothing in [
        "{}",
        "null",
        r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#,
        r#"{"prompt_tokens":0,"prompt_tokens_details":{"cached_tokens":0}}"#,
        r#"{"prompt_tokens_details":{}}"#,
        r#"{"prompt_tokens_details":null}"#,
    ] {
        let stream = [chunk(nothing), chunk(real), chunk(nothing)].join("\n");
        assert_eq!(tokens(&stream), json!([9, 3, 4, 0]), "{nothing}");
    }
    let larger = r#"{"prompt_tokens":9,"completion_tokens":8}"#;
    let stream = [chunk(real), chunk(larger)].join("\n");
    assert_eq!(
        tokens(&stream),
        json!([9, 8, 4, 0]),
        "the last count counts"
    );
}

#[test]
fn in_events_of_anthropic() {
    let stream = r#"
        {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":15,"cache_read_input_tokens":6,"output_tokens":1}}}
        {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}
        {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":0,"cache_read_input_tokens":0,"output_tokens":12}}
        {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{}}
    "#;
    assert_eq!(tokens(stream), json!([15, 12, 6, 0]));
}

#[test]
fn in_chunks_of_gemini_and_events_of_bedrock() {
    let gemini = r#"
        {"candidates":[{"content":{"role":"model","parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3}}
        {"candidates":[{"content":{"role":"model","parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":0}}
        {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{}}
    "#;
    assert_eq!(tokens(gemini), json!([9, 3, 0, 0]));
    let bedrock = r#"
        {"messageStart":{"role":"assistant"}}
        {"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"a"}}}
        {"messageStop":{"stopReason":"end_turn"}}
        {"metadata":{"usage":{"inputTokens":9,"outputTokens":3}}}
        {"metadata":{"usage":{"inputTokens":0,"outputTokens":0}}}
    "#;
    assert_eq!(tokens(bedrock), json!([9, 3, 0, 0]));
}
