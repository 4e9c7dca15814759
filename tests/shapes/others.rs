//! APIs that only one provider has.

use xpander_report::Shape;

use crate::says::{expect, expect_ordinary, says};

mod mistral_conversations {
    use super::*;

    #[test]
    fn text_is_read_and_what_its_own_tools_brought_in_is_prompt() {
        expect(
            r#"{
              "conversation_id": "conv_1", "object": "conversation.response",
              "usage": {"prompt_tokens": 189, "completion_tokens": 435, "total_tokens": 7629,
                "connector_tokens": 7005, "connectors": {"web_search": 1}},
              "outputs": [
                {"type": "tool.execution", "name": "web_search", "object": "entry",
                 "created_at": "2025-05-27T11:34:11Z", "id": "tool_exec_1"},
                {"type": "message.output", "role": "assistant", "object": "entry",
                 "id": "msg_1", "agent_id": "ag_1", "model": "mistral-medium-2505",
                 "content": [
                   {"type": "text", "text": "Rain"},
                   {"type": "tool_reference", "tool": "web_search", "title": "News",
                    "url": "https://example.com"},
                   {"type": "text", "text": " today."}]}
              ]
            }"#,
            says(Shape::MistralConversations)
                .id("msg_1")
                .model("mistral-medium-2505")
                .result("Rain today.")
                .tokens(7194, 435)
                .tools(&["web_search"]),
        );
    }

    #[test]
    fn calls_of_functions_are_read() {
        expect(
            r#"{
              "conversation_id": "conv_2", "object": "conversation.response",
              "outputs": [{"type": "function.call", "id": "fc_1", "tool_call_id": "r1",
                "name": "get_weather", "arguments": "{}", "model": "mistral-medium-2505"}],
              "usage": {"prompt_tokens": 160, "completion_tokens": 18, "total_tokens": 178}
            }"#,
            says(Shape::MistralConversations)
                .id("fc_1")
                .model("mistral-medium-2505")
                .tokens(160, 18)
                .tools(&["get_weather"]),
        );
    }
}

mod dashscope {
    use super::*;

    #[test]
    fn messages_are_read() {
        expect(
            r#"{
              "status_code": 200, "request_id": "902f", "code": "", "message": "",
              "output": {"text": null, "finish_reason": null, "choices": [
                {"finish_reason": "stop", "message": {"role": "assistant",
                 "content": "Rain today.", "reasoning_content": "Hm."}}]},
              "usage": {"input_tokens": 22, "output_tokens": 17, "total_tokens": 39,
                "prompt_tokens_details": {"cached_tokens": 16},
                "output_tokens_details": {"reasoning_tokens": 9}}
            }"#,
            says(Shape::DashScope)
                .id("902f")
                .result("Rain today.")
                .cached(22, 17, 16, 0)
                .finish("stop"),
        );
    }

    #[test]
    fn a_bare_text_is_read_and_the_word_null_is_no_reason() {
        expect(
            r#"{"output": {"finish_reason": "null", "text": "Rain"},
                "usage": {"input_tokens": 3, "output_tokens": 1}, "request_id": "902g"}"#,
            says(Shape::DashScope)
                .id("902g")
                .result("Rain")
                .tokens(3, 1),
        );
    }

    #[test]
    fn parts_without_a_type_and_calls_are_read() {
        expect(
            r#"{
              "output": {"choices": [{"finish_reason": "tool_calls", "message": {
                "role": "assistant", "content": [{"text": "A dog."}, {"image": "oss://1"}],
                "tool_calls": [{"id": "1", "type": "function", "index": 0,
                  "function": {"name": "look", "arguments": "{}"}}]}}]},
              "usage": {"input_tokens": 1271, "image_tokens": 1247, "output_tokens": 55},
              "request_id": "902h"
            }"#,
            says(Shape::DashScope)
                .id("902h")
                .result("A dog.")
                .tokens(1271, 55)
                .tools(&["look"])
                .finish("tool_calls"),
        );
    }
}

mod watsonx {
    use super::*;

    #[test]
    fn a_generated_text_is_read() {
        expect(
            r#"{
              "model_id": "ibm/granite-13b-instruct-v2", "created_at": "2026-01-01T10:00:00Z",
              "results": [{"generated_text": "Rain today.", "generated_token_count": 4,
                "input_token_count": 7, "stop_reason": "eos_token"}],
              "system": {"warnings": [{"message": "A disclaimer.", "id": "disclaimer_warning"}]}
            }"#,
            says(Shape::Watsonx)
                .model("ibm/granite-13b-instruct-v2")
                .result("Rain today.")
                .tokens(7, 4)
                .finish("eos_token"),
        );
    }

    #[test]
    fn an_error_is_a_failure() {
        expect(
            r#"{"model_id": "m", "results": [{"generated_text": "", "generated_token_count": 0,
                "input_token_count": 7, "stop_reason": "error"}]}"#,
            says(Shape::Watsonx)
                .model("m")
                .tokens(7, 0)
                .finish("error")
                .failure("the answer failed"),
        );
    }
}

