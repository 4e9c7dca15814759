//! The embedded endpoint's streams, read by the examples' client and as raw bytes.

use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, ChatCompletionStreamOptions, ChatCompletionTool,
    ChatCompletionTools, CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
    CreateChatCompletionStreamResponse, FinishReason, FunctionObject, FunctionType, Role,
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use xpander_report_examples::model::{MODEL, Model, SLOW_MODEL};
use xpander_report_examples::tokens;

const TEXT: &str = "Lighthouses guide ships past rocks at night. The keeper of a lighthouse lit its \
                    lamp at dusk. Most keepers liked to read.";

const QUESTION: &str = "Calculate 6 * 7. What does the clock say?";

fn request(text: &str) -> CreateChatCompletionRequest {
    let message = ChatCompletionRequestUserMessage::from(text);
    CreateChatCompletionRequestArgs::default()
        .model(MODEL)
        .messages([message.into()])
        .stream_options(ChatCompletionStreamOptions {
            include_usage: Some(true),
            include_obfuscation: None,
        })
        .build()
        .unwrap()
}

fn tool(name: &str, parameters: Value) -> ChatCompletionTools {
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: name.to_owned(),
            description: None,
            parameters: Some(parameters),
            strict: None,
        },
    })
}

fn question() -> CreateChatCompletionRequest {
    let mut request = request(QUESTION);
    let expression = json!({"expression": {"type": "string"}});
    let parameters =
        json!({"type": "object", "properties": expression, "required": ["expression"]});
    request.tools = Some(vec![
        tool("calculate", parameters),
        tool("clock", json!({"type": "object", "properties": {}})),
    ]);
    request
}

async fn stream(
    model: &Model,
    request: CreateChatCompletionRequest,
) -> Vec<CreateChatCompletionStreamResponse> {
    let stream = model.client.chat().create_stream(request).await.unwrap();
    stream.map(Result::unwrap).collect().await
}

/// The text of chunks, and the finish reason.
fn text(chunks: &[CreateChatCompletionStreamResponse]) -> (String, Option<FinishReason>) {
    let choices = || chunks.iter().flat_map(|chunk| &chunk.choices);
    let text = choices().filter_map(|choice| choice.delta.content.as_deref());
    let reason = choices().find_map(|choice| choice.finish_reason);
    (text.collect(), reason)
}

#[tokio::test]
async fn an_answer_comes_token_by_token_and_is_the_same() {
    let model = Model::embedded().await.unwrap();
    let chunks = stream(&model, request(TEXT)).await;
    let mut at_once = request(TEXT);
    at_once.stream_options = None;
    let whole = model.client.chat().create(at_once).await.unwrap();
    let (text, reason) = text(&chunks);
    assert_eq!(Some(&*text), whole.choices[0].message.content.as_deref());
    assert_eq!(reason, Some(FinishReason::Stop));
    // A chunk with the role, one for each token, one with the finish reason, and one with the usage.
    assert_eq!(chunks.len() as u64, 1 + tokens::count(&text) + 2);

    assert_eq!(chunks[0].choices[0].delta.role, Some(Role::Assistant));
    assert!(chunks[0].id.starts_with("chatcmpl-"));
    let (usage, others) = chunks.split_last().unwrap();
    assert!(others.iter().all(|chunk| chunk.id == chunks[0].id));
    assert!(others.iter().all(|chunk| chunk.usage.is_none()));
    assert_eq!(usage.choices.len(), 0);
    assert_eq!(usage.usage, whole.usage);
}

