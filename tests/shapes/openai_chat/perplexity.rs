use super::*;

#[test]
fn what_its_search_costs_is_completion() {
    expect(
        r#"{
              "id": "66f3900f", "model": "sonar-deep-research", "created": 1,
              "object": "chat.completion",
              "usage": {"prompt_tokens": 33, "completion_tokens": 7163, "total_tokens": 7196,
                "search_context_size": "low", "citation_tokens": 20016,
                "num_search_queries": 18, "reasoning_tokens": 73997,
                "cost": {"total_cost": 0.3}},
              "citations": ["https://example.com"],
              "search_results": [{"title": "T", "url": "https://example.com"}],
              "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Rain[1]."},
                "delta": {"role": "assistant", "content": ""}}]
            }"#,
        says(OpenAiChat)
            .id("66f3900f")
            .model("sonar-deep-research")
            .result("Rain[1].")
            .tokens(33, 101_176)
            .finish("stop"),
    );
}