mod replicate {
    use super::*;

    const URLS: &str = r#"{"get": "https://api.replicate.com/v1/predictions/jp9n",
        "cancel": "https://api.replicate.com/v1/predictions/jp9n/cancel"}"#;

    #[test]
    fn the_pieces_of_a_text_are_joined() {
        expect(
            &format!(
                r#"{{
                  "id": "jp9n", "model": "meta/meta-llama-3-8b-instruct", "version": "dp-a5",
                  "input": {{"prompt": "Rain?"}}, "logs": "", "error": null,
                  "output": ["Rain", " today", "."], "status": "succeeded",
                  "created_at": "2026-01-01T10:00:00Z", "urls": {URLS},
                  "metrics": {{"input_token_count": 15, "output_token_count": 4,
                              "predict_time": 0.5, "tokens_per_second": 60.1}}
                }}"#
            ),
            says(Shape::Replicate)
                .id("jp9n")
                .model("meta/meta-llama-3-8b-instruct")
                .result("Rain today.")
                .tokens(15, 4)
                .finish("succeeded"),
        );
    }

    #[test]
    fn what_is_under_way_is_no_failure_and_what_failed_is() {
        expect(
            &format!(r#"{{"id": "jp9n", "status": "starting", "error": null, "urls": {URLS}}}"#),
            says(Shape::Replicate).id("jp9n").finish("starting"),
        );
        expect(
            &format!(
                r#"{{"id": "jp9n", "status": "failed", "output": null,
                     "error": "CUDA out of memory", "urls": {URLS}}}"#
            ),
            says(Shape::Replicate)
                .id("jp9n")
                .finish("failed")
                .failure("the answer failed: CUDA out of memory"),
        );
        expect(
            &format!(r#"{{"id": "jp9n", "status": "canceled", "error": null, "urls": {URLS}}}"#),
            says(Shape::Replicate)
                .id("jp9n")
                .finish("canceled")
                .failure("the answer was cancelled"),
        );
    }

    #[test]
    fn a_task_elsewhere_is_none() {
        expect_ordinary(r#"{"id": "1", "status": "done", "urls": {"get": "https://e.com/1"}}"#);
    }
}

mod cloudflare {
    use super::*;

    #[test]
    fn what_its_envelope_holds_is_read() {
        expect(
            r#"{
              "result": {"response": "Rain today.", "tool_calls": [
                {"name": "get_weather", "arguments": {"city": "Lima"}}],
                "usage": {"prompt_tokens": 26, "completion_tokens": 5, "total_tokens": 31}},
              "success": true, "errors": [], "messages": []
            }"#,
            says(Shape::Cloudflare)
                .result("Rain today.")
                .tokens(26, 5)
                .tools(&["get_weather"]),
        );
    }
}

mod meta_llama {
    use super::*;

    #[test]
    fn text_calls_and_tokens_are_read() {
        expect(
            r#"{
              "id": "AiMw",
              "completion_message": {"role": "assistant", "stop_reason": "tool_calls",
                "content": {"type": "text", "text": "I look."},
                "tool_calls": [{"id": "1",
                  "function": {"name": "get_weather", "arguments": "{}"}}]},
              "metrics": [
                {"metric": "num_completion_tokens", "value": 25, "unit": "tokens"},
                {"metric": "num_prompt_tokens", "value": 31, "unit": "tokens"},
                {"metric": "num_total_tokens", "value": 56, "unit": "tokens"}]
            }"#,
            says(Shape::MetaLlama)
                .id("AiMw")
                .result("I look.")
                .tokens(31, 25)
                .tools(&["get_weather"])
                .finish("tool_calls"),
        );
    }
}

mod llama_cpp {
    use super::*;

    #[test]
    fn text_and_tokens_are_read() {
        expect(
            r#"{
              "index": 0, "content": " Rain today.", "tokens": [], "id_slot": 0, "stop": true,
              "model": "qwen3", "tokens_predicted": 16, "tokens_evaluated": 14,
              "generation_settings": {"n_predict": 16}, "prompt": "Rain?",
              "has_new_line": false, "truncated": false, "stop_type": "limit",
              "stopping_word": "", "tokens_cached": 29,
              "timings": {"prompt_n": 14, "predicted_n": 16}
            }"#,
            says(Shape::LlamaCpp)
                .model("qwen3")
                .result(" Rain today.")
                .tokens(14, 16)
                .finish("limit"),
        );
    }
}

mod aleph_alpha {
    use super::*;

    #[test]
    fn text_and_tokens_are_read() {
        expect(
            r#"{
              "model_version": "2022-04",
              "completions": [{"log_probs": null, "completion": " Rain today.",
                "finish_reason": "maximum_tokens", "raw_completion": " Rain today."}],
              "optimized_prompt": null, "num_tokens_prompt_total": 9, "num_tokens_generated": 8
            }"#,
            says(Shape::AlephAlpha)
                .model("2022-04")
                .result(" Rain today.")
                .tokens(9, 8)
                .finish("maximum_tokens"),
        );
    }
}
