use xpander_report::Shape::OpenAiResponses;

use crate::says::{expect, says};

#[test]
fn text_and_tokens_are_read() {
    expect(
        r#"{
          "id": "resp_67cc", "object": "response", "created_at": 1741476542,
          "status": "completed", "completed_at": 1741476543, "error": null,
          "incomplete_details": null, "instructions": null, "max_output_tokens": null,
          "model": "gpt-5.4",
          "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [
              {"type": "summary_text", "text": "Thinking of rain."}]},
            {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
             "content": [
               {"type": "output_text", "text": "Rain ", "annotations": []},
               {"type": "output_text", "text": "today.", "annotations": [], "logprobs": []}]}
          ],
          "parallel_tool_calls": true, "previous_response_id": null,
          "reasoning": {"effort": null, "summary": null}, "store": true, "temperature": 1.0,
          "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [],
          "top_p": 1.0, "truncation": "disabled",
          "usage": {"input_tokens": 36,
            "input_tokens_details": {"cached_tokens": 16, "cache_write_tokens": 4},
            "output_tokens": 87, "output_tokens_details": {"reasoning_tokens": 64},
            "total_tokens": 123},
          "user": null, "metadata": {}
        }"#,
        says(OpenAiResponses)
            .id("resp_67cc")
            .model("gpt-5.4")
            .result("Rain today.")
            .cached(36, 87, 16, 4)
            .finish("completed"),
    );
}

#[test]
fn every_call_is_a_tool_and_those_that_were_offered_are_none() {
    expect(
        r#"{
          "id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5.4",
          "output": [
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather",
             "arguments": "{\"city\":\"Lima\"}", "status": "completed"},
            {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "input": "4 + 4",
             "name": "calculate"},
            {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "dice", "tools": [
              {"name": "roll", "input_schema": {"type": "object"}}]},
            {"type": "mcp_call", "id": "mcp_1", "name": "roll", "server_label": "dice",
             "arguments": "{}", "output": "4", "error": null},
            {"type": "web_search_call", "id": "ws_1", "status": "completed",
             "action": {"type": "search", "query": "weather"}},
            {"type": "code_interpreter_call", "id": "ci_1", "code": "1", "outputs": null},
            {"type": "function_call_output", "call_id": "call_1", "output": "rain"}
          ],
          "tools": [{"type": "function", "name": "never_called", "parameters": {}}],
          "usage": {"input_tokens": 291, "output_tokens": 23,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 314}
        }"#,
        says(OpenAiResponses)
            .id("resp_1")
            .model("gpt-5.4")
            .tokens(291, 23)
            .tools(&[
                "get_weather",
                "calculate",
                "roll",
                "web_search",
                "code_interpreter",
            ])
            .finish("completed"),
    );
}

#[test]
fn a_refusal_is_a_failure_with_the_models_words() {
    expect(
        r#"{
          "id": "resp_2", "object": "response", "status": "completed", "model": "gpt-5.4",
          "output": [{"type": "message", "id": "msg_1", "role": "assistant", "content": [
            {"type": "refusal", "refusal": "I can't help with that."}]}],
          "usage": {"input_tokens": 30, "output_tokens": 8, "total_tokens": 38}
        }"#,
        says(OpenAiResponses)
            .id("resp_2")
            .model("gpt-5.4")
            .tokens(30, 8)
            .finish("completed")
            .failure("the model refused: I can't help with that."),
    );
}

#[test]
fn an_answer_that_was_cut_is_no_failure() {
    expect(
        r#"{
          "id": "resp_3", "object": "response", "status": "incomplete", "error": null,
          "incomplete_details": {"reason": "max_output_tokens"}, "model": "gpt-5.4",
          "output": [{"type": "message", "role": "assistant", "status": "incomplete",
            "content": [{"type": "output_text", "text": "Rain to"}]}],
          "usage": {"input_tokens": 30, "output_tokens": 3, "total_tokens": 33}
        }"#,
        says(OpenAiResponses)
            .id("resp_3")
            .model("gpt-5.4")
            .result("Rain to")
            .tokens(30, 3)
            .finish("max_output_tokens"),
    );
}

