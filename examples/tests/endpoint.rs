//! The embedded endpoint, called by the examples' client and over plain HTTP.

use std::time::{Duration, Instant};

use async_openai::error::{ApiErrorResponse, OpenAIError};
use async_openai::types::chat::{
    ChatCompletionMessageToolCall, ChatCompletionMessageToolCalls,
    ChatCompletionRequestAssistantMessageArgs, ChatCompletionRequestMessage,
    ChatCompletionRequestSystemMessage, ChatCompletionRequestToolMessage,
    ChatCompletionRequestUserMessage, ChatCompletionTool, ChatCompletionToolChoiceOption,
    ChatCompletionTools, CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
    CreateChatCompletionResponse, FinishReason, FunctionObject, Role, ToolChoiceOptions,
};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use xpander_report_examples::model::{
    CONTEXT_WINDOW, MODEL, Model, ModelEndpoint, PACE, SLOW_MODEL,
};
use xpander_report_examples::{tls, tokens};

const TEXT: &str = "Lighthouses guide ships past rocks at night. The keeper of a lighthouse lit its \
                    lamp at dusk. Most keepers liked to read. Today the lamps of lighthouses light \
                    themselves, and ships carry maps of the rocks. Some lighthouses are museums now.";

fn request(model: &str, text: &str) -> CreateChatCompletionRequest {
    let system = ChatCompletionRequestSystemMessage::from("Summarise what the user sends.");
    let user = ChatCompletionRequestUserMessage::from(text);
    let messages: [ChatCompletionRequestMessage; 2] = [system.into(), user.into()];
    CreateChatCompletionRequestArgs::default()
        .model(model)
        .messages(messages)
        .build()
        .unwrap()
}

async fn complete(model: &Model, text: &str) -> CreateChatCompletionResponse {
    model
        .client
        .chat()
        .create(request(MODEL, text))
        .await
        .unwrap()
}

async fn refused(model: &Model, request: CreateChatCompletionRequest) -> ApiErrorResponse {
    match model.client.chat().create(request).await {
        Err(OpenAIError::ApiError(error)) => error,
        other => panic!("not refused: {other:?}"),
    }
}

fn answer(response: &CreateChatCompletionResponse) -> &str {
    response.choices[0].message.content.as_deref().unwrap()
}

/// Posts `body` with `authorization`. Returns the status and the body of the response.
async fn post(
    endpoint: &ModelEndpoint,
    authorization: &str,
    body: impl Into<reqwest::Body>,
) -> (u16, Value) {
    let url = format!("{}/chat/completions", endpoint.base_url());
    send(
        http()
            .post(url)
            .header("authorization", authorization)
            .body(body),
    )
    .await
}

async fn send(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_str(&response.text().await.unwrap()).unwrap(),
    )
}

fn http() -> reqwest::Client {
    tls::install();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn error_body(message: &str, code: Option<&str>) -> Value {
    json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}})
}

#[tokio::test]
async fn a_paragraph_is_summarised_to_sentences_of_its_own() {
    let model = Model::embedded().await.unwrap();
    let response = complete(&model, TEXT).await;

    let sentences: Vec<_> = answer(&response)
        .split_inclusive(". ")
        .map(str::trim)
        .collect();
    assert_eq!(sentences.len(), 3, "{sentences:?}");
    assert!(
        sentences.iter().all(|sentence| TEXT.contains(sentence)),
        "{sentences:?}"
    );
    assert!(answer(&response).contains("lighthouses"));

    assert!(response.id.starts_with("chatcmpl-"));
    assert_ne!(response.id, complete(&model, TEXT).await.id);
    assert_eq!(response.object, "chat.completion");
    assert_eq!(response.model, MODEL);
    assert!(response.created > 1_700_000_000);
    assert_eq!(response.choices[0].message.role, Role::Assistant);
    assert_eq!(response.choices[0].finish_reason, Some(FinishReason::Stop));
}

