//! Responses that the middleware reads in crates that do not return them.

use aws_sdk_bedrockruntime::config::http::{HttpRequest, HttpResponse};
use aws_sdk_bedrockruntime::config::{
    Credentials, HttpClient, IdentityCache, Region, RuntimeComponents,
    StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_bedrockruntime::error::BoxError;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ConversationRole, ConverseStreamOutput, Message,
};
use aws_sdk_bedrockruntime::{Client, Config};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::event_stream::{Header, HeaderValue};
use http_body_util::StreamBody;
use http_body_util::combinators::BoxBody;
use rig_agent::agent::MultiTurnStreamItem;
use rig_agent::prelude::AgentBuilder;
use rig_core::providers::openai::OpenAIConfig;
use rig_reqwest::ReqwestMiddlewareClient;
use serde_json::{Value, json};
use smol::stream::{self, StreamExt};
use xpander_report::{CatchResponses, TaskReport, Tokens, external_task};
use xpander_report_tests::provider;
use xpander_report_tests::record;
use xpander_report_tests::said::{Said, kept, said};

/// Answers every request with the same, in place of the network.
#[derive(Debug, Clone)]
struct Wire {
    status: u16,
    content_type: &'static str,
    pieces: Vec<Vec<u8>>,
}

impl Wire {
    fn json(status: u16, answer: &Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            pieces: vec![answer.to_string().into_bytes()],
        }
    }

    /// Events of an event stream, cut at positions inside events.
    fn events(events: &[(&str, Value)]) -> Self {
        let mut bytes = Vec::new();
        for (name, payload) in events {
            let text = |text: &str| HeaderValue::String(text.to_owned().into());
            let message = aws_smithy_types::event_stream::Message::new(payload.to_string())
                .add_header(Header::new(":message-type", text("event")))
                .add_header(Header::new(":event-type", text(name)))
                .add_header(Header::new(":content-type", text("application/json")));
            write_message_to(&message, &mut bytes).expect("an event");
        }
        Self {
            status: 200,
            content_type: "application/vnd.amazon.eventstream",
            pieces: bytes.chunks(11).map(<[u8]>::to_vec).collect(),
        }
    }

    fn client(self) -> Client {
        let config = Config::builder()
            .behavior_version_latest()
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .identity_cache(IdentityCache::no_cache())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(self)
            .interceptor(CatchResponses::new());
        Client::from_conf(config.build())
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        let pieces = self.pieces.clone().into_iter();
        let frames = pieces.map(|piece| Ok::<_, BoxError>(http_body::Frame::data(piece.into())));
        let body = SdkBody::from_body_1_x(BoxBody::new(StreamBody::new(stream::iter(
            frames.collect::<Vec<_>>(),
        ))));
        let status = self.status.try_into().expect("a status");
        let mut response = HttpResponse::new(status, body);
        let headers = response.headers_mut();
        headers.insert("content-type", self.content_type);
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn question() -> Message {
    let message = Message::builder().role(ConversationRole::User);
    let message = message.content(ContentBlock::Text("Will it rain?".to_owned()));
    message.build().expect("a message")
}

#[external_task(skip_all)]
async fn converse(client: Client) -> Result<String, BoxError> {
    let request = client.converse().model_id("amazon.nova-lite-v1:0");
    let answer = request.messages(question()).send().await?;
    let output = answer.output().and_then(|output| output.as_message().ok());
    let text = output.and_then(|message| message.content()[0].as_text().ok());
    Ok(text.cloned().unwrap_or_default())
}

/// The text of at most this many events.
#[external_task(skip_all)]
async fn converse_in_words(client: Client, most: usize) -> Result<String, BoxError> {
    let request = client.converse_stream().model_id("amazon.nova-lite-v1:0");
    let mut answer = request.messages(question()).send().await?;
    let mut text = String::new();
    for _ in 0..most {
        let Some(event) = answer.stream.recv().await? else {
            break;
        };
        if let ConverseStreamOutput::ContentBlockDelta(delta) = event
            && let Some(ContentBlockDelta::Text(word)) = delta.delta()
        {
            text.push_str(word);
        }
    }
    Ok(text)
}

#[external_task(skip_all)]
async fn invoke(client: Client) -> Result<usize, BoxError> {
    let request = client.invoke_model().model_id("anthropic.claude-haiku-4-5");
    let answer = request.body(Blob::new("{}")).send().await?;
    Ok(answer.body().as_ref().len())
}

fn conversed() -> Value {
    let content = json!([{"text": "Rain until noon."}]);
    json!({
        "metrics": {"latencyMs": 551},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 19, "outputTokens": 10, "totalTokens": 29},
    })
}

