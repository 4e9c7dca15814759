use serde_json::json;

use crate::told::{expect, expect_response};

pub const CHAT: &str = r#"
    {"model":"qwen3","created_at":"2023-08-04T08:52:19.385406455-07:00","message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}
    {"model":"qwen3","created_at":"2023-08-04T08:52:19.385406455-07:00","message":{"role":"assistant","content":"","thinking":"m"},"done":false}
    {"model":"qwen3","created_at":"2023-08-04T08:52:19.385406455-07:00","message":{"role":"assistant","content":"The"},"done":false}
    {"model":"qwen3","created_at":"2023-08-04T08:52:19.385406455-07:00","message":{"role":"assistant","content":" sky","tool_calls":[{"function":{"name":"look_up","arguments":{"where":"sky"}}}]},"done":false}
    {"model":"qwen3","created_at":"2023-08-04T19:22:45.499127Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":4883583458,"prompt_eval_count":26,"eval_count":282}
"#;

#[test]
fn the_last_line_gets_all_that_was_said() {
    expect_response(
        CHAT,
        json!({"shape": "ollama", "model": "qwen3", "text": "The sky", "tokens": [26, 282, 0, 0],
            "tools": ["look_up"], "finish": "stop"}),
        json!({
            "model": "qwen3", "created_at": "2023-08-04T19:22:45.499127Z",
            "message": {"role": "assistant", "content": "The sky", "thinking": "Hmm", "tool_calls": [
                {"function": {"name": "look_up", "arguments": {"where": "sky"}}}]},
            "done": true, "done_reason": "stop", "total_duration": 4883583458_u64,
            "prompt_eval_count": 26, "eval_count": 282
        }),
    );
}

#[test]
fn what_it_generates_is_joined() {
    expect_response(
        r#"
        {"model":"llama3.2","created_at":"2023","response":"The","done":false}
        {"model":"llama3.2","created_at":"2023","response":" sky","done":false}
        {"model":"llama3.2","created_at":"2024","response":"","done":true,"done_reason":"stop","context":[1,2,3],"prompt_eval_count":26,"eval_count":290}
        "#,
        json!({"shape": "ollama", "model": "llama3.2", "text": "The sky", "tokens": [26, 290, 0, 0],
            "finish": "stop"}),
        json!({"model": "llama3.2", "created_at": "2024", "response": "The sky", "done": true,
            "done_reason": "stop", "context": [1, 2, 3], "prompt_eval_count": 26, "eval_count": 290}),
    );
}

#[test]
fn an_error_ends_it() {
    expect(
        r#"
        {"model":"m","created_at":"2023","message":{"role":"assistant","content":"Half"},"done":false}
        {"error":"an error was encountered while running the model"}
        "#,
        json!({"shape": "ollama", "model": "m", "text": "Half",
            "failure": "the provider answered with an error: an error was encountered while running the model"}),
    );
}
