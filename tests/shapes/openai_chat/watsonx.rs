use super::*;

#[test]
fn the_models_id_is_the_model() {
    expect(
        r#"{
              "id": "chatcmpl-11", "object": "chat.completion", "created": 1,
              "created_at": "2026-01-01T10:00:00.000Z", "model_version": "1.1.0",
              "model_id": "ibm/granite-3-8b-instruct",
              "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Rain."}}],
              "usage": {"completion_tokens": 3, "prompt_tokens": 59, "total_tokens": 62}
            }"#,
        says(OpenAiChat)
            .id("chatcmpl-11")
            .model("ibm/granite-3-8b-instruct")
            .result("Rain.")
            .tokens(59, 3)
            .finish("stop"),
    );
}
