//! `async-openai`: its types are OpenAI's wire.

use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionResponseStream, CreateChatCompletionResponse, CreateChatCompletionStreamResponse,
};
use async_openai::types::completions::CreateCompletionResponse;
use async_openai::types::embeddings::CreateEmbeddingResponse;
use async_openai::types::responses::Response;
use serde_json::{Value, json};
use smol::stream::{self, StreamExt};
use xpander_report::external_task;
use xpander_report_tests::record;
use xpander_report_tests::said::{Said, declared, kept, said};

#[external_task(skip_all)]
async fn chat(
    answer: CreateChatCompletionResponse,
) -> Result<CreateChatCompletionResponse, OpenAIError> {
    Ok(answer)
}

#[external_task(skip_all)]
async fn respond(answer: Response) -> Result<Response, OpenAIError> {
    Ok(answer)
}

fn chat_response(message: Value, finish_reason: &str) -> CreateChatCompletionResponse {
    let response = json!({
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "object": "chat.completion",
        "created": 1_741_569_952,
        "model": "gpt-5.4-mini",
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": finish_reason,
        }],
        "usage": {
            "prompt_tokens": 1_219,
            "completion_tokens": 310,
            "total_tokens": 1_529,
            "prompt_tokens_details": {"cached_tokens": 1_024, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 192,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
    });
    serde_json::from_value(response).unwrap()
}

#[test]
fn a_chat_completion_handed_over_gives_text_and_tokens() {
    let message = json!({"role": "assistant", "content": "Rain until noon.", "refusal": null});
    let response = chat_response(message, "stop");
    let report = declared(&response);
    let expected = Said {
        result: Some("Rain until noon."),
        tokens: Some([1_219, 310, 1_024, 0]),
        used_tools: vec![],
        is_success: true,
    };
    assert_eq!(said(&report), expected);
    assert_eq!(kept(&report), serde_json::to_string(&response).unwrap());
}

#[test]
fn a_chat_completion_that_is_returned_gives_the_same() {
    let message = json!({"role": "assistant", "content": "Rain until noon.", "refusal": null});
    let response = chat_response(message, "stop");
    let report = record(|| smol::block_on(chat(response.clone())).unwrap());
    assert_eq!(said(&report), said(&declared(&response)));
    assert_eq!(kept(&report), serde_json::to_string(&response).unwrap());
}

#[test]
fn the_calls_of_a_chat_completion_are_tools() {
    let call = |id: &str, name: &str| {
        let function = json!({"name": name, "arguments": "{\"city\":\"Lima\"}"});
        json!({"id": id, "type": "function", "function": function})
    };
    let calls = [
        call("call_1", "get_weather"),
        call("call_2", "get_weather"),
        call("call_3", "get_time"),
    ];
    let message = json!({"role": "assistant", "content": null, "tool_calls": calls});
    let report = declared(&chat_response(message, "tool_calls"));
    let expected = Said {
        result: None,
        tokens: Some([1_219, 310, 1_024, 0]),
        used_tools: vec!["get_weather", "get_weather", "get_time"],
        is_success: true,
    };
    assert_eq!(said(&report), expected);
}

#[test]
fn a_refusal_is_a_failure() {
    let refusal = "I can't help with that.";
    let message = json!({"role": "assistant", "content": null, "refusal": refusal});
    let report = record(|| smol::block_on(chat(chat_response(message, "stop"))).unwrap());
    assert!(!said(&report).is_success);
    assert!(said(&report).result.unwrap().contains(refusal));
}

#[test]
fn filtered_content_is_a_failure_and_an_answer_cut_short_is_none() {
    let message = |text: &str| json!({"role": "assistant", "content": text, "refusal": null});
    let filtered = declared(&chat_response(message(""), "content_filter"));
    assert!(!said(&filtered).is_success);
    let cut = declared(&chat_response(message("Rain un"), "length"));
    assert!(said(&cut).is_success);
    assert_eq!(said(&cut).result, Some("Rain un"));
}

fn response(status: &str, output: Value, incomplete_details: Value) -> Response {
    let response = json!({
        "id": "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
        "object": "response",
        "created_at": 1_741_476_542,
        "status": status,
        "error": null,
        "incomplete_details": incomplete_details,
        "instructions": null,
        "model": "gpt-5.4",
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "store": true,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [{
            "type": "function",
            "name": "never_called",
            "description": "Only offered.",
            "parameters": {"type": "object", "properties": {}},
            "strict": true,
        }],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": 328,
            "input_tokens_details": {"cached_tokens": 256, "cache_write_tokens": 12},
            "output_tokens": 52,
            "output_tokens_details": {"reasoning_tokens": 20},
            "total_tokens": 380,
        },
        "metadata": {},
    });
    serde_json::from_value(response).unwrap()
}

