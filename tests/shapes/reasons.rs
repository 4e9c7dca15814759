//! Finish reasons that are failures, of every provider, and those that are not.

use xpander_report::Shape::{Gemini, OpenAiChat, OpenAiCompletions, Sglang};

use crate::says::{expect, says};

fn chat(reason: &str) -> String {
    format!(
        r#"{{"id": "c", "model": "m", "object": "chat.completion", "choices": [{{"index": 0,
            "message": {{"role": "assistant", "content": "Half"}}, "finish_reason": "{reason}"}}],
            "usage": {{"prompt_tokens": 5, "completion_tokens": 1}}}}"#
    )
}

fn told(reason: &str) -> crate::says::Says {
    says(OpenAiChat)
        .id("c")
        .model("m")
        .result("Half")
        .tokens(5, 1)
        .finish(reason)
}

#[test]
fn those_of_a_filter_are_said_to_have_blocked_the_answer() {
    for reason in [
        "content_filter",
        "SAFETY",
        "safety",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "content_filter: OTHER",
        "content_filter: SPII",
        "sensitive",
        "guardrail_intervened",
        "content-filter",
        "FINISH_REASON_SAFETY",
    ] {
        let why = format!("the provider blocked the answer ({reason})");
        expect(&chat(reason), told(reason).failure(&why));
    }
}

#[test]
fn those_of_a_server_are_said_to_have_failed() {
    for reason in [
        "network_error",
        "insufficient_system_resource",
        "function_call_filter: UNEXPECTED_TOOL_CALL",
        "MALFORMED_FUNCTION_CALL",
        "ERROR_LIMIT",
        "TIMEOUT",
        "engine_overloaded",
    ] {
        let why = format!("the answer failed ({reason})");
        expect(&chat(reason), told(reason).failure(&why));
    }
    expect(
        &chat("abort"),
        told("abort").failure("the answer was aborted"),
    );
    expect(
        &chat("cancelled"),
        told("cancelled").failure("the answer was cancelled"),
    );
    expect(&chat("error"), told("error").failure("the answer failed"));
}

#[test]
fn all_others_are_no_failures() {
    for reason in [
        "stop",
        "STOP",
        "length",
        "max_tokens",
        "MAX_TOKENS",
        "tool_calls",
        "function_call",
        "eos_token",
        "end_turn",
        "stop_sequence",
        "model_length",
        "model_context_window_exceeded",
        "pause_turn",
        "null",
        "unknown",
        "COMPLETE",
        "normal",
    ] {
        expect(&chat(reason), told(reason));
    }
}

#[test]
fn those_of_older_completions_count_too() {
    expect(
        r#"{"id": "c", "object": "text_completion", "model": "m",
            "choices": [{"index": 0, "text": "Ha", "finish_reason": "abort"}]}"#,
        says(OpenAiCompletions)
            .id("c")
            .model("m")
            .result("Ha")
            .finish("abort")
            .failure("the answer was aborted"),
    );
}

#[test]
fn sglangs_says_why() {
    expect(
        r#"{"text": "Ha", "meta_info": {"id": "x", "prompt_tokens": 4, "completion_tokens": 1,
            "finish_reason": {"type": "abort", "message": "Client left.", "status_code": 499}}}"#,
        says(Sglang)
            .id("x")
            .result("Ha")
            .tokens(4, 1)
            .finish("abort")
            .failure("the answer was aborted: Client left."),
    );
}

#[test]
fn vertexs_may_be_numbers() {
    let blocked = |number: u8| {
        format!(
            r#"{{"candidates": [{{"finishReason": {number}, "safetyRatings": [{{"category": 1}}]}}],
                "usageMetadata": {{"promptTokenCount": 6, "totalTokenCount": 6}}}}"#
        )
    };
    for (number, reason) in [
        (3, "SAFETY"),
        (7, "PROHIBITED_CONTENT"),
        (10, "MODEL_ARMOR"),
    ] {
        let why = format!("the provider blocked the answer ({reason})");
        let says = says(Gemini).finish(reason).failure(&why);
        expect(&blocked(number), counted(says));
    }
    let says_malformed = says(Gemini)
        .finish("MALFORMED_FUNCTION_CALL")
        .failure("the answer failed (MALFORMED_FUNCTION_CALL)");
    expect(&blocked(9), counted(says_malformed));
    expect(
        r#"{"candidates": [{"content": {"role": "model", "parts": [{"text": "Aye."}]},
            "finishReason": 1}], "usageMetadata": {"promptTokenCount": 6, "candidatesTokenCount": 2}}"#,
        says(Gemini).result("Aye.").tokens(6, 2).finish("STOP"),
    );
    expect(
        r#"{"promptFeedback": {"blockReason": 4}, "usageMetadata": {"promptTokenCount": 6}}"#,
        counted(says(Gemini).failure("the provider blocked the prompt (PROHIBITED_CONTENT)")),
    );
}

/// There are six input tokens, and the output tokens are unknown.
fn counted(says: crate::says::Says) -> crate::says::Says {
    says.tokens(6, 0)
}
