//! Clouds, servers and agents with their own shapes.

use xpander_report::Shape::{
    Baidu, BedrockKnowledgeBase, ClaudeCode, Cloudflare, Codex, Dify, GeminiCli, GeminiLive,
    LmStudio, OpenAiChat, OpenAiResponses, OpenRouterGeneration, Sglang, Yandex,
};

use crate::says::{expect, expect_only_declared, expect_ordinary, says};

#[test]
fn yandexs_counts_are_texts() {
    let answer = r#"{"alternatives": [{"message": {"role": "assistant", "text": "Вода"},
        "status": "ALTERNATIVE_STATUS_FINAL"}], "modelVersion": "2025",
        "usage": {"inputTextTokens": "21", "completionTokens": "4", "totalTokens": "25"}}"#;
    let told = || {
        says(Yandex)
            .model("2025")
            .result("Вода")
            .tokens(21, 4)
            .finish("ALTERNATIVE_STATUS_FINAL")
    };
    expect(answer, told());
    expect(&format!(r#"{{"result": {answer}}}"#), told());
    expect(
        &format!(
            r#"{{"id": "o", "description": "Async", "createdAt": "t", "createdBy": "u",
                "modifiedAt": "t", "done": true, "metadata": null, "response": {answer}}}"#
        ),
        told(),
    );
    expect(
        r#"{"result": {"alternatives": [{"message": {"role": "assistant", "toolCallList":
            {"toolCalls": [{"functionCall": {"name": "tides", "arguments": {}}}]}},
            "status": "ALTERNATIVE_STATUS_TOOL_CALLS"}]}}"#,
        says(Yandex)
            .tools(&["tides"])
            .finish("ALTERNATIVE_STATUS_TOOL_CALLS"),
    );
    expect(
        r#"{"result": {"alternatives": [{"message": {"role": "assistant", "text": ""},
            "status": "ALTERNATIVE_STATUS_CONTENT_FILTER"}]}}"#,
        says(Yandex)
            .finish("ALTERNATIVE_STATUS_CONTENT_FILTER")
            .failure("the provider blocked the answer (ALTERNATIVE_STATUS_CONTENT_FILTER)"),
    );
}

#[test]
fn baidus_text_is_its_result() {
    expect(
        r#"{"id": "as-7", "object": "chat.completion", "created": 7, "result": "潮水",
            "is_truncated": false, "need_clear_history": false, "finish_reason": "normal",
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}"#,
        says(Baidu)
            .id("as-7")
            .result("潮水")
            .tokens(3, 2)
            .finish("normal"),
    );
    expect_ordinary(r#"{"id": 7, "result": "passed", "usage": {"prompt_tokens": 3}}"#);
}

#[test]
fn difys_answer_has_its_usage_beside_it() {
    expect(
        r#"{"event": "message", "task_id": "t", "id": "m-3", "message_id": "m-3",
            "conversation_id": "c", "mode": "advanced-chat", "answer": "At six.",
            "metadata": {"usage": {"prompt_tokens": 41, "completion_tokens": 6, "total_tokens": 47,
            "total_price": "0.0001", "currency": "USD"}, "retriever_resources": []}, "created_at": 7}"#,
        says(Dify).id("m-3").result("At six.").tokens(41, 6),
    );
    expect(
        r#"{"workflow_run_id": "w-1", "task_id": "t", "data": {"id": "w-1", "workflow_id": "f",
            "status": "succeeded", "outputs": {"text": "At seven."}, "error": null,
            "total_tokens": 90}}"#,
        says(Dify).id("w-1").result("At seven.").finish("succeeded"),
    );
    expect(
        r#"{"workflow_run_id": "w-2", "task_id": "t", "data": {"id": "w-2", "workflow_id": "f",
            "status": "failed", "outputs": {}, "error": "No model."}}"#,
        says(Dify)
            .id("w-2")
            .finish("failed")
            .failure("the provider answered with an error: No model."),
    );
}

#[test]
fn a_knowledge_base_does_not_say_what_it_took() {
    expect(
        r#"{"citations": [{"retrievedReferences": []}], "output": {"text": "Quay 3."},
            "sessionId": "s-1", "guardrailAction": "NONE"}"#,
        says(BedrockKnowledgeBase).result("Quay 3."),
    );
    expect(
        r#"{"citations": [], "output": {"text": "I cannot say."}, "sessionId": "s-1",
            "guardrailAction": "INTERVENED"}"#,
        says(BedrockKnowledgeBase)
            .result("I cannot say.")
            .failure("the provider blocked the answer (guardrail)"),
    );
    expect_ordinary(r#"{"output": {"text": "hello"}, "sessionId": "s-1"}"#);
}

