use super::*;

#[test]
fn thoughts_that_are_only_in_the_total_are_completion() {
    expect(
        r#"{
              "choices": [{"finish_reason": "stop", "index": 0,
                "message": {"content": "Noon.", "role": "assistant",
                  "extra_content": {"google": {"thought_signature": "AVSo"}}}}],
              "created": 1748902365, "id": "3iE", "model": "gemini-2.5-pro",
              "object": "chat.completion",
              "usage": {"completion_tokens": 12, "prompt_tokens": 35, "total_tokens": 109}
            }"#,
        says(OpenAiChat)
            .id("3iE")
            .model("gemini-2.5-pro")
            .result("Noon.")
            .tokens(35, 74)
            .finish("stop"),
    );
}
