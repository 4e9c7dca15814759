//! Answers inside something else: a line of a batch's results, an event, a gateway's wrapper.

use xpander_report::Shape::{
    AnthropicMessages, BedrockTitan, CohereV1, CohereV2, Embeddings, Error, Gemini, OpenAiChat,
    OpenAiResponses,
};

use crate::says::{expect, expect_only_declared, expect_ordinary, read, says};

const CHAT: &str = r#"{"id": "c9", "object": "chat.completion", "model": "m-1", "choices": [{"index": 0,
    "message": {"role": "assistant", "content": "Berth 4."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 31, "completion_tokens": 4, "total_tokens": 35}}"#;

const GEMINI: &str = r#"{"candidates": [{"content": {"role": "model", "parts": [{"text": "Berth 5."}]},
    "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": 3}}"#;

const MESSAGE: &str = r#"{"id": "msg_7", "type": "message", "role": "assistant", "model": "claude",
    "content": [{"type": "text", "text": "Berth 6."}], "stop_reason": "end_turn",
    "usage": {"input_tokens": 14, "output_tokens": 5}}"#;

fn chat() -> crate::says::Says {
    says(OpenAiChat)
        .id("c9")
        .model("m-1")
        .result("Berth 4.")
        .tokens(31, 4)
        .finish("stop")
}

fn gemini() -> crate::says::Says {
    says(Gemini).result("Berth 5.").tokens(12, 3).finish("STOP")
}

fn message() -> crate::says::Says {
    says(AnthropicMessages)
        .id("msg_7")
        .model("claude")
        .result("Berth 6.")
        .tokens(14, 5)
        .finish("end_turn")
}

fn failed(why: &str) -> crate::says::Says {
    says(Error).failure(why)
}

mod a_line_of_a_batch {
    use super::*;

