use xpander_report::Shape::Ollama;

use crate::says::{expect, expect_ordinary, says};

#[test]
fn a_chat_is_read() {
    expect(
        r#"{
          "model": "llama3.2", "created_at": "2026-01-01T10:00:00.000Z",
          "message": {"role": "assistant", "content": "Rain today.", "thinking": "Hm.",
            "images": null},
          "done_reason": "stop", "done": true, "total_duration": 5191566416,
          "load_duration": 2154458, "prompt_eval_count": 26, "prompt_eval_duration": 383809000,
          "eval_count": 298, "eval_duration": 4799921000
        }"#,
        says(Ollama)
            .model("llama3.2")
            .result("Rain today.")
            .tokens(26, 298)
            .finish("stop"),
    );
}

#[test]
fn calls_are_read() {
    expect(
        r#"{
          "model": "llama3.2", "created_at": "2026-01-01T10:00:00Z",
          "message": {"role": "assistant", "content": "", "tool_calls": [
            {"function": {"name": "get_weather", "arguments": {"city": "Lima"}}},
            {"function": {"index": 1, "name": "now", "arguments": {}}}]},
          "done_reason": "stop", "done": true, "prompt_eval_count": 169, "eval_count": 15
        }"#,
        says(Ollama)
            .model("llama3.2")
            .tokens(169, 15)
            .tools(&["get_weather", "now"])
            .finish("stop"),
    );
}

#[test]
fn a_generated_text_is_read() {
    expect(
        r#"{
          "model": "llama3.2", "created_at": "2026-01-01T10:00:00Z", "response": "Rain today.",
          "done": true, "done_reason": "length", "context": [1, 2, 3], "total_duration": 1,
          "load_duration": 1, "prompt_eval_count": 26, "eval_count": 290
        }"#,
        says(Ollama)
            .model("llama3.2")
            .result("Rain today.")
            .tokens(26, 290)
            .finish("length"),
    );
}

#[test]
fn a_prompt_that_was_wholly_cached_has_no_count() {
    expect(
        r#"{"model": "llama3.2", "created_at": "2026-01-01T10:00:00Z",
            "message": {"role": "assistant", "content": "Rain."},
            "done_reason": "stop", "done": true, "eval_count": 79}"#,
        says(Ollama)
            .model("llama3.2")
            .result("Rain.")
            .tokens(0, 79)
            .finish("stop"),
    );
}

#[test]
fn a_line_of_a_stream_has_no_tokens_yet() {
    expect(
        r#"{"model": "llama3.2", "created_at": "2026-01-01T10:00:00Z",
            "message": {"role": "assistant", "content": "Ra"}, "done": false}"#,
        says(Ollama).model("llama3.2").result("Ra"),
    );
}

#[test]
fn a_car_that_was_delivered_is_none() {
    expect_ordinary(r#"{"model": "T", "done": true, "message": {"content": "delivered"}}"#);
    expect_ordinary(r#"{"model": "T", "done": true, "response": "delivered"}"#);
}