#[tokio::test]
async fn usage_counts_what_was_sent_and_answered() {
    let model = Model::embedded().await.unwrap();
    let response = complete(&model, TEXT).await;
    let usage = response.usage.clone().unwrap();
    assert_eq!(
        u64::from(usage.completion_tokens),
        tokens::count(answer(&response))
    );
    assert!(u64::from(usage.prompt_tokens) > tokens::count(TEXT));
    assert_eq!(
        usage.total_tokens,
        usage.prompt_tokens + usage.completion_tokens
    );
    assert_eq!(usage.prompt_tokens_details.unwrap().cached_tokens, Some(0));
    assert_eq!(
        usage.completion_tokens_details.unwrap().reasoning_tokens,
        Some(0)
    );

    let twice = complete(&model, &format!("{TEXT} {TEXT}"))
        .await
        .usage
        .unwrap();
    let more = u64::from(twice.prompt_tokens - usage.prompt_tokens);
    assert_eq!(more, tokens::count(&format!(" {TEXT}")));
}

#[tokio::test]
async fn an_answer_is_cut_at_the_maximum_of_tokens() {
    let model = Model::embedded().await.unwrap();
    let whole = complete(&model, TEXT).await;
    let mut request = request(MODEL, TEXT);
    request.max_completion_tokens = Some(7);
    let cut = model.client.chat().create(request).await.unwrap();
    assert_eq!(cut.usage.clone().unwrap().completion_tokens, 7);
    assert_eq!(cut.choices[0].finish_reason, Some(FinishReason::Length));
    assert!(answer(&whole).starts_with(answer(&cut)));
    assert_eq!(tokens::count(answer(&cut)), 7);
}

#[tokio::test]
async fn an_over_long_prompt_is_refused_once_and_not_tried_again() {
    let model = Model::embedded().await.unwrap();
    let text = TEXT.repeat(200);
    let error = refused(&model, request(MODEL, &text)).await;
    assert_eq!(error.status_code.as_u16(), 400);
    assert_eq!(
        error.api_error.code.as_deref(),
        Some("context_length_exceeded")
    );
    assert_eq!(error.api_error.param.as_deref(), Some("messages"));
    assert_eq!(
        error.api_error.r#type.as_deref(),
        Some("invalid_request_error")
    );
    let start = format!(
        "This model's maximum context length is {CONTEXT_WINDOW} tokens. However, your messages \
         resulted in "
    );
    let rest = error
        .api_error
        .message
        .strip_prefix(&start)
        .expect("the maximum");
    let number: u64 = rest.split(' ').next().unwrap().parse().unwrap();
    assert!(number > tokens::count(&text));
    assert_eq!(model.endpoint().unwrap().requests(), 1);
}

#[tokio::test]
async fn an_unknown_model_does_not_exist() {
    let model = Model::embedded().await.unwrap();
    let error = refused(&model, request("gpt-4o-mini", TEXT)).await;
    assert_eq!(error.status_code.as_u16(), 404);
    assert_eq!(error.api_error.code.as_deref(), Some("model_not_found"));
}

#[tokio::test]
async fn a_slow_model_takes_its_pace() {
    let model = Model::embedded().await.unwrap();
    assert_eq!(model.slow_model, SLOW_MODEL);
    let mut request = request(&model.slow_model, TEXT);
    request.max_completion_tokens = Some(4);
    let start = Instant::now();
    let response = model.client.chat().create(request).await.unwrap();
    assert!(start.elapsed() >= PACE * 4);
    assert_eq!(response.model, SLOW_MODEL);
    assert_eq!(response.usage.unwrap().completion_tokens, 4);
}

#[tokio::test]
async fn a_slow_model_is_cancelled_by_a_timeout_and_others_go_on() {
    let model = Model::embedded().await.unwrap();
    let chat = model.client.chat();
    let slow = chat.create(request(&model.slow_model, TEXT));
    assert!(timeout(PACE * 3, slow).await.is_err());
    assert!(answer(&complete(&model, TEXT).await).contains("lighthouses"));
}