#[test]
fn openrouters_generation_counts_as_the_model_does() {
    expect(
        r#"{"data": {"id": "gen-7", "model": "vendor/m", "total_cost": 0.002, "cancelled": false,
            "finish_reason": "stop", "tokens_prompt": 11, "tokens_completion": 30,
            "native_tokens_prompt": 13, "native_tokens_completion": 34, "native_tokens_cached": 8,
            "native_tokens_reasoning": 6, "provider_name": "P"}}"#,
        says(OpenRouterGeneration)
            .id("gen-7")
            .model("vendor/m")
            .cached(13, 34, 8, 0)
            .finish("stop"),
    );
    expect(
        r#"{"data": {"id": "gen-8", "model": "vendor/m", "cancelled": true, "tokens_prompt": 11,
            "tokens_completion": 2, "native_tokens_prompt": null}}"#,
        says(OpenRouterGeneration)
            .id("gen-8")
            .model("vendor/m")
            .tokens(11, 2)
            .failure("the answer was cancelled"),
    );
}

#[test]
fn lm_studios_outputs_are_read_in_order() {
    expect(
        r#"{"model_instance_id": "local/m", "response_id": "resp_4", "output": [
            {"type": "reasoning", "content": "Hm."},
            {"type": "tool_call", "tool": "tides", "arguments": {}, "output": "[]"},
            {"type": "message", "content": "At six."}],
            "stats": {"input_tokens": 71, "total_output_tokens": 44, "reasoning_output_tokens": 9}}"#,
        says(LmStudio)
            .id("resp_4")
            .model("local/m")
            .result("At six.")
            .tokens(71, 44)
            .tools(&["tides"]),
    );
}

#[test]
fn sglangs_reason_is_an_object() {
    expect(
        r#"{"text": " Bergen.", "meta_info": {"id": "g", "finish_reason": {"type": "length",
            "length": 3}, "prompt_tokens": 9, "completion_tokens": 3, "cached_tokens": 7}}"#,
        says(Sglang)
            .id("g")
            .result(" Bergen.")
            .cached(9, 3, 7, 0)
            .finish("length"),
    );
}

#[test]
fn llama_cpps_server_may_count_only_beside_its_times() {
    expect(
        r#"{"object": "chat.completion", "choices": [{"message": {"role": "assistant",
            "content": "Aye."}, "finish_reason": "stop"}],
            "timings": {"cache_n": 40, "prompt_n": 3, "predicted_n": 5, "predicted_ms": 71.5}}"#,
        says(OpenAiChat)
            .result("Aye.")
            .cached(43, 5, 40, 0)
            .finish("stop"),
    );
}

#[test]
fn what_workers_ai_gives_to_a_worker_counts_where_it_is_declared() {
    expect_only_declared(
        r#"{"response": "Aye.", "tool_calls": [{"name": "tides", "arguments": {}}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}"#,
        says(Cloudflare)
            .result("Aye.")
            .tokens(9, 2)
            .tools(&["tides"]),
    );
}

#[test]
fn claude_codes_result_has_what_the_run_took() {
    expect(
        r#"{"type": "result", "subtype": "success", "is_error": false, "duration_ms": 812,
            "num_turns": 3, "result": "Renamed.", "session_id": "s", "uuid": "u-1",
            "total_cost_usd": 0.02, "usage": {"input_tokens": 6, "cache_creation_input_tokens": 70,
            "cache_read_input_tokens": 900, "output_tokens": 41},
            "modelUsage": {"claude-x": {"inputTokens": 6, "outputTokens": 41}}}"#,
        says(ClaudeCode)
            .id("u-1")
            .model("claude-x")
            .result("Renamed.")
            .cached(6, 41, 900, 70),
    );
    expect(
        r#"{"type": "result", "subtype": "error_max_turns", "is_error": true, "session_id": "s",
            "num_turns": 9, "usage": {"input_tokens": 6, "output_tokens": 41}}"#,
        says(ClaudeCode)
            .tokens(6, 41)
            .failure("the answer failed (error_max_turns)"),
    );
    expect(
        r#"{"type": "result", "subtype": "success", "is_error": true, "session_id": "s",
            "result": "Credit balance is too low"}"#,
        says(ClaudeCode)
            .result("Credit balance is too low")
            .failure("the answer failed: Credit balance is too low"),
    );
    expect_ordinary(r#"{"type": "result", "result": "3:1", "session_id": "s"}"#);
}