    #[test]
    fn of_openai_and_those_who_took_it_over_has_a_body() {
        for around in [
            r#"{"id": "batch_req_4", "custom_id": "berth", "error": null,
                "response": {"status_code": 200, "request_id": "q", "body": CHAT}}"#,
            r#"{"custom_id": "berth", "response": {"status_code": 200, "body": CHAT}}"#,
            r#"{"custom_id": "berth", "response": CHAT}"#,
        ] {
            expect(&around.replace("CHAT", CHAT), chat());
        }
        expect(
            r#"{"id": "b", "custom_id": "berth", "error": null, "response": {"status_code": 200,
                "request_id": "q", "body": {"id": "resp_3", "object": "response", "status": "completed",
                "output": [{"type": "message", "content": [{"type": "output_text", "text": "Full."}]}],
                "usage": {"input_tokens": 6, "output_tokens": 2}}}}"#,
            says(OpenAiResponses)
                .id("resp_3")
                .result("Full.")
                .tokens(6, 2)
                .finish("completed"),
        );
    }

    #[test]
    fn of_embeddings_counts_where_it_is_declared() {
        expect_only_declared(
            r#"{"id": "b", "custom_id": "berth", "error": null, "response": {"status_code": 200,
                "body": {"data": [{"object": "embedding", "embedding": [0.1, 0.2]}],
                "usage": {"prompt_tokens": 8, "total_tokens": 8}}}}"#,
            says(Embeddings).tokens(8, 0),
        );
    }

    #[test]
    fn of_anthropic_has_a_message() {
        expect(
            &r#"{"custom_id": "berth", "result": {"type": "succeeded", "message": MESSAGE}}"#
                .replace("MESSAGE", MESSAGE),
            message(),
        );
    }

    #[test]
    fn of_gemini_and_vertex_has_a_response() {
        for around in [
            r#"{"key": "berth", "response": GEMINI}"#,
            r#"{"key": "berth", "response": GEMINI, "metadata": {"n": 1}}"#,
            r#"{"response": GEMINI, "metadata": {"key": "berth"}}"#,
            r#"{"status": "", "processed_time": "2026-01-02T03:04:05Z", "response": GEMINI,
                "request": {"contents": [{"parts": [{"text": "Where?"}]}]}}"#,
            r#"{"inlinedResponses": [{"response": GEMINI}]}"#,
        ] {
            expect(&around.replace("GEMINI", GEMINI), gemini());
        }
    }

    #[test]
    fn of_bedrock_has_the_models_output() {
        expect(
            r#"{"recordId": "R-4", "modelInput": {"inputText": "Ships are"},
                "modelOutput": {"inputTextTokenCount": 3, "results": [{"tokenCount": 2,
                "outputText": " fast.", "completionReason": "FINISH"}]}}"#,
            says(BedrockTitan)
                .result(" fast.")
                .tokens(3, 2)
                .finish("FINISH"),
        );
        expect(
            &r#"{"recordId": "R-5", "modelInput": {}, "modelOutput": MESSAGE}"#
                .replace("MESSAGE", MESSAGE),
            message(),
        );
    }

    #[test]
    fn of_xai_stands_in_a_page() {
        let result = r#"{"batch_request_id": "berth", "batch_result": {"response":
            {"chat_get_completion": CHAT}}}"#
            .replace("CHAT", CHAT);
        expect(&result, chat());
        expect(&format!(r#"{{"results": [{result}]}}"#), chat());
    }

    #[test]
    fn among_others_counts_with_them() {
        let line = r#"{"custom_id": "berth", "response": {"status_code": 200, "body": CHAT}}"#;
        let line = line.replace("CHAT", CHAT);
        let both = says(OpenAiChat)
            .id("c9")
            .model("m-1")
            .result("Berth 4.\nBerth 4.")
            .tokens(62, 8)
            .finish("stop");
        expect_only_declared_list(&format!("[{line}, {line}]"), both);
    }

    #[track_caller]
    fn expect_only_declared_list(json: &str, says: crate::says::Says) {
        assert_eq!(read(json), Some(says));
        expect_ordinary(json);
    }

    #[test]
    fn without_an_answer_says_why() {
        for (line, why) in [
            (
                r#"{"custom_id": "1", "response": null,
                    "error": {"code": "batch_expired", "message": "Too late."}}"#,
                "the provider answered with an error (batch_expired): Too late.",
            ),
            (
                r#"{"id": "b", "custom_id": "1", "error": null, "response": {"status_code": 429,
                    "request_id": "q", "body": {"error": {"message": "Slow down.", "code": null,
                    "type": "requests"}}}}"#,
                "the provider answered with an error (requests): Slow down.",
            ),
            (
                r#"{"custom_id": "1", "response": {"status_code": 500, "body": {}}}"#,
                "the answer failed (status 500)",
            ),
            (
                r#"{"custom_id": "1", "result": {"type": "errored", "error": {"type": "error",
                    "error": {"type": "overloaded_error", "message": "Overloaded"}}}}"#,
                "the provider answered with an error (overloaded_error): Overloaded",
            ),
            (
                r#"{"custom_id": "1", "result": {"type": "canceled"}}"#,
                "the answer was cancelled",
            ),
            (
                r#"{"custom_id": "1", "result": {"type": "expired"}}"#,
                "the request expired before it was answered",
            ),
            (
                r#"{"key": "1", "error": {"code": 13, "message": "Internal"}}"#,
                "the provider answered with an error (13): Internal",
            ),
            (
                r#"{"status": "Bad Request: no such model", "processed_time": "t", "request": {},
                    "response": {}}"#,
                "the answer failed: Bad Request: no such model",
            ),
            (
                r#"{"recordId": "R", "modelInput": {}, "error": {"errorCode": 400,
                    "errorMessage": "bad request"}}"#,
                "the provider answered with an error (400): bad request",
            ),
            (
                r#"{"results": [{"batch_request_id": "1", "batch_result": {"error":
                    {"code": "invalid", "message": "No model."}}}]}"#,
                "the provider answered with an error (invalid): No model.",
            ),
        ] {
            expect_only_declared(line, failed(why));
        }
    }

    #[test]
    fn that_asks_for_something_has_no_answer() {
        for line in [
            r#"{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body":
                {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}}"#,
            r#"{"custom_id": "1", "params": {"model": "claude", "max_tokens": 9, "messages": []}}"#,
            r#"{"key": "1", "request": {"contents": [{"parts": [{"text": "Hi"}]}]}}"#,
            r#"{"recordId": "R", "modelInput": {"inputText": "Hi"}}"#,
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}

mod a_gateway {
    use super::*;

    #[test]
    fn of_googles_adds_a_trace() {
        expect(
            &r#"{"response": GEMINI, "traceId": "4bf9"}"#.replace("GEMINI", GEMINI),
            gemini(),
        );
        expect(
            &r#"{"response": GEMINI}"#.replace("GEMINI", GEMINI),
            gemini(),
        );
    }

    #[test]
    fn of_cloudflare_adds_whether_it_went_well() {
        for answer in [
            r#"{"result": CHAT, "success": true, "errors": [], "messages": []}"#,
            r#"{"success": true, "result": CHAT}"#,
        ] {
            expect(&answer.replace("CHAT", CHAT), chat());
        }
    }

    #[test]
    fn of_saps_has_what_each_module_did() {
        let modules = r#"{"templating": [{"role": "user", "content": "Hi"}], "llm": CHAT}"#;
        for answer in [
            r#"{"request_id": "r", "module_results": MODULES, "orchestration_result": CHAT}"#,
            r#"{"request_id": "r", "intermediate_results": MODULES, "final_result": CHAT}"#,
        ] {
            let answer = answer.replace("MODULES", modules).replace("CHAT", CHAT);
            expect(&answer, chat());
        }
    }

