use serde_json::json;

use crate::told::{events, expect, expect_response};

pub const TEXT: &str = r#"
    {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude-opus-4-6","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":7,"cache_read_input_tokens":3,"output_tokens":1}}}
    {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}
    {"type":"ping"}
    {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}
    {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"!"}}
    {"type":"content_block_stop","index":0}
    {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}
    {"type":"message_stop"}
"#;

pub const TOOLS: &str = r#"
    {"type":"message_start","message":{"id":"msg_2","type":"message","role":"assistant","content":[],"model":"claude","stop_reason":null,"usage":{"input_tokens":472,"output_tokens":2}}}
    {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}
    {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"I need "}}
    {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"weather."}}
    {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}
    {"type":"content_block_stop","index":0}
    {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}
    {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Okay"}}
    {"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"x"}}}
    {"type":"content_block_stop","index":1}
    {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{}}}
    {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}
    {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"location\": \"San"}}
    {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":" Francisco\"}"}}
    {"type":"content_block_stop","index":2}
    {"type":"content_block_start","index":3,"content_block":{"type":"server_tool_use","id":"srv_1","name":"web_search","input":{}}}
    {"type":"content_block_stop","index":3}
    {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":480,"output_tokens":89}}
    {"type":"message_stop"}
"#;

#[test]
fn text_is_joined_and_later_numbers_replace_earlier_ones() {
    expect_response(
        TEXT,
        json!({"shape": "anthropic.messages", "id": "msg_1", "model": "claude-opus-4-6",
            "text": "Hello!", "tokens": [25, 15, 3, 7], "finish": "end_turn"}),
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-6",
            "content": [{"type": "text", "text": "Hello!"}],
            "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 25, "cache_creation_input_tokens": 7,
                "cache_read_input_tokens": 3, "output_tokens": 15}
        }),
    );
}

#[test]
fn thoughts_and_tools_are_blocks_of_the_content() {
    expect_response(
        TOOLS,
        json!({"shape": "anthropic.messages", "id": "msg_2", "model": "claude", "text": "Okay",
            "tokens": [480, 89, 0, 0], "tools": ["get_weather", "web_search"], "finish": "tool_use"}),
        json!({
            "id": "msg_2", "type": "message", "role": "assistant", "model": "claude",
            "content": [
                {"type": "thinking", "thinking": "I need weather.", "signature": "EqQB"},
                {"type": "text", "text": "Okay",
                    "citations": [{"type": "char_location", "cited_text": "x"}]},
                {"type": "tool_use", "id": "toolu_1", "name": "get_weather",
                    "input": {"location": "San Francisco"}},
                {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}}
            ],
            "stop_reason": "tool_use", "stop_sequence": null,
            "usage": {"input_tokens": 480, "output_tokens": 89}
        }),
    );
}

#[test]
fn input_that_was_cut_off_is_the_text_that_came() {
    let report = crate::told::returned(&events(TOOLS)[..13].join("\n"));
    let response = report.llm_response.unwrap();
    assert!(
        response.get().contains(r#""input":"{\"location\": \"San""#),
        "{response}"
    );
    assert_eq!(report.used_tools, ["get_weather"]);
}

#[test]
fn an_error_ends_it() {
    let stream = format!(
        "{}\n{}",
        events(TEXT)[..4].join("\n"),
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
    );
    expect_response(
        &stream,
        json!({"shape": "anthropic.messages", "id": "msg_1", "model": "claude-opus-4-6", "text": "Hello",
            "tokens": [25, 1, 3, 7],
            "failure": "the provider answered with an error (overloaded_error): Overloaded"}),
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-6",
            "content": [{"type": "text", "text": "Hello"}], "stop_reason": null, "stop_sequence": null,
            "usage": {"input_tokens": 25, "cache_creation_input_tokens": 7,
                "cache_read_input_tokens": 3, "output_tokens": 1},
            "error": {"type": "overloaded_error", "message": "Overloaded"}
        }),
    );
}

#[test]
fn a_refusal_is_a_failure() {
    expect(
        r#"
        {"type":"message_start","message":{"id":"m","role":"assistant","content":[],"model":"claude","usage":{"input_tokens":9,"output_tokens":1}}}
        {"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"explanation":"No."}},"usage":{"output_tokens":2}}
        "#,
        json!({"shape": "anthropic.messages", "id": "m", "model": "claude", "tokens": [9, 2, 0, 0],
            "finish": "refusal", "failure": "the model refused: No."}),
    );
}

#[test]
fn the_first_api_streams_one_text() {
    expect_response(
        r#"
        {"type":"ping"}
        {"type":"completion","id":"compl_1","completion":" Hi","stop_reason":null,"model":"claude-2.1"}
        {"type":"completion","id":"compl_1","completion":".","stop_reason":null,"model":"claude-2.1"}
        {"type":"completion","id":"compl_1","completion":"","stop_reason":"stop_sequence","model":"claude-2.1"}
        "#,
        json!({"shape": "anthropic.legacy", "id": "compl_1", "model": "claude-2.1", "text": " Hi.",
            "finish": "stop_sequence"}),
        json!({"type": "completion", "id": "compl_1", "completion": " Hi.",
            "stop_reason": "stop_sequence", "model": "claude-2.1"}),
    );
}