#[tokio::test]
async fn content_may_be_an_array_of_text_parts() {
    let endpoint = ModelEndpoint::start().await.unwrap();
    let (first, second) = TEXT.split_at(TEXT.find(" Most").unwrap());
    let content = json!([{"type": "text", "text": first}, {"type": "text", "text": second}]);
    let body = json!({"model": MODEL, "messages": [{"role": "user", "content": content}]});
    let (status, in_parts) = post(&endpoint, "Bearer key", body.to_string()).await;
    assert_eq!(status, 200);

    let body = json!({"model": MODEL, "messages": [{"role": "user", "content": TEXT}]});
    let (_, whole) = post(&endpoint, "Bearer key", body.to_string()).await;
    assert_eq!(in_parts["choices"], whole["choices"]);
    assert!(whole["choices"][0]["message"]["content"].is_string());
    assert_eq!(whole["choices"][0]["message"]["refusal"], Value::Null);
}

#[tokio::test]
async fn a_key_is_demanded() {
    let endpoint = ModelEndpoint::start().await.unwrap();
    let body = json!({"model": MODEL, "messages": [{"role": "user", "content": TEXT}]}).to_string();
    for authorization in ["", "Bearer", "Bearer  ", "Basic key"] {
        let (status, answer) = post(&endpoint, authorization, body.clone()).await;
        assert_eq!(status, 401, "{authorization:?}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("You didn't provide an API key."));
        assert_eq!(answer, error_body(message, None));
    }
    assert_eq!(post(&endpoint, "Bearer key", body).await.0, 200);
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let endpoint = ModelEndpoint::start().await.unwrap();
    for body in [
        "",
        "{",
        "[]",
        "{\"model\": 1}",
        "{\"model\": \"extractive-1\"}",
    ] {
        let (status, answer) = post(&endpoint, "Bearer key", body).await;
        let message = answer["error"]["message"].as_str().unwrap();
        assert_eq!(status, 400, "{body}");
        assert_eq!(answer, error_body(message, None));
    }
    let (_, malformed) = post(&endpoint, "Bearer key", "{").await;
    let message = malformed["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("We could not parse the JSON body of your request"));

    let messages = json!([{"role": "user", "content": TEXT}]);
    let options = json!({"include_usage": true});
    let body = json!({"model": MODEL, "messages": messages, "stream_options": options});
    let (status, answer) = post(&endpoint, "Bearer key", body.to_string()).await;
    let param = &answer["error"]["param"];
    assert_eq!((status, param), (400, &json!("stream_options")));
}

#[tokio::test]
async fn other_urls_methods_and_sizes_are_refused_in_the_same_form() {
    let endpoint = ModelEndpoint::start().await.unwrap();
    let url = format!("{}/models", endpoint.base_url());
    let answer = send(http().get(url)).await;
    assert_eq!(
        answer,
        (
            404,
            error_body("Invalid URL (GET /v1/models)", Some("unknown_url"))
        )
    );

    let url = format!("{}/chat/completions", endpoint.base_url());
    let (status, answer) = send(http().get(url)).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (405, &json!("method_not_supported"))
    );

    let (status, answer) = post(&endpoint, "Bearer key", vec![b' '; 9 * 1024 * 1024]).await;
    assert_eq!(
        (status, &answer["error"]["type"]),
        (413, &json!("invalid_request_error"))
    );
}

#[tokio::test]
async fn it_stops_when_it_is_dropped() {
    let endpoint = ModelEndpoint::start().await.unwrap();
    let url = endpoint.base_url();
    let address = url
        .strip_prefix("http://")
        .unwrap()
        .strip_suffix("/v1")
        .unwrap();
    TcpStream::connect(address).await.unwrap();
    drop(endpoint);
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), refused)
        .await
        .expect("nothing listens any more");
}

fn tools() -> Vec<ChatCompletionTools> {
    let tool = |name: &str, description: &str, parameters: Value| {
        ChatCompletionTools::Function(ChatCompletionTool {
            function: FunctionObject {
                name: name.to_owned(),
                description: Some(description.to_owned()),
                parameters: Some(parameters),
                strict: None,
            },
        })
    };
    let expression = json!({"expression": {"type": "string"}});
    vec![
        tool(
            "calculate",
            "The value of an arithmetic expression.",
            json!({"type": "object", "properties": expression, "required": ["expression"]}),
        ),
        tool(
            "clock",
            "Tells the time.",
            json!({"type": "object", "properties": {}}),
        ),
    ]
}

