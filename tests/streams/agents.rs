//! The output of agents that are programs.

use serde_json::json;

use crate::told::{expect, told};

pub const CLAUDE_CODE: &str = r#"
    {"type":"system","subtype":"init","session_id":"s","model":"claude-x","tools":["Bash","Read"]}
    {"type":"assistant","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"I look."}],"stop_reason":null,"usage":{"input_tokens":4,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"s"}
    {"type":"assistant","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"ls"}}],"stop_reason":null,"usage":{"input_tokens":4,"output_tokens":9}},"parent_tool_use_id":null,"session_id":"s"}
    {"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"a.txt"}]},"parent_tool_use_id":null,"session_id":"s"}
    {"type":"assistant","message":{"id":"msg_2","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"Renamed."}],"stop_reason":null,"usage":{"input_tokens":6,"cache_read_input_tokens":40,"output_tokens":3}},"parent_tool_use_id":null,"session_id":"s"}
    {"type":"result","subtype":"success","is_error":false,"duration_ms":812,"num_turns":2,"result":"Renamed.","session_id":"s","uuid":"u","total_cost_usd":0.01,"usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":40,"output_tokens":12}}
"#;

pub const CODEX: &str = r#"
    {"type":"thread.started","thread_id":"t"}
    {"type":"turn.started"}
    {"type":"item.started","item":{"id":"0","type":"command_execution","command":"ls","status":"in_progress"}}
    {"type":"item.completed","item":{"id":"0","type":"command_execution","command":"ls","exit_code":0,"status":"completed"}}
    {"type":"item.completed","item":{"id":"1","type":"mcp_tool_call","server":"docs","tool":"lookup","status":"completed"}}
    {"type":"item.completed","item":{"id":"2","type":"reasoning","text":"Hm."}}
    {"type":"item.completed","item":{"id":"3","type":"agent_message","text":"Renamed."}}
    {"type":"turn.completed","usage":{"input_tokens":700,"cached_input_tokens":640,"output_tokens":31}}
"#;

pub const GEMINI_CLI: &str = r#"
    {"type":"init","timestamp":"t","session_id":"s","model":"gemini-x"}
    {"type":"message","timestamp":"t","role":"user","content":"Rename it."}
    {"type":"tool_use","timestamp":"t","tool_name":"read_file","tool_id":"1","parameters":{}}
    {"type":"tool_result","timestamp":"t","tool_id":"1","status":"success","output":"a"}
    {"type":"message","timestamp":"t","role":"assistant","content":"Ren","delta":true}
    {"type":"message","timestamp":"t","role":"assistant","content":"amed.","delta":true}
    {"type":"result","timestamp":"t","status":"success","stats":{"total_tokens":950,"input_tokens":900,"output_tokens":50,"cached":600,"duration_ms":812,"tool_calls":1}}
"#;

#[test]
fn claude_codes_lines_end_with_the_result() {
    expect(
        CLAUDE_CODE,
        json!({"shape": "claude.code", "id": "u", "model": "claude-x", "text": "Renamed.",
            "tools": ["Bash"], "tokens": [10, 12, 40, 20]}),
    );
}

#[test]
fn claude_codes_lines_without_a_result_tell_what_came() {
    let lines = CLAUDE_CODE.lines().collect::<Vec<_>>();
    let cut = lines[..lines.len() - 1].join("\n");
    assert_eq!(
        told(&cut),
        Some(
            json!({"shape": "claude.code", "model": "claude-x", "text": "Renamed.",
            "tools": ["Bash"], "tokens": [10, 12, 40, 0]})
        )
    );
}

#[test]
fn codexs_lines_have_the_last_message_and_the_whole_count() {
    expect(
        CODEX,
        json!({"shape": "codex", "text": "Renamed.", "tools": ["command_execution", "lookup"],
            "tokens": [700, 31, 640, 0]}),
    );
}

#[test]
fn codexs_turn_may_fail_or_get_over_what_went_wrong() {
    let failed = r#"
        {"type":"thread.started","thread_id":"t"}
        {"type":"error","message":"Reconnecting... 1/5"}
        {"type":"turn.failed","error":{"message":"No quota."}}
    "#;
    expect(
        failed,
        json!({"shape": "codex", "failure": "the provider answered with an error: No quota."}),
    );
    let recovered = CODEX.replacen(
        r#"{"type":"turn.started"}"#,
        "{\"type\":\"turn.started\"}\n{\"type\":\"error\",\"message\":\"Reconnecting... 1/5\"}",
        1,
    );
    assert_eq!(told(&recovered), told(CODEX));
}

#[test]
fn gemini_clis_lines_are_joined() {
    expect(
        GEMINI_CLI,
        json!({"shape": "gemini.cli", "model": "gemini-x", "text": "Renamed.", "tools": ["read_file"],
            "tokens": [900, 50, 600, 0], "finish": "success"}),
    );
}

#[test]
fn gemini_clis_result_may_be_an_error() {
    expect(
        r#"
            {"type":"init","timestamp":"t","session_id":"s","model":"gemini-x"}
            {"type":"result","timestamp":"t","status":"error","error":{"type":"FatalError","message":"No quota."},"stats":{"total_tokens":9,"input_tokens":9,"output_tokens":0}}
        "#,
        json!({"shape": "gemini.cli", "model": "gemini-x", "tokens": [9, 0, 0, 0], "finish": "error",
            "failure": "the provider answered with an error (FatalError): No quota."}),
    );
}