    #[test]
    fn of_oracles_has_the_models_own_shapes() {
        let around = |answer: &str| {
            format!(r#"{{"modelId": "x", "modelVersion": "1", "chatResponse": {answer}}}"#)
        };
        expect(
            &around(
                r#"{"apiFormat": "GENERIC", "choices": [{"index": 0, "finishReason": "tool_calls",
                    "message": {"role": "ASSISTANT", "content": [{"type": "TEXT", "text": "Look:"}],
                    "toolCalls": [{"id": "1", "type": "FUNCTION", "name": "tides", "arguments": "{}"}]}}],
                    "usage": {"promptTokens": 9, "completionTokens": 3, "totalTokens": 12}}"#,
            ),
            says(OpenAiChat)
                .result("Look:")
                .tokens(9, 3)
                .tools(&["tides"])
                .finish("tool_calls"),
        );
        expect(
            &around(
                r#"{"apiFormat": "COHERE", "text": "Ebb.", "finishReason": "COMPLETE",
                    "chatHistory": [], "toolCalls": [{"name": "tides", "parameters": {}}],
                    "usage": {"promptTokens": 8, "completionTokens": 2, "totalTokens": 10}}"#,
            ),
            says(CohereV1)
                .result("Ebb.")
                .tokens(8, 2)
                .tools(&["tides"])
                .finish("COMPLETE"),
        );
        expect(
            &around(
                r#"{"apiFormat": "COHEREV2", "id": "o", "finishReason": "COMPLETE",
                    "message": {"role": "ASSISTANT", "content": [{"type": "TEXT", "text": "Flow."}]},
                    "usage": {"promptTokens": 7, "completionTokens": 1, "totalTokens": 8}}"#,
            ),
            says(CohereV2)
                .id("o")
                .result("Flow.")
                .tokens(7, 1)
                .finish("COMPLETE"),
        );
    }

    #[test]
    fn of_tencents_spells_all_in_its_own_way() {
        expect(
            r#"{"Response": {"RequestId": "r", "Id": "t-1", "Choices": [{"FinishReason": "stop",
                "Message": {"Role": "assistant", "Content": "你好"}}],
                "Usage": {"PromptTokens": 4, "CompletionTokens": 2, "TotalTokens": 6}}}"#,
            says(OpenAiChat)
                .id("t-1")
                .result("你好")
                .tokens(4, 2)
                .finish("stop"),
        );
        expect_only_declared(
            r#"{"Response": {"RequestId": "r", "Error": {"Code": "AuthFailure", "Message": "No."}}}"#,
            failed("the provider answered with an error (AuthFailure): No."),
        );
    }

    #[test]
    fn that_nobody_knows_counts_where_the_answer_is_declared() {
        for around in [
            r#"{"data": CHAT, "ok": true}"#,
            r#"{"status": "success", "result": CHAT, "cached": false}"#,
            r#"{"provider": "p", "response": CHAT, "latency_ms": 812}"#,
            r#"{"output": CHAT, "cost": 0.1}"#,
            r#"{"statusCode": 200, "headers": {"x": "y"}, "body": CHAT, "took": 3}"#,
            r#"{"predictions": CHAT, "deployedModelId": "7"}"#,
        ] {
            expect_only_declared(&around.replace("CHAT", CHAT), chat());
        }
    }

    #[test]
    fn is_no_struct_that_a_program_calls_its_own() {
        for around in [
            r#"{"response": CHAT, "question": "Where?"}"#,
            r#"{"response": CHAT, "id": 7}"#,
            r#"{"result": CHAT, "took_ms": 9}"#,
            r#"{"key": 7, "response": CHAT}"#,
            r#"{"answer": CHAT}"#,
            r#"{"data": CHAT}"#,
            r#"{"output": CHAT}"#,
            r#"{"type": "assistant", "message": CHAT}"#,
            r#"{"body": CHAT, "status": 200}"#,
            r#"{"custom_id": "a", "response": CHAT, "attempt": 2}"#,
        ] {
            expect_ordinary(&around.replace("CHAT", CHAT));
        }
    }
}

mod an_event {
    use super::*;

    #[test]
    fn with_the_whole_response_is_read_alone() {
        for kind in ["response.completed", "response.done"] {
            expect(
                &format!(
                    r#"{{"type": "{kind}", "sequence_number": 9, "response": {{"id": "resp_2",
                        "object": "response", "status": "completed", "output": [{{"type": "message",
                        "content": [{{"type": "output_text", "text": "Aye."}}]}}],
                        "usage": {{"input_tokens": 5, "output_tokens": 2}}}}}}"#
                ),
                says(OpenAiResponses)
                    .id("resp_2")
                    .result("Aye.")
                    .tokens(5, 2)
                    .finish("completed"),
            );
        }
    }
}

#[test]
fn an_answer_that_lies_too_deep_is_none() {
    let mut json = CHAT.to_owned();
    for _ in 0..20 {
        json = format!(r#"{{"response": {json}}}"#);
        expect_none_or_chat(&json);
    }
    assert_eq!(read(&json), None);
}

fn expect_none_or_chat(json: &str) {
    let read = read(json);
    assert!(read.is_none() || read == Some(chat()));
}
