use super::*;

#[test]
fn names_in_camel_case_are_read_as_well() {
    expect(
        r#"{"choices": [{"message": {"role": "assistant", "content": "Rain.",
                "toolCalls": [{"function": {"name": "look"}}]}, "finishReason": "stop"}],
                "usage": {"promptTokens": 5, "completionTokens": 1, "totalTokens": 6}}"#,
        says(OpenAiChat)
            .result("Rain.")
            .tokens(5, 1)
            .tools(&["look"])
            .finish("stop"),
    );
}