#[test]
fn gemini_clis_models_are_counted_together() {
    expect(
        r#"{"response": "Renamed.", "stats": {"models": {
            "flash": {"api": {"totalRequests": 1}, "tokens": {"prompt": 100, "candidates": 4, "total": 104,
              "cached": 0, "thoughts": 0, "tool": 0}},
            "pro": {"tokens": {"prompt": 900, "candidates": 20, "total": 970, "cached": 700,
              "thoughts": 30, "tool": 20}}},
            "tools": {"totalCalls": 3, "byName": {"grep": {"count": 1}, "read_file": {"count": 2}}}}}"#,
        says(GeminiCli)
            .result("Renamed.")
            .cached(1020, 54, 700, 0)
            .tools(&["grep", "read_file", "read_file"]),
    );
    expect(
        r#"{"response": null, "stats": {"models": {"pro": {"tokens": {"prompt": 9}}}},
            "error": {"type": "ApiError", "message": "No quota.", "code": 429}}"#,
        says(GeminiCli)
            .model("pro")
            .tokens(9, 0)
            .failure("the provider answered with an error (ApiError): No quota."),
    );
    expect_ordinary(r#"{"response": "ok", "stats": {"models": 3}}"#);
}

#[test]
fn codexs_turn_has_its_last_message() {
    expect(
        r#"{"items": [{"id": "0", "type": "agent_message", "text": "I look."},
            {"id": "1", "type": "command_execution", "command": "ls", "exit_code": 0},
            {"id": "2", "type": "mcp_tool_call", "server": "docs", "tool": "lookup"},
            {"id": "3", "type": "agent_message", "text": "Renamed."}], "finalResponse": "Renamed.",
            "usage": {"input_tokens": 812, "cached_input_tokens": 640, "output_tokens": 33}}"#,
        says(Codex)
            .result("Renamed.")
            .cached(812, 33, 640, 0)
            .tools(&["command_execution", "lookup"]),
    );
}

#[test]
fn a_message_of_geminis_live_api_is_read_alone() {
    expect(
        r#"{"serverContent": {"modelTurn": {"parts": [{"text": "Hm.", "thought": true},
            {"text": "Ebb."}]}, "turnComplete": true}, "usageMetadata": {"promptTokenCount": 30,
            "responseTokenCount": 7, "thoughtsTokenCount": 2, "cachedContentTokenCount": 16}}"#,
        says(GeminiLive).result("Ebb.").cached(30, 9, 16, 0),
    );
    expect(
        r#"{"serverContent": {"outputTranscription": {"text": "Flow."}}}"#,
        says(GeminiLive).result("Flow."),
    );
    expect(
        r#"{"toolCall": {"functionCalls": [{"id": "1", "name": "tides", "args": {}}]}}"#,
        says(GeminiLive).tools(&["tides"]),
    );
}

#[test]
fn a_response_of_openais_realtime_api_is_read_alone() {
    let done = |status: &str, details: &str, output: &str| {
        format!(
            r#"{{"type": "response.done", "event_id": "e", "response": {{"object": "realtime.response",
                "id": "resp_6", "status": "{status}", "status_details": {details}, "output": [{output}],
                "usage": {{"total_tokens": 90, "input_tokens": 70, "output_tokens": 20,
                "input_token_details": {{"text_tokens": 10, "audio_tokens": 60, "cached_tokens": 48}},
                "output_token_details": {{"text_tokens": 5, "audio_tokens": 15}}}}}}}}"#
        )
    };
    let told = || says(OpenAiResponses).id("resp_6").cached(70, 20, 48, 0);
    for kind in ["output_audio", "audio"] {
        let spoken = format!(
            r#"{{"type": "message", "role": "assistant",
                "content": [{{"type": "{kind}", "transcript": "At six."}}]}}"#
        );
        expect(
            &done("completed", "null", &spoken),
            told().result("At six.").finish("completed"),
        );
    }
    expect(
        &done(
            "completed",
            "null",
            r#"{"type": "function_call", "name": "tides", "arguments": "{}"}"#,
        ),
        told().tools(&["tides"]).finish("completed"),
    );
    expect(
        &done(
            "incomplete",
            r#"{"type": "incomplete", "reason": "content_filter"}"#,
            "",
        ),
        told()
            .finish("content_filter")
            .failure("the provider blocked the answer (content_filter)"),
    );
    expect(
        &done(
            "incomplete",
            r#"{"type": "incomplete", "reason": "max_output_tokens"}"#,
            "",
        ),
        told().finish("max_output_tokens"),
    );
    expect(
        &done(
            "failed",
            r#"{"type": "failed", "error": {"type": "server_error", "code": "overloaded",
                "message": "Later."}}"#,
            "",
        ),
        told()
            .finish("failed")
            .failure("the provider answered with an error (overloaded): Later."),
    );
}
