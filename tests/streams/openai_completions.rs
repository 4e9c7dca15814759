use serde_json::json;

use crate::told::expect_response;

pub const TEXT: &str = r#"
    {"id":"cmpl-7","object":"text_completion","created":1690759702,"choices":[{"text":"This","index":0,"logprobs":null,"finish_reason":null}],"model":"gpt-3.5-turbo-instruct"}
    {"id":"cmpl-7","object":"text_completion","created":1690759702,"choices":[{"text":" is","index":0,"logprobs":null,"finish_reason":"length"}],"model":"gpt-3.5-turbo-instruct"}
    {"id":"cmpl-7","object":"text_completion","created":1690759702,"choices":[],"model":"gpt-3.5-turbo-instruct","usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}
"#;

#[test]
fn text_is_joined() {
    expect_response(
        TEXT,
        json!({"shape": "openai.completions", "id": "cmpl-7", "model": "gpt-3.5-turbo-instruct",
            "text": "This is", "tokens": [5, 2, 0, 0], "finish": "length"}),
        json!({
            "id": "cmpl-7", "object": "text_completion", "created": 1690759702,
            "model": "gpt-3.5-turbo-instruct",
            "choices": [{"text": "This is", "index": 0, "logprobs": null, "finish_reason": "length"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
        }),
    );
}