#[test]
fn an_answer_that_was_filtered_is_a_failure() {
    expect(
        r#"{
          "id": "resp_4", "object": "response", "status": "incomplete", "model": "gpt-5.4",
          "incomplete_details": {"reason": "content_filter"}, "output": [],
          "usage": {"input_tokens": 30, "output_tokens": 0, "total_tokens": 30}
        }"#,
        says(OpenAiResponses)
            .id("resp_4")
            .model("gpt-5.4")
            .tokens(30, 0)
            .finish("content_filter")
            .failure("the provider blocked the answer (content_filter)"),
    );
}

#[test]
fn a_failed_answer_says_why() {
    expect(
        r#"{
          "id": "resp_5", "object": "response", "status": "failed", "model": "gpt-5.4",
          "error": {"code": "server_error",
            "message": "The model failed to generate a response."},
          "incomplete_details": null, "output": [], "usage": null
        }"#,
        says(OpenAiResponses)
            .id("resp_5")
            .model("gpt-5.4")
            .finish("failed")
            .failure(
                "the provider answered with an error (server_error): The model failed to \
                 generate a response.",
            ),
    );
    expect(
        r#"{"id": "resp_6", "object": "response", "status": "failed", "error": null,
            "model": "m", "output": []}"#,
        says(OpenAiResponses)
            .id("resp_6")
            .model("m")
            .finish("failed")
            .failure("the answer failed"),
    );
}

#[test]
fn a_cancelled_answer_is_a_failure() {
    expect(
        r#"{"id": "resp_7", "object": "response", "status": "cancelled", "background": true,
            "error": null, "model": "m", "output": [], "usage": null}"#,
        says(OpenAiResponses)
            .id("resp_7")
            .model("m")
            .finish("cancelled")
            .failure("the answer was cancelled"),
    );
}

#[test]
fn an_answer_that_is_under_way_is_no_failure() {
    for status in ["queued", "in_progress"] {
        expect(
            &format!(
                r#"{{"id": "resp_8", "object": "response", "status": "{status}",
                     "background": true, "error": null, "model": "m", "output": [],
                     "usage": null}}"#
            ),
            says(OpenAiResponses).id("resp_8").model("m").finish(status),
        );
    }
}

#[test]
fn a_compaction_has_tokens_and_no_text() {
    expect(
        r#"{
          "id": "resp_9", "object": "response.compaction", "created_at": 1764967971,
          "output": [
            {"id": "msg_1", "type": "message", "status": "completed", "role": "user",
             "content": [{"type": "input_text", "text": "Write a page."}]},
            {"id": "cmp_1", "type": "compaction", "encrypted_content": "gAAA"}
          ],
          "usage": {"input_tokens": 139,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 438, "output_tokens_details": {"reasoning_tokens": 64},
            "total_tokens": 577}
        }"#,
        says(OpenAiResponses).id("resp_9").tokens(139, 438),
    );
}

#[test]
fn azures_filters_are_not_read() {
    expect(
        r#"{
          "id": "resp_10", "object": "response", "status": "completed", "model": "gpt-5.2",
          "content_filters": [{"blocked": false, "source_type": "prompt",
            "content_filter_results": {"jailbreak": {"detected": false, "filtered": false}},
            "content_filter_offsets": {"start_offset": 0, "end_offset": 368}}],
          "output": [{"id": "msg_1", "type": "message", "status": "completed",
            "role": "assistant", "content": [
              {"type": "output_text", "annotations": [], "text": "Rain."}]}],
          "tool_usage": {"web_search": {"num_requests": 0}},
          "usage": {"input_tokens": 12, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 22, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 34}
        }"#,
        says(OpenAiResponses)
            .id("resp_10")
            .model("gpt-5.2")
            .result("Rain.")
            .tokens(12, 22)
            .finish("completed"),
    );
}

#[test]
fn text_is_read_whatever_its_item_is_called() {
    expect(
        r#"{"id": "resp_11", "object": "response", "status": "completed", "model": "m",
            "output": [
              {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "Hm."}]},
              {"type": "of_the_future", "content": [{"type": "output_text", "text": "Rain."}]}]}"#,
        says(OpenAiResponses)
            .id("resp_11")
            .model("m")
            .result("Rain.")
            .finish("completed"),
    );
}
