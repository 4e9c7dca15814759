use super::*;

#[test]
fn what_its_filters_say_of_a_good_answer_is_not_read() {
    expect(
        r#"{
              "choices": [{
                "content_filter_results": {
                  "hate": {"filtered": false, "severity": "safe"},
                  "protected_material_code": {"filtered": false, "detected": false}
                },
                "finish_reason": "stop", "index": 0, "logprobs": null,
                "message": {"annotations": [], "content": "Rain today.", "refusal": null,
                            "role": "assistant"}
              }],
              "created": 1748000000, "id": "chatcmpl-7", "model": "gpt-4.1-2025-04-14",
              "object": "chat.completion",
              "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {
                "jailbreak": {"filtered": false, "detected": false}}}],
              "usage": {"completion_tokens": 9, "prompt_tokens": 8, "total_tokens": 17}
            }"#,
        says(OpenAiChat)
            .id("chatcmpl-7")
            .model("gpt-4.1-2025-04-14")
            .result("Rain today.")
            .tokens(8, 9)
            .finish("stop"),
    );
}

#[test]
fn a_filtered_answer_is_a_failure_with_what_there_is_of_it() {
    expect(
        r#"{
              "choices": [{
                "content_filter_results": {"violence": {"filtered": true, "severity": "high"}},
                "finish_reason": "content_filter", "index": 0,
                "message": {"content": "First,", "role": "assistant"}
              }],
              "id": "chatcmpl-8", "model": "gpt-4.1", "object": "chat.completion",
              "usage": {"completion_tokens": 2, "prompt_tokens": 8, "total_tokens": 10}
            }"#,
        says(OpenAiChat)
            .id("chatcmpl-8")
            .model("gpt-4.1")
            .result("First,")
            .tokens(8, 2)
            .finish("content_filter")
            .failure("the provider blocked the answer (content_filter)"),
    );
}

#[test]
fn an_answer_on_your_data_is_the_last_of_its_messages() {
    expect(
        r#"{
              "id": "r1", "model": "", "created": 1684304924, "object": "chat.completion",
              "choices": [{"index": 0, "messages": [
                {"role": "tool", "content": "{\"citations\": []}", "end_turn": false},
                {"role": "assistant", "content": "Rain today.", "end_turn": true}
              ]}],
              "usage": {"prompt_tokens": 55, "completion_tokens": 100, "total_tokens": 155}
            }"#,
        says(OpenAiChat)
            .id("r1")
            .result("Rain today.")
            .tokens(55, 100),
    );
}