const QUESTION: &str = "Calculate 6 * 7. What does the clock say?";

fn question(text: &str) -> CreateChatCompletionRequest {
    let mut request = request(MODEL, text);
    request.tools = Some(tools());
    request
}

/// The calls of a response, as an agent reads them.
fn calls(response: &CreateChatCompletionResponse) -> Vec<ChatCompletionMessageToolCall> {
    let calls = response.choices[0].message.tool_calls.clone();
    let calls = calls
        .unwrap_or_default()
        .into_iter()
        .map(|call| match call {
            ChatCompletionMessageToolCalls::Function(call) => call,
            ChatCompletionMessageToolCalls::Custom(call) => panic!("not offered: {call:?}"),
        });
    calls.collect()
}

/// The conversation after `asked`, with these answers to its calls.
fn answered(
    asked: &CreateChatCompletionRequest,
    calls: &[ChatCompletionMessageToolCall],
    answers: &[(&str, &str)],
) -> CreateChatCompletionRequest {
    let mut request = asked.clone();
    let calls = calls
        .iter()
        .cloned()
        .map(ChatCompletionMessageToolCalls::Function);
    let assistant = ChatCompletionRequestAssistantMessageArgs::default()
        .tool_calls(calls.collect::<Vec<_>>())
        .build()
        .unwrap();
    request.messages.push(assistant.into());
    for (id, answer) in answers {
        let answer = ChatCompletionRequestToolMessage {
            content: (*answer).into(),
            tool_call_id: (*id).to_owned(),
        };
        request.messages.push(answer.into());
    }
    request
}

