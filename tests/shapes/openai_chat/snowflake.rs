use super::*;

#[test]
fn its_messages_may_be_one_text() {
    expect(
        r#"{"choices": [{"messages": " Rain today."}], "created": 1708536426,
                "model": "llama3.1-70b",
                "usage": {"prompt_tokens": 25, "completion_tokens": 95, "total_tokens": 120}}"#,
        says(OpenAiChat)
            .model("llama3.1-70b")
            .result(" Rain today.")
            .tokens(25, 95),
    );
}

#[test]
fn empty_strings_stand_for_absent_fields() {
    expect(
        r#"{
              "choices": [{"finish_reason": "", "index": 0,
                "message": {"audio": {"data": "", "id": "", "transcript": ""}, "content": "4",
                  "function_call": {"arguments": "", "name": ""}, "refusal": "",
                  "role": "assistant", "tool_calls": null}}],
              "created": 1783468047, "id": "", "model": "claude-sonnet-4-6",
              "object": "chat.completion",
              "usage": {"completion_tokens": 5, "prompt_tokens": 22, "total_tokens": 27}
            }"#,
        says(OpenAiChat)
            .model("claude-sonnet-4-6")
            .result("4")
            .tokens(22, 5),
    );
}
