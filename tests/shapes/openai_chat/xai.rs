use super::*;

#[test]
fn reasoning_that_is_only_in_the_total_is_completion() {
    expect(
        r#"{
              "id": "0daf962f", "object": "chat.completion", "model": "grok-4",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "101 * 3 = 303",
                "reasoning_content": "Easy.", "refusal": null}, "finish_reason": "stop"}],
              "usage": {"prompt_tokens": 37, "completion_tokens": 11, "total_tokens": 234,
                "prompt_tokens_details": {"text_tokens": 37, "audio_tokens": 0,
                  "image_tokens": 0, "cached_tokens": 8},
                "completion_tokens_details": {"reasoning_tokens": 186, "audio_tokens": 0,
                  "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
                "num_sources_used": 0},
              "system_fingerprint": "fp_1"
            }"#,
        says(OpenAiChat)
            .id("0daf962f")
            .model("grok-4")
            .result("101 * 3 = 303")
            .cached(37, 197, 8, 0)
            .finish("stop"),
    );
}
