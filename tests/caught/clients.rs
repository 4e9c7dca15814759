//! HTTP clients with the middleware, in functions that return only a text.

use std::pin::pin;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::ReqwestService;
use async_openai::middleware::retry::OpenAIRetryLayer;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
};
use futures_util::StreamExt;
use reqwest_middleware::ClientWithMiddleware;
use tower::{Service, ServiceBuilder, ServiceExt};
use xpander_report::{CatchResponses, current_task, external_task};
use xpander_report_tests::provider::{
    Gate, TOKENS, answering, call, chunk, completion, events, head, streaming,
};
use xpander_report_tests::server::{Answer, Server};

use crate::{only, raw, record};

thread_local! {
    /// Each test has its own client, because it has its own runtime.
    static PLAIN: reqwest::Client = {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build();
        client.expect("a client")
    };
}

/// A client without any middleware.
pub fn plain() -> reqwest::Client {
    PLAIN.with(Clone::clone)
}

/// A client with the layer.
pub fn layered()
-> impl Service<reqwest::Request, Response = reqwest::Response, Error = reqwest::Error, Future: Send>
+ Clone {
    let layer = CatchResponses::new();
    ServiceBuilder::new().layer(layer).service(plain())
}

/// The answer to a client with the layer.
pub async fn get(url: String) -> reqwest::Result<reqwest::Response> {
    let request = plain().get(url).build()?;
    layered().oneshot(request).await
}

pub fn with_middleware() -> ClientWithMiddleware {
    let client = reqwest_middleware::ClientBuilder::new(plain());
    client.with(CatchResponses::new()).build()
}

pub fn openai(server: &Server) -> Client<OpenAIConfig> {
    let config = OpenAIConfig::new().with_api_base(server.url());
    let config = config.with_api_key("key");
    let service = ServiceBuilder::new()
        .layer(CatchResponses::new())
        .layer(OpenAIRetryLayer::default())
        .service(ReqwestService::new(plain()));
    Client::build(plain(), config).with_http_service(service)
}

pub fn question() -> CreateChatCompletionRequest {
    let question = ChatCompletionRequestUserMessage::from("Will it rain?");
    let mut request = CreateChatCompletionRequestArgs::default();
    let request = request.model("gpt-5.4-mini").messages([question.into()]);
    request.build().expect("a request")
}

#[external_task(skip_all)]
async fn ask(server: &Server) -> Result<String, OpenAIError> {
    let mut answer = openai(server).chat().create(question()).await?;
    let choice = answer.choices.swap_remove(0);
    Ok(choice.message.content.unwrap_or_default())
}

#[external_task(skip_all)]
async fn ask_in_words(server: &Server) -> Result<String, OpenAIError> {
    let mut stream = openai(server).chat().create_stream(question()).await?;
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        for choice in chunk?.choices {
            text.push_str(choice.delta.content.as_deref().unwrap_or_default());
        }
    }
    Ok(text)
}

#[external_task(skip_all)]
async fn ask_by_hand(url: String) -> reqwest_middleware::Result<usize> {
    let answer = with_middleware().get(url).send().await?;
    Ok(answer.text().await?.len())
}

#[tokio::test]
async fn a_text_asked_of_async_openai_has_tokens_and_the_response_in_its_report() {
    let answer = completion("chatcmpl-1", "Rain until noon.");
    let (text, reports) = record(ask(&answering(&answer))).await;
    assert_eq!(text.unwrap(), "Rain until noon.");
    let report = only(&reports);
    assert_eq!(report.result.as_deref(), Some("Rain until noon."));
    assert_eq!(report.tokens, Some(TOKENS));
    assert_eq!(raw(report), Some(&*answer.to_string()));
}

#[tokio::test]
async fn the_tools_that_a_model_called_are_in_the_report() {
    let (_, reports) = record(ask(&answering(&call("chatcmpl-1", "get_weather")))).await;
    assert_eq!(only(&reports).used_tools, ["get_weather"]);
}