fn rain() -> Said<'static> {
    Said {
        result: Some("Rain until noon."),
        tokens: Some([19, 10, 0, 0]),
        used_tools: vec![],
        is_success: true,
    }
}

#[test]
fn a_text_asked_of_bedrock_has_the_response_byte_for_byte() {
    let answer = conversed();
    let client = Wire::json(200, &answer).client();
    let report = record(|| smol::block_on(converse(client)).unwrap());
    assert_eq!(said(&report), rain());
    assert_eq!(kept(&report), answer.to_string());
}

fn conversation() -> Wire {
    let word = |word: &str| json!({"contentBlockIndex": 0, "delta": {"text": word}});
    let usage = json!({"inputTokens": 19, "outputTokens": 10, "totalTokens": 29});
    Wire::events(&[
        ("messageStart", json!({"role": "assistant"})),
        ("contentBlockDelta", word("Rain until")),
        ("contentBlockDelta", word(" noon.")),
        ("contentBlockStop", json!({"contentBlockIndex": 0})),
        ("messageStop", json!({"stopReason": "end_turn"})),
        (
            "metadata",
            json!({"usage": usage, "metrics": {"latencyMs": 551}}),
        ),
    ])
}

#[test]
fn an_event_stream_of_bedrock_is_one_response() {
    let client = conversation().client();
    let report = record(|| smol::block_on(converse_in_words(client, 9)).unwrap());
    assert_eq!(said(&report), rain());
}

#[test]
fn an_event_stream_that_is_left_counts_as_far_as_it_came() {
    let client = conversation().client();
    let report = record(|| smol::block_on(converse_in_words(client, 2)).unwrap());
    assert_eq!(report.result.as_deref(), Some("Rain until"));
    assert!(kept(&report).contains("Rain until"));
    assert_eq!(report.tokens, None);
}

#[test]
fn a_model_that_is_invoked_is_caught_whatever_its_shape() {
    let answer = json!({
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": "Rain until noon."}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 19, "output_tokens": 10},
    });
    let client = Wire::json(200, &answer).client();
    let report = record(|| smol::block_on(invoke(client)).unwrap());
    assert_eq!(report.tokens, Some(Tokens::new(19, 10)));
    assert_eq!(kept(&report), answer.to_string());
}

#[test]
fn what_bedrock_refuses_is_an_error_as_ever() {
    let client = Wire::json(400, &json!({"message": "no such model"})).client();
    let report = record(|| smol::block_on(converse(client)).unwrap_err());
    assert_eq!(report.is_success, Some(false));
    assert!(report.llm_response.is_none());
}

/// Outside a tokio runtime, where `rig` uses its own runtime for every poll.
fn asked_of_rig(streams: bool) -> TaskReport {
    #[external_task(skip_all)]
    async fn ask(agent: rig_agent::prelude::Agent, streams: bool) -> String {
        if !streams {
            return agent.prompt("Will it rain?").await.unwrap().to_string();
        }
        let mut items = agent.prompt("Will it rain?").stream();
        let mut text = String::new();
        while let Some(item) = items.next().await {
            if let MultiTurnStreamItem::FinalResponse(response) = item.unwrap() {
                text = response.to_string();
            }
        }
        text
    }
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = match streams {
        true => {
            let events = provider::events("chatcmpl-1", "Rain until noon.");
            provider::streaming(events.into_iter().map(String::into_bytes).collect())
        }
        false => provider::answering(&provider::completion("chatcmpl-1", "Rain until noon.")),
    };
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let http = reqwest_middleware::ClientBuilder::new(http);
    let http = http.with(CatchResponses::new()).build();
    let client = OpenAIConfig::new("key").with_base_url(server.url());
    let client = client.connect(ReqwestMiddlewareClient::from(http));
    let agent = AgentBuilder::new(client.chat("gpt-5.4-mini")).build();
    record(|| smol::block_on(ask(agent, streams)))
}

#[test]
fn a_text_asked_of_rig_has_tokens_and_the_response() {
    let report = asked_of_rig(false);
    assert_eq!(said(&report), rain());
    let answer = provider::completion("chatcmpl-1", "Rain until noon.");
    assert_eq!(kept(&report), answer.to_string());
}

#[test]
fn a_stream_of_rig_is_one_response() {
    let report = asked_of_rig(true);
    assert_eq!(said(&report), rain());
    assert!(kept(&report).contains("chatcmpl-1"));
}
