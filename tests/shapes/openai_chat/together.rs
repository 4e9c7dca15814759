use super::*;

#[test]
fn its_seeds_and_empty_lists_are_not_read() {
    expect(
        r#"{
              "id": "9f5", "object": "chat.completion", "created": 1, "prompt": [],
              "model": "meta-llama/Llama-3.3-70B-Instruct-Turbo",
              "choices": [{"finish_reason": "stop", "seed": 12339535536277766000,
                "logprobs": null, "index": 0,
                "message": {"role": "assistant", "content": "Rain today.", "tool_calls": []}}],
              "usage": {"prompt_tokens": 46, "completion_tokens": 45, "total_tokens": 91,
                        "cached_tokens": 32}
            }"#,
        says(OpenAiChat)
            .id("9f5")
            .model("meta-llama/Llama-3.3-70B-Instruct-Turbo")
            .result("Rain today.")
            .cached(46, 45, 32, 0)
            .finish("stop"),
    );
}
