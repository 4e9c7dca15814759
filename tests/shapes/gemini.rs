use xpander_report::Shape::{Gemini, GeminiInteractions, VertexPredict};

use crate::says::{expect, says};

#[test]
fn text_and_tokens_are_read() {
    expect(
        r#"{
          "candidates": [{"content": {"parts": [{"text": "Rain "}, {"text": "today."}],
            "role": "model"}, "finishReason": "STOP", "index": 0, "avgLogprobs": -0.1,
            "citationMetadata": {"citationSources": []}}],
          "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 500,
            "totalTokenCount": 508,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}],
            "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": 500}]},
          "modelVersion": "gemini-2.5-flash", "responseId": "mAitaLmk"
        }"#,
        says(Gemini)
            .id("mAitaLmk")
            .model("gemini-2.5-flash")
            .result("Rain today.")
            .tokens(8, 500)
            .finish("STOP"),
    );
}

#[test]
fn snake_case_is_read_as_well() {
    expect(
        r#"{
          "candidates": [{"content": {"parts": [{"text": "Hm.", "thought": true},
            {"text": "Rain.", "thought": null, "function_call": null},
            {"function_call": {"id": null, "name": "look", "args": {}}}], "role": "model"},
            "finish_reason": "STOP", "finish_message": null}],
          "model_version": "gemini-2.5-pro", "response_id": "r1", "prompt_feedback": null,
          "usage_metadata": {"prompt_token_count": 20, "candidates_token_count": 30,
            "thoughts_token_count": 40, "tool_use_prompt_token_count": 50,
            "cached_content_token_count": 10, "total_token_count": 140}
        }"#,
        says(Gemini)
            .id("r1")
            .model("gemini-2.5-pro")
            .result("Rain.")
            .cached(70, 70, 10, 0)
            .tools(&["look"])
            .finish("STOP"),
    );
}

#[test]
fn thoughts_are_no_text_but_completion_and_the_prompts_of_tools_are_prompt() {
    expect(
        r#"{
          "candidates": [{"content": {"parts": [
            {"text": "**Thinking**", "thought": true},
            {"text": "Rain.", "thoughtSignature": "Ctg"}], "role": "model"},
            "finishReason": "STOP", "urlContextMetadata": {"urlMetadata": []}}],
          "usageMetadata": {"promptTokenCount": 20, "candidatesTokenCount": 192,
            "totalTokenCount": 775, "toolUsePromptTokenCount": 371, "thoughtsTokenCount": 192,
            "cachedContentTokenCount": 12, "trafficType": "ON_DEMAND"},
          "modelVersion": "gemini-2.5-flash", "createTime": "2026-01-01T10:00:00Z",
          "responseId": "r2"
        }"#,
        says(Gemini)
            .id("r2")
            .model("gemini-2.5-flash")
            .result("Rain.")
            .cached(391, 384, 12, 0)
            .finish("STOP"),
    );
}

#[test]
fn functions_and_the_tools_that_it_ran_itself_are_read() {
    expect(
        r#"{
          "candidates": [{"content": {"parts": [
            {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
            {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "args": {}, "id": "1"}},
            {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "response": {}, "id": "1"}},
            {"functionCall": {"name": "get_weather", "args": {"city": "Lima"}}},
            {"functionCall": {"name": "get_weather", "args": {"city": "Oslo"}}}
          ], "role": "model"}, "finishReason": "STOP", "index": 0}],
          "usageMetadata": {"promptTokenCount": 102, "candidatesTokenCount": 7,
            "totalTokenCount": 109},
          "modelVersion": "gemini-3-flash"
        }"#,
        says(Gemini)
            .model("gemini-3-flash")
            .tokens(102, 7)
            .tools(&[
                "code_execution",
                "GOOGLE_SEARCH_WEB",
                "get_weather",
                "get_weather",
            ])
            .finish("STOP"),
    );
}

#[test]
fn a_blocked_prompt_is_a_failure() {
    expect(
        r#"{
          "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
          "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
          "modelVersion": "gemini-2.5-flash", "responseId": "r3"
        }"#,
        says(Gemini)
            .id("r3")
            .model("gemini-2.5-flash")
            .tokens(9, 0)
            .failure("the provider blocked the prompt (PROHIBITED_CONTENT)"),
    );
    expect(
        r#"{"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "It is unsafe.",
            "safetyRatings": []}}"#,
        says(Gemini).failure("the provider blocked the prompt (SAFETY): It is unsafe."),
    );
}

#[test]
fn a_blocked_answer_is_a_failure_with_what_there_is_of_it() {
    for reason in [
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MODEL_ARMOR",
        "IMAGE_SAFETY",
    ] {
        expect(
            &format!(
                r#"{{"candidates": [{{"content": {{"parts": [{{"text": "First"}}],
                     "role": "model"}}, "finishReason": "{reason}", "safetyRatings": [
                     {{"category": "HARM_CATEGORY_HARASSMENT", "blocked": true}}]}}],
                     "usageMetadata": {{"promptTokenCount": 9, "candidatesTokenCount": 1,
                     "totalTokenCount": 10}}, "modelVersion": "gemini-2.5-flash"}}"#
            ),
            says(Gemini)
                .model("gemini-2.5-flash")
                .result("First")
                .tokens(9, 1)
                .finish(reason)
                .failure(&format!("the provider blocked the answer ({reason})")),
        );
    }
}