fn message(content: Value) -> Value {
    json!({
        "type": "message",
        "id": "msg_1",
        "status": "completed",
        "role": "assistant",
        "content": [content],
    })
}

fn output_text(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

#[test]
fn a_response_gives_its_text_its_tokens_and_the_tools_it_called() {
    let search = json!({"type": "search", "query": "weather Lima", "queries": [], "sources": []});
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": search},
        message(output_text("Let me look. ")),
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "get_weather",
            "arguments": "{\"city\":\"Lima\"}",
            "status": "completed",
        },
        message(output_text("Rain.")),
    ]);
    let response = response("completed", output, Value::Null);
    let report = record(|| smol::block_on(respond(response.clone())).unwrap());
    let expected = Said {
        result: Some("Let me look. Rain."),
        tokens: Some([328, 52, 256, 12]),
        used_tools: vec!["web_search", "get_weather"],
        is_success: true,
    };
    assert_eq!(said(&report), expected);
    assert_eq!(said(&declared(&response)), expected);
    assert_eq!(kept(&report), serde_json::to_string(&response).unwrap());
}

#[test]
fn a_response_that_was_filtered_refused_or_failed_is_a_failure() {
    let text = || json!([message(output_text("Rain."))]);
    let filtered = response("incomplete", text(), json!({"reason": "content_filter"}));
    assert!(!said(&declared(&filtered)).is_success);
    let refusal = json!({"type": "refusal", "refusal": "I can't help with that."});
    let refused = response("completed", json!([message(refusal)]), Value::Null);
    assert!(!said(&declared(&refused)).is_success);
    let failed = response("failed", json!([]), Value::Null);
    assert!(!said(&declared(&failed)).is_success);

    let cut = response("incomplete", text(), json!({"reason": "max_output_tokens"}));
    assert!(said(&declared(&cut)).is_success);
}

#[test]
fn a_completion_gives_text_and_tokens() {
    let response: CreateCompletionResponse = serde_json::from_value(json!({
        "id": "cmpl-uqkvlQyYK7bGYrRHQ0eXlWi7",
        "object": "text_completion",
        "created": 1_589_478_378,
        "model": "gpt-3.5-turbo-instruct",
        "choices": [
            {"text": "\n\nThis is a test", "index": 0, "logprobs": null, "finish_reason": "length"}
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
    }))
    .unwrap();
    let expected = Said {
        result: Some("\n\nThis is a test"),
        tokens: Some([5, 7, 0, 0]),
        used_tools: vec![],
        is_success: true,
    };
    assert_eq!(said(&declared(&response)), expected);
}

#[test]
fn embeddings_give_tokens_only_when_they_are_handed_over() {
    #[external_task(skip_all)]
    fn embed(answer: CreateEmbeddingResponse) -> CreateEmbeddingResponse {
        answer
    }
    let response: CreateEmbeddingResponse = serde_json::from_value(json!({
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}],
        "model": "text-embedding-3-small",
        "usage": {"prompt_tokens": 8, "total_tokens": 8},
    }))
    .unwrap();
    let report = declared(&response);
    assert_eq!(said(&report).tokens, Some([8, 0, 0, 0]));
    assert_eq!(said(&report).result, None);
    let returned = record(|| embed(response.clone()));
    assert_eq!(returned.tokens, None);
    assert!(returned.llm_response.is_none());
}

#[test]
fn a_stream_behind_the_crate_s_alias_gives_text_tools_and_tokens_when_it_ends() {
    #[external_task(skip_all)]
    async fn ask(chunks: Vec<Value>) -> Result<ChatCompletionResponseStream, OpenAIError> {
        let chunks = chunks.into_iter().map(|chunk| {
            let chunk: CreateChatCompletionStreamResponse = serde_json::from_value(chunk).unwrap();
            Ok(chunk)
        });
        Ok(Box::pin(stream::iter(chunks)))
    }
    let chunk = |delta: Value, finish_reason: Value| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        })
    };
    let call = json!({"index": 0, "id": "call_1", "type": "function",
        "function": {"name": "get_weather", "arguments": "{}"}});
    let usage = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5",
        "choices": [],
        "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
    });
    let chunks = vec![
        chunk(
            json!({"role": "assistant", "content": "Rain "}),
            Value::Null,
        ),
        chunk(json!({"content": "today."}), Value::Null),
        chunk(json!({"tool_calls": [call]}), json!("tool_calls")),
        usage,
    ];
    let report = record(|| {
        smol::block_on(async { ask(chunks).await.unwrap().count().await });
    });
    let expected = Said {
        result: Some("Rain today."),
        tokens: Some([19, 10, 0, 0]),
        used_tools: vec!["get_weather"],
        is_success: true,
    };
    assert_eq!(said(&report), expected);
    let response: Value = serde_json::from_str(kept(&report)).unwrap();
    assert_eq!(response["object"], "chat.completion");
}
