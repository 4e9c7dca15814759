use super::*;

#[test]
fn it_has_no_object_and_no_model() {
    expect(
        r#"{
              "id": "chat-1",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "Rain.",
                "tool_calls": null}, "logprobs": null, "finish_reason": "stop"}],
              "usage": {"prompt_tokens": 23, "completion_tokens": 12, "total_tokens": 35},
              "meta": {"requestDurationMillis": 420}
            }"#,
        says(OpenAiChat)
            .id("chat-1")
            .result("Rain.")
            .tokens(23, 12)
            .finish("stop"),
    );
}