#[test]
fn a_call_that_it_could_not_make_is_a_failure() {
    expect(
        r#"{"candidates": [{"content": {}, "finishReason": "MALFORMED_FUNCTION_CALL",
            "finishMessage": "Malformed function call: print("}],
            "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
            "modelVersion": "gemini-2.5-flash"}"#,
        says(Gemini)
            .model("gemini-2.5-flash")
            .tokens(9, 0)
            .finish("MALFORMED_FUNCTION_CALL")
            .failure(
                "the answer failed (MALFORMED_FUNCTION_CALL): Malformed function call: print(",
            ),
    );
}

#[test]
fn no_answer_for_another_reason_is_a_failure() {
    expect(
        r#"{"candidates": [{"finishReason": "OTHER", "finishMessage": "An internal error."}],
            "modelVersion": "gemini-2.5-flash"}"#,
        says(Gemini)
            .model("gemini-2.5-flash")
            .finish("OTHER")
            .failure("the answer failed (OTHER): An internal error."),
    );
    expect(
        r#"{"candidates": [{"content": {"parts": [{"text": "Rain."}]}, "finishReason": "OTHER"}]}"#,
        says(Gemini).result("Rain.").finish("OTHER"),
    );
}

#[test]
fn an_answer_that_was_cut_is_no_failure() {
    expect(
        r#"{"candidates": [{"content": {"parts": [{"text": "Rain to"}], "role": "model"},
            "finishReason": "MAX_TOKENS"}],
            "promptFeedback": {"blockReason": "BLOCKED_REASON_UNSPECIFIED"},
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2,
            "totalTokenCount": 11}}"#,
        says(Gemini)
            .result("Rain to")
            .tokens(9, 2)
            .finish("MAX_TOKENS"),
    );
}

#[test]
fn of_several_candidates_the_first_is_read() {
    expect(
        r#"{"candidates": [
              {"content": {"parts": [{"text": "Rain."}]}, "finishReason": "STOP"},
              {"content": {"parts": [{"text": "Sun."}]}, "finishReason": "SAFETY"}]}"#,
        says(Gemini).result("Rain.").finish("STOP"),
    );
}

mod interactions {
    use super::*;

    #[test]
    fn text_calls_and_tokens_are_read() {
        expect(
            r#"{
              "id": "v1_1", "status": "requires_action", "object": "interaction",
              "created": "2026-05-15T18:52:00Z", "updated": "2026-05-15T18:52:00Z",
              "service_tier": "standard", "model": "gemini-3-flash",
              "steps": [
                {"signature": "CtkB", "type": "thought"},
                {"type": "google_search_call", "id": "1", "arguments": {"queries": ["rain"]}},
                {"type": "google_search_result", "call_id": "1", "result": []},
                {"type": "model_output", "content": [{"type": "text", "text": "I look."}]},
                {"type": "function_call", "id": "2", "name": "get_weather", "arguments": {}}
              ],
              "usage": {"total_tokens": 112, "total_input_tokens": 53,
                "input_tokens_by_modality": [{"modality": "text", "tokens": 53}],
                "total_cached_tokens": 7, "total_output_tokens": 15,
                "total_tool_use_tokens": 3, "total_thought_tokens": 41}
            }"#,
            says(GeminiInteractions)
                .id("v1_1")
                .model("gemini-3-flash")
                .result("I look.")
                .cached(56, 56, 7, 0)
                .tools(&["google_search", "get_weather"])
                .finish("requires_action"),
        );
    }

    #[test]
    fn its_first_form_has_outputs() {
        expect(
            r#"{
              "id": "v1_2", "status": "completed", "object": "interaction", "role": "model",
              "model": "gemini-2.5-flash",
              "outputs": [{"type": "thought", "signature": "Cr0B"},
                          {"type": "text", "text": "Rain."}],
              "usage": {"total_input_tokens": 14, "total_output_tokens": 1,
                "total_thought_tokens": 43, "total_cached_tokens": 0, "total_tokens": 58}
            }"#,
            says(GeminiInteractions)
                .id("v1_2")
                .model("gemini-2.5-flash")
                .result("Rain.")
                .tokens(14, 44)
                .finish("completed"),
        );
    }

    #[test]
    fn what_is_under_way_is_no_failure_and_what_failed_is() {
        expect(
            r#"{"id": "v1_3", "status": "in_progress", "object": "interaction",
                "agent": "deep-research-pro"}"#,
            says(GeminiInteractions).id("v1_3").finish("in_progress"),
        );
        expect(
            r#"{"id": "v1_3", "status": "failed", "object": "interaction",
                "agent": "deep-research-pro"}"#,
            says(GeminiInteractions)
                .id("v1_3")
                .finish("failed")
                .failure("the answer failed"),
        );
    }
}

mod vertex {
    use super::*;

    #[test]
    fn predictions_are_read_with_the_tokens_beside_them() {
        expect(
            r#"{
              "predictions": [{"content": "Rain today.", "citationMetadata": {"citations": []},
                "safetyAttributes": {"blocked": false, "scores": [0.1], "categories": ["Health"]}}],
              "metadata": {"tokenMetadata": {
                "inputTokenCount": {"totalTokens": 10, "totalBillableCharacters": 40},
                "outputTokenCount": {"totalTokens": 26, "totalBillableCharacters": 98}}}
            }"#,
            says(VertexPredict).result("Rain today.").tokens(10, 26),
        );
    }

    #[test]
    fn a_chats_prediction_has_candidates() {
        expect(
            r#"{
              "predictions": [{"candidates": [{"author": "1", "content": "Rain."}],
                "safetyAttributes": [{"blocked": false}]}],
              "metadata": {"tokenMetadata": {"inputTokenCount": {"totalTokens": 10},
                                             "outputTokenCount": {"totalTokens": 2}}}
            }"#,
            says(VertexPredict).result("Rain.").tokens(10, 2),
        );
    }
}
