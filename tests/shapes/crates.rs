//! Response types of Rust crates.

use xpander_report::Shape::{Genai, Langchain, Rig};

use crate::says::{expect, says};

mod rig {
    use super::*;

    const USAGE: &str = r#"{"input_tokens": 120, "output_tokens": 45, "total_tokens": 165,
        "cached_input_tokens": 20, "cache_creation_input_tokens": 10, "reasoning_tokens": 7}"#;

    const ORIGIN: &str = r#"{"api": "openai.chat", "provider": "openai", "model": "gpt-5"}"#;

    /// The provider's own response, which must not be mistaken for the crate's.
    const RAW: &str = r#"{"id": "chatcmpl-1", "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Raw."}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}"#;

    #[test]
    fn an_answer_is_read() {
        expect(
            &format!(
                r#"{{"choice": [{{"type": "reasoning", "text": "hm"}},
                     {{"type": "text", "text": "Rain "}}, {{"type": "text", "text": "today."}}],
                     "usage": {USAGE}, "origin": {ORIGIN}, "finish_reason": "stop",
                     "raw": {RAW}}}"#
            ),
            says(Rig)
                .model("gpt-5")
                .result("Rain today.")
                .cached(120, 45, 20, 10)
                .finish("stop"),
        );
    }

    #[test]
    fn the_provider_names_the_model_and_the_response() {
        expect(
            r#"{"choice": [{"type": "text", "text": "Rain."}], "usage": {},
                "origin": {"api": "openai.chat", "provider": "openai", "model": "gpt-5",
                  "response_model": "gpt-5-2025-08-07", "response_id": "chatcmpl-1"},
                "finish_reason": {"other": "weird"}, "raw": null}"#,
            says(Rig)
                .id("chatcmpl-1")
                .model("gpt-5-2025-08-07")
                .result("Rain.")
                .finish("weird"),
        );
    }

    #[test]
    fn calls_are_read() {
        expect(
            &format!(
                r#"{{"choice": [{{"type": "text", "text": "I look."}},
                     {{"type": "toolcall", "id": {{"provider": "call_1"}},
                       "function": {{"name": "get_weather", "arguments": {{"city": "Lima"}}}}}},
                     {{"type": "toolcall", "id": {{"local": "c8ea"}},
                       "function": {{"name": "now", "arguments": {{}}}}}}],
                     "usage": {USAGE}, "origin": {ORIGIN}, "finish_reason": "tool_calls",
                     "raw": {RAW}}}"#
            ),
            says(Rig)
                .model("gpt-5")
                .result("I look.")
                .cached(120, 45, 20, 10)
                .tools(&["get_weather", "now"])
                .finish("tool_calls"),
        );
    }

    #[test]
    fn an_error_an_abort_and_a_filter_are_failures() {
        for (fields, finish, failure) in [
            (
                r#""error": "The model refused.", "finish_reason": "content_filter""#,
                Some("content_filter"),
                "the provider answered with an error: The model refused.",
            ),
            (
                r#""aborted": "too many turns", "finish_reason": null"#,
                None,
                "the answer was aborted: too many turns",
            ),
            (
                r#""finish_reason": "content_filter""#,
                Some("content_filter"),
                "the provider blocked the answer (content_filter)",
            ),
        ] {
            let mut says = says(Rig)
                .model("gpt-5")
                .cached(120, 45, 20, 10)
                .failure(failure);
            if let Some(finish) = finish {
                says = says.finish(finish);
            }
            expect(
                &format!(
                    r#"{{"choice": [], "usage": {USAGE}, "origin": {ORIGIN}, {fields},
                         "raw": null}}"#
                ),
                says,
            );
        }
    }

    #[test]
    fn the_run_of_an_agent_is_read_with_the_calls_on_its_way() {
        expect(
            &format!(
                r#"{{"usage": {USAGE},
                  "completion_calls": [
                    {{"call_index": 0, "usage": {USAGE}, "finish_reason": "tool_calls",
                      "raw": {RAW}}},
                    {{"call_index": 1, "usage": {USAGE}, "finish_reason": "stop", "raw": {RAW}}}],
                  "messages": [
                    {{"role": "user", "content": [{{"type": "text", "text": "Rain?"}}]}},
                    {{"role": "assistant", "origin": {ORIGIN}, "content": [{{"type": "toolcall",
                      "id": {{"provider": "call_1"}},
                      "function": {{"name": "get_weather", "arguments": {{}}}}}}]}},
                    {{"role": "user", "content": [{{"type": "toolresult", "name": "get_weather",
                      "call": {{"provider": "call_1"}},
                      "content": [{{"type": "text", "text": "rain"}}]}}]}},
                    {{"role": "assistant", "content": [{{"type": "text", "text": "Rain."}}]}}],
                  "content": [{{"type": "text", "text": "Rain."}}]}}"#
            ),
            says(Rig)
                .model("gpt-5")
                .result("Rain.")
                .cached(120, 45, 20, 10)
                .tools(&["get_weather"])
                .finish("stop"),
        );
    }

    #[test]
    fn the_run_of_an_agent_needs_no_messages() {
        expect(
            &format!(
                r#"{{"usage": {USAGE}, "messages": [],
                     "content": [{{"type": "text", "text": "Rain."}}, {{"type": "toolcall",
                       "id": {{"local": "1"}}, "function": {{"name": "now", "arguments": {{}}}}}}]}}"#
            ),
            says(Rig)
                .result("Rain.")
                .cached(120, 45, 20, 10)
                .tools(&["now"]),
        );
    }
}

