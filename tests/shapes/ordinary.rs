//! Values of functions that call no model.

use crate::says::expect_ordinary;

#[test]
fn ordinary_values_are_no_responses() {
    for json in [
        "[]",
        "[1, 2, 3]",
        r#"[{"id": 1, "name": "a"}]"#,
        r#"{"id": 1, "model": "T", "usage": {"cpu": 3}}"#,
        r#"{"choices": ["a", "b"]}"#,
        r#"{"choices": [{"label": "a", "message": "pick me"}]}"#,
        r#"{"message": {"role": "user", "content": "hi"}, "created": 1}"#,
        r#"{"content": [{"type": "text", "text": "hi"}]}"#,
        r#"{"content": [{"type": "text", "text": "hi"}], "isError": false}"#,
        r#"{"candidates": [{"name": "Ann", "content": "a CV"}]}"#,
        r#"{"output": {"text": "x"}, "status": "ok"}"#,
        r#"{"outputs": [{"text": "x"}]}"#,
        r#"{"results": [{"title": "x", "score": 0.5}]}"#,
        r#"{"predictions": [{"content": "x"}]}"#,
        r#"{"completion": "80%"}"#,
        r#"{"generation": "Z", "tokens": 3}"#,
        r#"{"text": "x", "finish_reason": "done"}"#,
        r#"{"success": true, "errors": [], "result": {"id": 1}}"#,
        r#"{"object": "list", "data": []}"#,
        r#"{"object": "chat", "choices": []}"#,
        r#"{"usage": {"prompt_tokens": 1, "completion_tokens": 2}}"#,
        r#"{"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}"#,
        r#"{"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}"#,
    ] {
        expect_ordinary(json);
    }
}
