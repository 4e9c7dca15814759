use super::*;

#[test]
fn nulls_stand_for_absent_fields() {
    expect(
        r#"{
              "id": "gen-1", "provider": "Google", "model": "google/gemini-3", "created": 1,
              "object": "chat.completion", "system_fingerprint": null,
              "choices": [{"logprobs": null, "finish_reason": "stop",
                "native_finish_reason": "STOP", "index": 0, "error": null,
                "message": {"role": "assistant", "content": "Rain today.", "refusal": null,
                  "reasoning": "Hm.", "tool_calls": null,
                  "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]}}],
              "usage": {"prompt_tokens": 13, "completion_tokens": 11, "total_tokens": 24,
                "cost": 0.0001, "is_byok": false,
                "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 5},
                "completion_tokens_details": {"reasoning_tokens": 4}}
            }"#,
        says(OpenAiChat)
            .id("gen-1")
            .model("google/gemini-3")
            .result("Rain today.")
            .cached(13, 11, 3, 5)
            .finish("stop"),
    );
}

#[test]
fn an_error_in_a_choice_is_a_failure_with_its_cause() {
    expect(
        r#"{
              "id": "gen-2", "model": "m", "object": "chat.completion",
              "choices": [{"index": 0, "finish_reason": "error",
                "message": {"role": "assistant", "content": ""},
                "error": {"code": 502, "message": "Provider returned error",
                  "metadata": {"provider_name": "Nebius", "raw": "Malformed function call"}}}],
              "usage": {"prompt_tokens": 13, "completion_tokens": 0, "total_tokens": 13}
            }"#,
        says(OpenAiChat)
            .id("gen-2")
            .model("m")
            .tokens(13, 0)
            .finish("error")
            .failure(
                "the provider answered with an error (502): Provider returned error: \
                     Malformed function call",
            ),
    );
}

#[test]
fn an_error_beside_the_choices_is_a_failure_whatever_the_status() {
    expect(
        r#"{
              "id": "gen-3", "model": "m", "object": "chat.completion", "choices": [],
              "error": {"code": "rate_limit_exceeded", "message": "Too many requests"}
            }"#,
        says(OpenAiChat).id("gen-3").model("m").failure(
            "the provider answered with an error (rate_limit_exceeded): Too many requests",
        ),
    );
}

#[test]
fn an_answer_that_ends_with_an_error_is_a_failure() {
    expect(
        r#"{"id": "gen-4", "object": "chat.completion", "choices": [{"index": 0,
                "message": {"role": "assistant", "content": "Rain"}, "finish_reason": "error"}]}"#,
        says(OpenAiChat)
            .id("gen-4")
            .result("Rain")
            .finish("error")
            .failure("the answer failed"),
    );
}
