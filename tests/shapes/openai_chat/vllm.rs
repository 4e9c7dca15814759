use super::*;

#[test]
fn its_own_fields_are_not_read() {
    expect(
        r#"{
              "id": "chatcmpl-10", "object": "chat.completion", "created": 1,
              "model": "Qwen/Qwen3-8B",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "Rain.",
                "reasoning_content": null, "reasoning": null, "refusal": null, "audio": null,
                "annotations": null, "function_call": null, "tool_calls": []},
                "logprobs": null, "finish_reason": "stop", "stop_reason": 151645,
                "token_ids": null}],
              "usage": {"prompt_tokens": 15, "total_tokens": 18, "completion_tokens": 3,
                        "prompt_tokens_details": null},
              "prompt_logprobs": null, "kv_transfer_params": null, "service_tier": null
            }"#,
        says(OpenAiChat)
            .id("chatcmpl-10")
            .model("Qwen/Qwen3-8B")
            .result("Rain.")
            .tokens(15, 3)
            .finish("stop"),
    );
}

#[test]
fn details_of_the_prompt_are_read_also_where_they_are_spelled_as_one() {
    expect(
        r#"{"object": "chat.completion", "model": "m",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"},
                             "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 15, "total_tokens": 18, "completion_tokens": 3,
                          "prompt_token_details": {"cached_tokens": 12}}}"#,
        says(OpenAiChat)
            .model("m")
            .result("Hi")
            .cached(15, 3, 12, 0)
            .finish("stop"),
    );
}
