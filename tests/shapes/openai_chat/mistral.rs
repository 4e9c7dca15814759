use super::*;

#[test]
fn thinking_parts_are_no_text() {
    expect(
        r#"{
              "id": "0a6e", "created": 1784566716, "model": "magistral-medium-latest",
              "object": "chat.completion",
              "choices": [{"index": 0, "finish_reason": "stop", "message": {
                "role": "assistant", "tool_calls": null, "content": [
                  {"type": "thinking", "closed": true,
                   "thinking": [{"type": "text", "text": "2 and 2."}]},
                  {"type": "text", "text": "It is "},
                  {"type": "text", "text": "4."}
                ]}}],
              "usage": {"prompt_tokens": 10, "total_tokens": 73, "completion_tokens": 63,
                        "num_cached_tokens": 5}
            }"#,
        says(OpenAiChat)
            .id("0a6e")
            .model("magistral-medium-latest")
            .result("It is 4.")
            .cached(10, 63, 5, 0)
            .finish("stop"),
    );
}

#[test]
fn what_it_heard_is_prompt_though_only_the_total_has_it() {
    expect(
        r#"{
              "id": "0a6f", "model": "voxtral-small-latest", "object": "chat.completion",
              "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "A song."}}],
              "usage": {"prompt_audio_seconds": 4, "prompt_tokens": 9, "total_tokens": 585,
                "completion_tokens": 201,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 375}}
            }"#,
        says(OpenAiChat)
            .id("0a6f")
            .model("voxtral-small-latest")
            .result("A song.")
            .tokens(384, 201)
            .finish("stop"),
    );
}
