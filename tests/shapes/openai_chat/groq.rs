use super::*;

#[test]
fn the_tools_that_it_ran_itself_are_read() {
    expect(
        r#"{
              "id": "chatcmpl-9", "object": "chat.completion", "model": "groq/compound",
              "choices": [{"index": 0, "message": {
                "role": "assistant", "content": "Rain today.",
                "reasoning": "<tool>search(weather)</tool>",
                "executed_tools": [
                  {"index": 0, "type": "search", "arguments": "{\"query\": \"weather\"}",
                   "output": "Title: Weather", "search_results": {"results": []}},
                  {"index": 1, "type": "python", "arguments": "{\"code\": \"1\"}", "output": "1"}
                ]},
                "logprobs": null, "finish_reason": "stop"}],
              "usage": {"queue_time": 0.14, "prompt_tokens": 3151, "prompt_time": 0.1,
                "completion_tokens": 641, "completion_time": 1.5, "total_tokens": 3792,
                "total_time": 1.6},
              "usage_breakdown": {"models": [{"model": "openai/gpt-oss-120b",
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}]},
              "system_fingerprint": null, "x_groq": {"id": "req_1"}, "service_tier": "on_demand"
            }"#,
        says(OpenAiChat)
            .id("chatcmpl-9")
            .model("groq/compound")
            .result("Rain today.")
            .tokens(3151, 641)
            .tools(&["search", "python"])
            .finish("stop"),
    );
}