mod genai {
    use super::*;

    const MODEL: &str = r#""model_iden": {"adapter_kind": "Anthropic",
          "model_name": {"Static": "claude"}},
        "provider_model_iden": {"adapter_kind": "Anthropic",
          "model_name": {"Shared": "claude-x"}}"#;

    #[test]
    fn text_calls_and_tokens_are_read() {
        expect(
            &format!(
                r#"{{"content": [{{"Text": "I look."}}, {{"ThoughtSignature": "sig"}},
                     {{"ReasoningContent": "hm"}}, {{"ToolCall": {{"call_id": "call_1",
                       "fn_name": "get_weather", "fn_arguments": {{"city": "Lima"}}}}}}],
                     "reasoning_content": "hm", {MODEL},
                     "stop_reason": {{"ToolCall": "tool_use"}},
                     "usage": {{"prompt_tokens": 120, "completion_tokens": 45,
                       "total_tokens": 165,
                       "prompt_tokens_details": {{"cache_creation_tokens": 10,
                                                  "cached_tokens": 20}},
                       "completion_tokens_details": {{"reasoning_tokens": 7}}}},
                     "captured_raw_body": {{"choices": [{{"message": {{}}}}]}},
                     "response_id": "resp_1"}}"#
            ),
            says(Genai)
                .id("resp_1")
                .model("claude-x")
                .result("I look.")
                .cached(120, 45, 20, 10)
                .tools(&["get_weather"])
                .finish("tool_use"),
        );
    }

    #[test]
    fn the_least_of_it_is_read() {
        expect(
            &format!(r#"{{"content": [{{"Text": "Rain."}}], {MODEL}, "usage": {{}}}}"#),
            says(Genai).model("claude-x").result("Rain."),
        );
    }

    #[test]
    fn what_it_says_of_a_failure_is_read() {
        for (kind, word, failure) in [
            (
                "ContentFilter",
                "refusal",
                "the provider blocked the answer (refusal)",
            ),
            (
                "ContentFilter",
                "SAFETY",
                "the provider blocked the answer (SAFETY)",
            ),
            ("Other", "failed", "the answer failed"),
            ("Other", "cancelled", "the answer was cancelled"),
        ] {
            expect(
                &format!(
                    r#"{{"content": [], {MODEL}, "stop_reason": {{"{kind}": "{word}"}},
                         "usage": {{}}}}"#
                ),
                says(Genai).model("claude-x").finish(word).failure(failure),
            );
        }
    }

    #[test]
    fn other_reasons_are_no_failures() {
        for (kind, word) in [
            ("Completed", "end_turn"),
            ("MaxTokens", "max_tokens"),
            ("StopSequence", "stop_sequence"),
            ("Other", "pause_turn"),
        ] {
            expect(
                &format!(
                    r#"{{"content": [{{"Text": "Rain."}}], {MODEL}, "usage": {{}},
                         "stop_reason": {{"{kind}": "{word}"}}}}"#
                ),
                says(Genai).model("claude-x").result("Rain.").finish(word),
            );
        }
    }
}

mod langchain {
    use super::*;

    #[test]
    fn text_and_tokens_are_read() {
        expect(
            r#"{"tokens": {"prompt_tokens": 26, "completion_tokens": 29, "total_tokens": 55},
                "generation": "Rain today."}"#,
            says(Langchain).result("Rain today.").tokens(26, 29),
        );
        expect(
            r#"{"tokens": null, "generation": "Rain today."}"#,
            says(Langchain).result("Rain today."),
        );
    }

    #[test]
    fn beside_calls_the_text_is_the_calls_again() {
        expect(
            r#"{"tokens": {"prompt_tokens": 26, "completion_tokens": 29, "total_tokens": 55},
                "generation": "[{\"id\": \"call_1\"}]",
                "tool_calls": [{"id": "call_1", "type": "function",
                  "function": {"name": "get_weather", "arguments": "{}"}}]}"#,
            says(Langchain).tokens(26, 29).tools(&["get_weather"]),
        );
    }
}
