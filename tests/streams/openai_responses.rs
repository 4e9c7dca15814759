use serde_json::json;

use crate::told::{events, expect, expect_response};

pub const TEXT: &str = r#"
    {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1741290958,"status":"in_progress","error":null,"incomplete_details":null,"model":"gpt-4.1","output":[],"tools":[{"type":"function","name":"not_called"}],"usage":null}}
    {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_1","object":"response","created_at":1741290958,"status":"in_progress","error":null,"incomplete_details":null,"model":"gpt-4.1","output":[],"usage":null}}
    {"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}
    {"type":"response.content_part.added","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}
    {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi"}
    {"type":"response.output_text.delta","sequence_number":5,"item_id":"msg_1","output_index":0,"content_index":0,"delta":" there!"}
    {"type":"response.output_text.done","sequence_number":6,"item_id":"msg_1","output_index":0,"content_index":0,"text":"Hi there!"}
    {"type":"response.content_part.done","sequence_number":7,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"Hi there!","annotations":[]}}
    {"type":"response.output_item.done","sequence_number":8,"output_index":0,"item":{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hi there!","annotations":[]}]}}
    {"type":"response.completed","sequence_number":9,"response":{"id":"resp_1","object":"response","created_at":1741290958,"status":"completed","error":null,"incomplete_details":null,"model":"gpt-4.1","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hi there!","annotations":[]}]}],"usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":5},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":48}}}
"#;

pub const TOOLS: &str = r#"
    {"type":"response.created","response":{"id":"resp_2","object":"response","status":"in_progress","model":"gpt-5","output":[],"usage":null}}
    {"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}}
    {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"Hmm"}
    {"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Hmm"}]}}
    {"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"get_weather","arguments":""}}
    {"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"{\"city\":"}
    {"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"\"Paris\"}"}
"#;

#[test]
fn the_last_event_has_it_all() {
    let last = serde_json::from_str::<serde_json::Value>(events(TEXT)[9]).unwrap();
    expect_response(
        TEXT,
        json!({"shape": "openai.responses", "id": "resp_1", "model": "gpt-4.1", "text": "Hi there!",
            "tokens": [37, 11, 5, 0], "finish": "completed"}),
        last["response"].clone(),
    );
}

#[test]
fn what_was_cut_off_is_put_together() {
    expect_response(
        TOOLS,
        json!({"shape": "openai.responses", "id": "resp_2", "model": "gpt-5",
            "tools": ["get_weather"], "finish": "in_progress"}),
        json!({
            "id": "resp_2", "object": "response", "status": "in_progress", "model": "gpt-5", "usage": null,
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hmm"}]},
                {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather",
                    "arguments": "{\"city\":\"Paris\"}"}
            ]
        }),
    );
    expect(
        &events(TEXT)[..6].join("\n"),
        json!({"shape": "openai.responses", "id": "resp_1", "model": "gpt-4.1", "text": "Hi there!",
            "finish": "in_progress"}),
    );
}

#[test]
fn some_servers_leave_out_at_the_end_what_they_streamed() {
    expect(
        &format!(
            "{}\n{}",
            events(TEXT)[..9].join("\n"),
            r#"{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","model":"gpt-4.1","output":[],"usage":{"input_tokens":37,"output_tokens":11,"total_tokens":48}}}"#
        ),
        json!({"shape": "openai.responses", "id": "resp_1", "model": "gpt-4.1", "text": "Hi there!",
            "tokens": [37, 11, 0, 0], "finish": "completed"}),
    );
}

#[test]
fn a_failure_is_in_the_last_response() {
    expect(
        r#"
        {"type":"response.created","response":{"id":"r","object":"response","status":"in_progress","model":"m","output":[]}}
        {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Half"}
        {"type":"response.failed","response":{"id":"r","object":"response","status":"failed","model":"m","output":[],"error":{"code":"server_error","message":"It broke"}}}
        "#,
        json!({"shape": "openai.responses", "id": "r", "model": "m", "text": "Half", "finish": "failed",
            "failure": "the provider answered with an error (server_error): It broke"}),
    );
}

#[test]
fn an_error_ends_it() {
    expect(
        r#"
        {"type":"response.created","response":{"id":"r","object":"response","status":"in_progress","model":"m","output":[]}}
        {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Half"}
        {"type":"error","code":"rate_limit_exceeded","message":"Slow down","param":null,"sequence_number":3}
        "#,
        json!({"shape": "openai.responses", "id": "r", "model": "m", "text": "Half", "finish": "in_progress",
            "failure": "the provider answered with an error (rate_limit_exceeded): Slow down"}),
    );
}
