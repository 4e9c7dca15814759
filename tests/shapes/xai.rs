//! xAI's gRPC API, as JSON. Its OpenAI-compatible API is tested with OpenAI's shapes.

use xpander_report::Shape::Xai;

use crate::says::{expect, says};

#[test]
fn what_the_assistant_says_is_read_and_reasoning_is_added() {
    expect(
        r#"{
          "id": "5c4e", "model": "grok-4", "created": "2026-01-01T10:00:00Z",
          "systemFingerprint": "fp_1",
          "outputs": [
            {"index": 0, "finishReason": "REASON_TOOL_CALLS", "message": {
              "role": "ROLE_ASSISTANT", "content": "I look. ", "toolCalls": [
              {"id": "1", "function": {"name": "web_search", "arguments": "{}"}}]}},
            {"index": 1, "message": {"role": "ROLE_TOOL", "content": "rain"}},
            {"index": 2, "finishReason": "REASON_STOP", "message": {
              "role": "ROLE_ASSISTANT", "content": "Rain.", "reasoningContent": "Hm."}}
          ],
          "usage": {"promptTokens": 100, "completionTokens": 20, "reasoningTokens": 30,
            "totalTokens": 150, "promptTextTokens": 100, "cachedPromptTextTokens": 64}
        }"#,
        says(Xai)
            .id("5c4e")
            .model("grok-4")
            .result("I look. Rain.")
            .cached(100, 50, 64, 0)
            .tools(&["web_search"])
            .finish("REASON_STOP"),
    );
}

#[test]
fn snake_case_is_read_as_well() {
    expect(
        r#"{
          "id": "5c4f", "model": "grok-4",
          "outputs": [{"finish_reason": "REASON_STOP", "message": {
            "role": "ROLE_ASSISTANT", "content": "Rain."}}],
          "usage": {"prompt_tokens": 10, "completion_tokens": 2, "reasoning_tokens": 0,
            "total_tokens": 12, "cached_prompt_text_tokens": 4}
        }"#,
        says(Xai)
            .id("5c4f")
            .model("grok-4")
            .result("Rain.")
            .cached(10, 2, 4, 0)
            .finish("REASON_STOP"),
    );
}