#[tokio::test]
async fn the_arguments_of_a_call_come_in_pieces_under_its_index() {
    let model = Model::embedded().await.unwrap();
    let chunks = stream(&model, question()).await;
    let mut calls: Vec<(String, String, String)> = Vec::new();
    let mut pieces = 0;
    let choices = chunks.iter().flat_map(|chunk| &chunk.choices);
    for call in choices.filter_map(|choice| choice.delta.tool_calls.as_ref()) {
        let [call] = &call[..] else {
            panic!("one call a chunk: {call:?}")
        };
        let function = call.function.as_ref().unwrap();
        if let Some(id) = &call.id {
            assert_eq!(call.index as usize, calls.len());
            assert_eq!(call.r#type, Some(FunctionType::Function));
            let name = function.name.clone().unwrap();
            calls.push((id.clone(), name, String::new()));
        }
        pieces += 1;
        let arguments = function.arguments.as_deref().unwrap();
        calls[call.index as usize].2.push_str(arguments);
    }
    assert!(pieces > 2 * calls.len());
    let [calculate, clock] = &calls[..] else {
        panic!("two calls: {calls:?}")
    };
    assert_ne!(calculate.0, clock.0);
    assert_eq!(calculate.1, "calculate");
    assert_eq!(calculate.2, r#"{"expression":"6 * 7"}"#);
    assert_eq!((&*clock.1, &*clock.2), ("clock", "{}"));
    assert_eq!(
        text(&chunks),
        (String::new(), Some(FinishReason::ToolCalls))
    );
}

#[tokio::test]
async fn an_answer_is_cut_at_the_maximum_of_tokens() {
    let model = Model::embedded().await.unwrap();
    let mut request = request(TEXT);
    request.max_completion_tokens = Some(7);
    let chunks = stream(&model, request).await;
    let (text, reason) = text(&chunks);
    assert_eq!(tokens::count(&text), 7);
    assert_eq!(reason, Some(FinishReason::Length));
    let usage = chunks.last().unwrap().usage.as_ref().unwrap();
    assert_eq!(usage.completion_tokens, 7);
}

#[tokio::test]
async fn a_slow_model_s_first_token_does_not_wait_for_its_last() {
    let model = Model::embedded().await.unwrap();
    let mut request = request(TEXT);
    request.model = SLOW_MODEL.to_owned();
    let stream = model.client.chat().create_stream(request).await.unwrap();
    // A client that disconnects after some tokens does not wait for the rest, which would take seconds.
    let chunks: Vec<_> = stream.take(3).map(Result::unwrap).collect().await;
    assert_eq!(
        text(&chunks),
        ("Lighthouses".chars().take(8).collect(), None)
    );
}

#[tokio::test]
async fn a_request_that_is_refused_is_refused_before_a_stream_begins() {
    let model = Model::embedded().await.unwrap();
    let long = model.client.chat();
    let long = long.create_stream(request(&TEXT.repeat(400))).await;
    let mut refused = match long {
        Err(error) => return assert!(error.to_string().contains("maximum context length")),
        Ok(stream) => stream,
    };
    let error: OpenAIError = refused.next().await.unwrap().unwrap_err();
    assert!(
        error.to_string().contains("maximum context length"),
        "{error}"
    );
}

#[tokio::test]
async fn events_are_sent_as_openai_sends_them() {
    let model = Model::embedded().await.unwrap();
    let url = model.endpoint().unwrap().base_url();
    let send = async |options: Value| {
        let messages = json!([{"role": "user", "content": "Rain."}]);
        let mut body = json!({"model": MODEL, "messages": messages, "stream": true});
        if !options.is_null() {
            body["stream_options"] = options;
        }
        let request = model.http.post(format!("{url}/chat/completions"));
        let request = request.bearer_auth("key").body(body.to_string());
        request.send().await.unwrap()
    };
    let answer = send(Value::Null).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["transfer-encoding"], "chunked");
    let answer = answer.text().await.unwrap();
    assert!(answer.ends_with("\n\ndata: [DONE]\n\n"), "{answer}");
    assert!(!answer.contains("usage"), "{answer}");
    for event in answer.split_terminator("\n\n") {
        assert!(event.starts_with("data: "), "{event}");
        assert_eq!(event.lines().count(), 1);
    }
    let answer = send(json!({"include_usage": true})).await.text();
    let answer = answer.await.unwrap();
    assert!(answer.contains(r#""choices":[],"usage":{"#), "{answer}");
    assert!(answer.contains(r#""usage":null"#), "{answer}");
}
