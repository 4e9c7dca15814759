use super::*;

#[test]
fn hits_of_the_cache_are_read_and_reasoning_is_no_text() {
    expect(
        r#"{
              "id": "930c60df", "object": "chat.completion", "created": 1705651092,
              "model": "deepseek-reasoner",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "Rain today.",
                "reasoning_content": "Let me think."}, "logprobs": null,
                "finish_reason": "stop"}],
              "usage": {"prompt_tokens": 163, "completion_tokens": 110, "total_tokens": 273,
                "prompt_cache_hit_tokens": 128, "prompt_cache_miss_tokens": 35,
                "completion_tokens_details": {"reasoning_tokens": 98}},
              "system_fingerprint": "fp_a49d71b8a1"
            }"#,
        says(OpenAiChat)
            .id("930c60df")
            .model("deepseek-reasoner")
            .result("Rain today.")
            .cached(163, 110, 128, 0)
            .finish("stop"),
    );
}