#[tokio::test]
async fn a_stream_of_async_openai_is_one_response() {
    let events = events("chatcmpl-1", "Rain until noon.");
    let server = streaming(events.into_iter().map(String::into_bytes).collect());
    let (text, reports) = record(ask_in_words(&server)).await;
    assert_eq!(text.unwrap(), "Rain until noon.");
    let report = only(&reports);
    assert_eq!(report.result.as_deref(), Some("Rain until noon."));
    assert_eq!(report.tokens, Some(TOKENS));
    assert!(raw(report).unwrap().contains("chatcmpl-1"));
}

#[tokio::test]
async fn a_stream_that_is_dropped_half_way_counts_as_far_as_it_was_read() {
    #[external_task(skip_all)]
    async fn ask_for_a_word(server: &Server) -> Result<String, OpenAIError> {
        // A task of the client's own reads the answer.
        let stream = openai(server).chat().create_stream(question()).await?;
        let chunks = stream.map(|chunk| chunk.map(|chunk| chunk.choices));
        let mut words = pin!(chunks.filter_map(async |choices| choices.ok()?.pop()?.delta.content));
        words.next().await;
        Ok(words.next().await.unwrap_or_default())
    }
    let gate = Gate::default();
    let (events, waits) = (events("chatcmpl-1", "Rain until noon."), gate.clone());
    let server = Server::always(Answer::written(move |to| {
        head(to, "text/event-stream")?;
        for event in &events[..3] {
            chunk(to, event.as_bytes())?;
        }
        waits.wait();
        Ok(())
    }));
    let (word, reports) = record(ask_for_a_word(&server)).await;
    gate.open();
    assert_eq!(word.unwrap(), "Rain ");
    assert!(raw(only(&reports)).unwrap().contains("Rain "));
}

#[tokio::test]
async fn a_try_that_failed_does_not_count() {
    let busy = r#"{"error": {"message": "busy", "type": "server_error", "code": null}}"#;
    let server = Server::start(move |before, _| match before {
        0 => Answer::json(500, busy),
        _ => Answer::json(200, completion("chatcmpl-1", "Rain.").to_string()),
    });
    let (text, reports) = record(ask(&server)).await;
    assert_eq!(text.unwrap(), "Rain.");
    assert_eq!(only(&reports).tokens, Some(TOKENS));
    assert_eq!(only(&reports).is_success, Some(true));
}

#[tokio::test]
async fn a_client_of_reqwest_middleware_takes_it_as_well() {
    let answer = completion("chatcmpl-1", "Rain until noon.");
    let (length, reports) = record(ask_by_hand(answering(&answer).url())).await;
    assert_eq!(length.unwrap(), answer.to_string().len());
    let report = only(&reports);
    assert_eq!(report.tokens, Some(TOKENS));
    assert_eq!(raw(report), Some(&*answer.to_string()));
    // The returned value is still the result.
    assert_eq!(report.result, Some(answer.to_string().len().to_string()));
}

#[tokio::test]
async fn a_response_without_an_id_that_is_handed_over_as_well_counts_once() {
    #[external_task(skip_all)]
    async fn ask(url: String) -> reqwest_middleware::Result<()> {
        let answer = with_middleware().get(url).send().await?.text().await?;
        // A typed response serialises to other bytes.
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        current_task().llm_response(&answer["as_a_type"]);
        Ok(())
    }
    let mut answer = completion("", "Rain.");
    answer["as_a_type"] = completion("", "Rain.");
    let (_, reports) = record(ask(answering(&answer).url())).await;
    assert_eq!(only(&reports).tokens, Some(TOKENS));
    assert_eq!(raw(only(&reports)), Some(&*answer.to_string()));
}

#[tokio::test]
async fn a_response_that_is_handed_over_as_well_counts_once() {
    #[external_task(skip_all)]
    async fn ask(server: &Server) -> Result<(), OpenAIError> {
        let answer = openai(server).chat().create(question()).await?;
        current_task().llm_response(&answer);
        Ok(())
    }
    let answer = completion("chatcmpl-1", "Rain.");
    let (asked, reports) = record(ask(&answering(&answer))).await;
    asked.unwrap();
    assert_eq!(only(&reports).tokens, Some(TOKENS));
    assert_eq!(raw(only(&reports)), Some(&*answer.to_string()));
}
