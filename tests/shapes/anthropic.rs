use xpander_report::Shape::{AnthropicLegacy, AnthropicMessages};

use crate::says::{expect, says};

#[test]
fn text_and_tokens_are_read() {
    expect(
        r#"{
          "content": [{"text": "Rain today.", "type": "text", "citations": null}],
          "id": "msg_013Z", "model": "claude-opus-4-6", "role": "assistant",
          "stop_reason": "end_turn", "stop_sequence": null, "type": "message",
          "container": null, "context_management": null,
          "usage": {"input_tokens": 2095, "output_tokens": 503,
            "cache_creation_input_tokens": 2051, "cache_read_input_tokens": 1024,
            "cache_creation": {"ephemeral_5m_input_tokens": 2051,
                               "ephemeral_1h_input_tokens": 0},
            "server_tool_use": {"web_search_requests": 0}, "service_tier": "standard"}
        }"#,
        says(AnthropicMessages)
            .id("msg_013Z")
            .model("claude-opus-4-6")
            .result("Rain today.")
            .cached(2095, 503, 1024, 2051)
            .finish("end_turn"),
    );
}

#[test]
fn every_use_of_a_tool_is_read_wherever_it_runs() {
    expect(
        r#"{
          "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-6",
          "content": [
            {"type": "thinking", "thinking": "Let me look.", "signature": "Eu"},
            {"type": "redacted_thinking", "data": "Eu"},
            {"type": "text", "text": "I look. "},
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search",
             "input": {"query": "weather"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
              {"type": "web_search_result", "title": "T", "url": "https://example.com",
               "encrypted_content": "Eu"}]},
            {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "echo", "server_name": "s",
             "input": {"message": "hi"}},
            {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": false,
             "content": [{"type": "text", "text": "Tool echo: hi"}]},
            {"type": "text", "text": "Now you."},
            {"type": "tool_use", "id": "toolu_1", "name": "get_weather",
             "input": {"city": "Lima", "name": "no tool"}}
          ],
          "stop_reason": "tool_use", "stop_sequence": null,
          "usage": {"input_tokens": 380, "output_tokens": 133}
        }"#,
        says(AnthropicMessages)
            .id("msg_1")
            .model("claude-opus-4-6")
            .result("I look. Now you.")
            .tokens(380, 133)
            .tools(&["web_search", "echo", "get_weather"])
            .finish("tool_use"),
    );
}

#[test]
fn a_refusal_is_a_failure_with_its_explanation() {
    expect(
        r#"{
          "id": "msg_2", "type": "message", "role": "assistant", "model": "claude-opus-4-6",
          "content": [], "stop_reason": "refusal", "stop_sequence": null,
          "stop_details": {"type": "refusal", "category": "cyber",
            "explanation": "This request was declined."},
          "usage": {"input_tokens": 564, "output_tokens": 1}
        }"#,
        says(AnthropicMessages)
            .id("msg_2")
            .model("claude-opus-4-6")
            .tokens(564, 1)
            .finish("refusal")
            .failure("the model refused: This request was declined."),
    );
}

#[test]
fn a_refusal_without_an_explanation_says_what_is_known() {
    expect(
        r#"{"id": "m", "content": [], "stop_reason": "refusal", "model": "claude",
            "stop_details": {"type": "refusal", "category": "cyber", "explanation": null},
            "usage": {"input_tokens": 5, "output_tokens": 1}}"#,
        says(AnthropicMessages)
            .id("m")
            .model("claude")
            .tokens(5, 1)
            .finish("refusal")
            .failure("the model refused: cyber"),
    );
    expect(
        r#"{"id": "m", "content": [], "stop_reason": "refusal", "model": "claude",
            "stop_details": null, "usage": {"input_tokens": 5, "output_tokens": 1}}"#,
        says(AnthropicMessages)
            .id("m")
            .model("claude")
            .tokens(5, 1)
            .finish("refusal")
            .failure("the model refused"),
    );
}

#[test]
fn what_a_compaction_took_is_added_and_an_advisor_is_not() {
    expect(
        r#"{
          "id": "msg_3", "type": "message", "role": "assistant", "model": "claude-opus-4-6",
          "content": [
            {"type": "compaction", "content": "A summary."},
            {"type": "text", "text": "Rain today."}
          ],
          "stop_reason": "end_turn", "stop_sequence": null,
          "usage": {"input_tokens": 682, "output_tokens": 592,
            "cache_creation_input_tokens": 3, "cache_read_input_tokens": 5,
            "iterations": [
              {"type": "compaction", "input_tokens": 60385, "output_tokens": 1320,
               "cache_creation_input_tokens": 30, "cache_read_input_tokens": 50},
              {"type": "advisor_message", "input_tokens": 700, "output_tokens": 70},
              {"type": "message", "input_tokens": 682, "output_tokens": 592}
            ]}
        }"#,
        says(AnthropicMessages)
            .id("msg_3")
            .model("claude-opus-4-6")
            .result("Rain today.")
            .cached(61_067, 1912, 55, 33)
            .finish("end_turn"),
    );
}

#[test]
fn neither_type_nor_role_is_needed() {
    expect(
        r#"{"id": "msg_4", "content": [{"type": "text", "text": "Rain."}], "model": "claude",
            "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 12, "output_tokens": 6}}"#,
        says(AnthropicMessages)
            .id("msg_4")
            .model("claude")
            .result("Rain.")
            .tokens(12, 6)
            .finish("end_turn"),
    );
}

#[test]
fn usage_may_be_missing() {
    for usage in ["", r#", "usage": null"#] {
        expect(
            &format!(
                r#"{{"id": "msg_5", "content": [{{"type": "text", "text": "Rain."}}],
                     "model": "claude", "stop_reason": null{usage}}}"#
            ),
            says(AnthropicMessages)
                .id("msg_5")
                .model("claude")
                .result("Rain."),
        );
    }
}

mod legacy {
    use super::*;

    #[test]
    fn the_one_text_is_read() {
        expect(
            r#"{
              "completion": " Rain today.", "id": "compl_1", "model": "claude-2.1",
              "stop_reason": "stop_sequence", "type": "completion",
              "stop": "\n\nHuman:", "log_id": "compl_1"
            }"#,
            says(AnthropicLegacy)
                .id("compl_1")
                .model("claude-2.1")
                .result(" Rain today.")
                .finish("stop_sequence"),
        );
    }

    #[test]
    fn through_bedrock_it_has_little_else() {
        expect(
            r#"{"completion": " Rain.", "stop_reason": "max_tokens", "stop": null,
                "usage": {"input_tokens": 8, "output_tokens": 10}}"#,
            says(AnthropicLegacy)
                .result(" Rain.")
                .tokens(8, 10)
                .finish("max_tokens"),
        );
    }
}