#[tokio::test]
async fn tools_that_the_question_names_are_called() {
    let model = Model::embedded().await.unwrap();
    let request = question(QUESTION);
    let response = model.client.chat().create(request).await.unwrap();
    assert_eq!(
        response.choices[0].finish_reason,
        Some(FinishReason::ToolCalls)
    );
    assert_eq!(response.choices[0].message.content, None);
    let calls = calls(&response);
    let functions: Vec<_> = calls
        .iter()
        .map(|call| (&*call.function.name, &*call.function.arguments))
        .collect();
    assert_eq!(
        functions,
        [("calculate", r#"{"expression":"6 * 7"}"#), ("clock", "{}")]
    );
    assert!(calls[0].id.starts_with("call_"));
    assert_ne!(calls[0].id, calls[1].id);
}

#[tokio::test]
async fn the_results_of_tools_become_the_answer() {
    let model = Model::embedded().await.unwrap();
    let asked = question(QUESTION);
    let response = model.client.chat().create(asked.clone()).await.unwrap();
    let calls = calls(&response);
    let (calculate, clock) = (&*calls[0].id, &*calls[1].id);
    let answers = [(clock, "It is noon."), (calculate, "42")];
    let request = answered(&asked, &calls, &answers);
    let response = model.client.chat().create(request).await.unwrap();
    assert_eq!(answer(&response), "clock: It is noon.\ncalculate: 42");
    assert_eq!(response.choices[0].finish_reason, Some(FinishReason::Stop));
    assert_eq!(response.choices[0].message.tool_calls, None);
}

#[tokio::test]
async fn usage_counts_tools_calls_and_results() {
    let model = Model::embedded().await.unwrap();
    let ask = async |request: CreateChatCompletionRequest| {
        let response = model.client.chat().create(request).await.unwrap();
        let usage = response.usage.clone().unwrap();
        (
            response,
            u64::from(usage.prompt_tokens),
            u64::from(usage.completion_tokens),
        )
    };
    let asked = question(QUESTION);
    let (response, prompt, completion) = ask(asked.clone()).await;
    let calls = calls(&response);
    let written = |call: &ChatCompletionMessageToolCall| {
        tokens::count(&call.function.name) + tokens::count(&call.function.arguments)
    };
    assert_eq!(completion, calls.iter().map(written).sum::<u64>());

    let (_, without_tools, _) = ask(request(MODEL, QUESTION)).await;
    assert!(prompt > without_tools, "{prompt}, {without_tools}");

    let answers = [(&*calls[0].id, "42"), (&*calls[1].id, "noon")];
    let (response, then, completion) = ask(answered(&asked, &calls, &answers)).await;
    assert!(then > prompt, "{then}, {prompt}");
    assert_eq!(completion, tokens::count(answer(&response)));
}

#[tokio::test]
async fn calls_are_cut_at_the_maximum_of_tokens() {
    let model = Model::embedded().await.unwrap();
    let mut request = question(QUESTION);
    request.max_completion_tokens = Some(5);
    let response = model.client.chat().create(request).await.unwrap();
    assert_eq!(
        response.choices[0].finish_reason,
        Some(FinishReason::Length)
    );
    assert_eq!(response.usage.clone().unwrap().completion_tokens, 5);
    let calls = calls(&response);
    assert_eq!(calls.len(), 1);
    serde_json::from_str::<Value>(&calls[0].function.arguments).unwrap_err();
}

#[tokio::test]
async fn one_call_at_a_time_if_that_is_asked_for() {
    let model = Model::embedded().await.unwrap();
    let mut request = question(QUESTION);
    request.parallel_tool_calls = Some(false);
    let response = model.client.chat().create(request).await.unwrap();
    assert_eq!(calls(&response).len(), 1);
}

#[tokio::test]
async fn an_answer_to_no_call_is_refused() {
    let model = Model::embedded().await.unwrap();
    let asked = question(QUESTION);
    let answer = answered(&asked, &[], &[("call_1", "42")]);
    let error = refused(&model, answer).await;
    assert_eq!(error.status_code.as_u16(), 400);
    assert_eq!(error.api_error.param.as_deref(), Some("messages.[3].role"));
    assert_eq!(
        error.api_error.r#type.as_deref(),
        Some("invalid_request_error")
    );
    assert!(error.api_error.message.contains("role 'tool'"));

    let response = model.client.chat().create(asked.clone()).await.unwrap();
    let calls = calls(&response);
    let answers = [(&*calls[0].id, "42"), ("call_1", "noon")];
    let error = refused(&model, answered(&asked, &calls, &answers)).await;
    assert_eq!(
        error.api_error.param.as_deref(),
        Some("messages.[4].tool_call_id")
    );
    assert!(error.api_error.message.contains("'call_1' not found"));
}

#[tokio::test]
async fn a_call_without_an_answer_is_refused_by_its_id() {
    let model = Model::embedded().await.unwrap();
    let asked = question(QUESTION);
    let response = model.client.chat().create(asked.clone()).await.unwrap();
    let calls = calls(&response);
    let (answered_id, left) = (&*calls[0].id, &*calls[1].id);
    let error = refused(&model, answered(&asked, &calls, &[(answered_id, "42")])).await;
    assert_eq!(error.status_code.as_u16(), 400);
    assert!(error.api_error.message.ends_with(left));
    assert!(!error.api_error.message.contains(answered_id));
}

#[tokio::test]
async fn an_answer_without_the_id_of_its_call_is_refused() {
    let endpoint = ModelEndpoint::start().await.unwrap();
    let function = json!({"name": "clock", "arguments": "{}"});
    let call = json!({"id": "call_1", "type": "function", "function": function});
    let messages = json!([
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "content": "noon"},
    ]);
    let body = json!({"model": MODEL, "messages": messages});
    let (status, answer) = post(&endpoint, "Bearer key", body.to_string()).await;
    let param = &answer["error"]["param"];
    assert_eq!((status, param), (400, &json!("messages.[2].tool_call_id")));
}

#[tokio::test]
async fn a_question_that_names_no_tool_is_answered_in_text() {
    let model = Model::embedded().await.unwrap();
    let with_tools = model.client.chat().create(question(TEXT)).await.unwrap();
    let without = complete(&model, TEXT).await;
    assert_eq!(answer(&with_tools), answer(&without));
    let mut none = question(QUESTION);
    none.tool_choice = Some(ChatCompletionToolChoiceOption::Mode(
        ToolChoiceOptions::None,
    ));
    let response = model.client.chat().create(none).await.unwrap();
    assert_eq!(calls(&response), []);
    assert!(response.choices[0].message.content.is_some());
}
