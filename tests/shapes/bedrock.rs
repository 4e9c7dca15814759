use xpander_report::Shape::{
    BedrockAi21, BedrockConverse, BedrockLlama, BedrockMistral, BedrockTitan,
};

use crate::says::{expect, says};

mod converse {
    use super::*;

    #[test]
    fn text_tools_and_tokens_are_read() {
        expect(
            r#"{
              "output": {"message": {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "Eu"}}},
                {"text": "I look."},
                {"toolUse": {"toolUseId": "tooluse_1", "name": "get_weather",
                             "input": {"city": "Lima"}}}
              ]}},
              "stopReason": "tool_use", "metrics": {"latencyMs": 1175},
              "usage": {"inputTokens": 433, "outputTokens": 16, "totalTokens": 3201,
                "cacheReadInputTokens": 2700, "cacheReadInputTokenCount": 2700,
                "cacheWriteInputTokens": 52, "cacheWriteInputTokenCount": 52,
                "cacheDetails": [{"inputTokens": 52, "ttl": "5m"}], "serverToolUsage": {}}
            }"#,
            says(BedrockConverse)
                .result("I look.")
                .cached(433, 16, 2700, 52)
                .tools(&["get_weather"])
                .finish("tool_use"),
        );
    }

    #[test]
    fn what_stands_with_citations_is_text() {
        expect(
            r#"{
              "output": {"message": {"role": "assistant", "content": [
                {"text": "They should "},
                {"citationsContent": {"content": [{"text": "ask."}], "citations": [
                  {"title": "policy", "sourceContent": [{"text": "Ask for details."}]}]}}
              ]}},
              "stopReason": "end_turn",
              "usage": {"inputTokens": 973, "outputTokens": 39, "totalTokens": 1012}
            }"#,
            says(BedrockConverse)
                .result("They should ask.")
                .tokens(973, 39)
                .finish("end_turn"),
        );
    }

    #[test]
    fn a_guardrail_that_steps_in_makes_a_failure() {
        expect(
            r#"{
              "output": {"message": {"role": "assistant", "content": [
                {"text": "Sorry, I cannot say."}]}},
              "stopReason": "guardrail_intervened",
              "trace": {"guardrail": {"modelOutput": ["{\"output\": {}}"]}},
              "usage": {"inputTokens": 54, "outputTokens": 18, "totalTokens": 72}
            }"#,
            says(BedrockConverse)
                .result("Sorry, I cannot say.")
                .tokens(54, 18)
                .finish("guardrail_intervened")
                .failure("the provider blocked the answer (guardrail_intervened)"),
        );
    }

    #[test]
    fn what_was_filtered_or_malformed_is_a_failure() {
        for (reason, failure) in [
            (
                "content_filtered",
                "the provider blocked the answer (content_filtered)",
            ),
            (
                "malformed_tool_use",
                "the answer failed (malformed_tool_use)",
            ),
            (
                "malformed_model_output",
                "the answer failed (malformed_model_output)",
            ),
        ] {
            expect(
                &format!(
                    r#"{{"output": {{"message": {{"role": "assistant", "content": []}}}},
                         "stopReason": "{reason}",
                         "usage": {{"inputTokens": 5, "outputTokens": 0, "totalTokens": 5}}}}"#
                ),
                says(BedrockConverse)
                    .tokens(5, 0)
                    .finish(reason)
                    .failure(failure),
            );
        }
    }
}

mod nova {
    use super::*;

    #[test]
    fn it_is_read_as_converse() {
        expect(
            r#"{
              "output": {"message": {"content": [{"text": "Rain today."}], "role": "assistant"}},
              "stopReason": "end_turn",
              "usage": {"inputTokens": 408, "outputTokens": 54, "totalTokens": 462,
                "cacheReadInputTokenCount": 7, "cacheWriteInputTokenCount": 8}
            }"#,
            says(BedrockConverse)
                .result("Rain today.")
                .cached(408, 54, 7, 8)
                .finish("end_turn"),
        );
    }
}

mod titan {
    use super::*;

    #[test]
    fn the_tokens_of_all_results_are_added() {
        expect(
            r#"{
              "inputTextTokenCount": 30,
              "results": [
                {"tokenCount": 29, "outputText": "Rain today.", "completionReason": "FINISH"},
                {"tokenCount": 11.0, "outputText": "Sun.", "completionReason": "LENGTH"}
              ]
            }"#,
            says(BedrockTitan)
                .result("Rain today.")
                .tokens(30, 40)
                .finish("FINISH"),
        );
    }

    #[test]
    fn what_was_filtered_is_a_failure() {
        expect(
            r#"{"inputTextTokenCount": 3, "results": [{"tokenCount": 0, "outputText": "",
                "completionReason": "CONTENT_FILTERED"}]}"#,
            says(BedrockTitan)
                .tokens(3, 0)
                .finish("CONTENT_FILTERED")
                .failure("the provider blocked the answer (CONTENT_FILTERED)"),
        );
    }
}

mod llama {
    use super::*;

    #[test]
    fn text_and_tokens_are_read() {
        expect(
            r#"{"generation": "Rain today.", "prompt_token_count": 792,
                "generation_token_count": 300, "stop_reason": "length", "images": null}"#,
            says(BedrockLlama)
                .result("Rain today.")
                .tokens(792, 300)
                .finish("length"),
        );
    }
}

mod mistral {
    use super::*;

    #[test]
    fn it_has_a_text_and_no_tokens() {
        expect(
            r#"{"outputs": [{"text": " Rain today.", "stop_reason": "stop"}]}"#,
            says(BedrockMistral).result(" Rain today.").finish("stop"),
        );
    }
}

mod ai21 {
    use super::*;

    #[test]
    fn the_tokens_of_jurassic_are_counted() {
        expect(
            r#"{
              "id": 1234,
              "prompt": {"text": "Rain?", "tokens": [
                {"generatedToken": {"token": "Rain", "logprob": -8.3},
                 "textRange": {"start": 0, "end": 4}},
                {"generatedToken": {"token": "?", "logprob": -2.2},
                 "textRange": {"start": 4, "end": 5}}]},
              "completions": [{"data": {"text": "\nYes.", "tokens": [
                {"generatedToken": {"token": "<|newline|>", "logprob": -0.1}},
                {"generatedToken": {"token": "Yes", "logprob": -0.1}},
                {"generatedToken": {"token": ".", "logprob": -0.1}}]},
                "finishReason": {"reason": "endoftext"}}]
            }"#,
            says(BedrockAi21)
                .result("\nYes.")
                .tokens(2, 3)
                .finish("endoftext"),
        );
    }
}
