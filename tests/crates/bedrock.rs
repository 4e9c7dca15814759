//! `aws-sdk-bedrockruntime`: its own client reads JSON as Bedrock sends it, and the report has that JSON.

use aws_sdk_bedrockruntime::config::http::{HttpRequest, HttpResponse};
use aws_sdk_bedrockruntime::config::{
    Credentials, HttpClient, IdentityCache, Region, RuntimeComponents,
    StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_bedrockruntime::error::BoxError;
use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::operation::invoke_model::InvokeModelOutput;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message, StopReason};
use aws_sdk_bedrockruntime::{Client, Config};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use xpander_report::{current_task, external_task};
use xpander_report_tests::record;
use xpander_report_tests::said::{Said, declared, kept, said};

/// Answers every request with the same JSON, in place of the network.
#[derive(Debug, Clone)]
struct Wire(String);

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
        let status = 200.try_into().expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(self.0.as_str()));
        let headers = response.headers_mut();
        headers.insert("content-type", "application/json");
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn client(wire: &Value) -> Client {
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(Wire(wire.to_string()));
    Client::from_conf(config.build())
}

#[external_task(input(question))]
async fn ask(client: &Client, question: &str) -> Result<(), BoxError> {
    let message = Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text(question.to_owned()))
        .build()?;
    let request = client.converse().model_id("amazon.nova-lite-v1:0");
    let answer = request.messages(message).send().await?;
    current_task().llm_response(&answer);
    Ok(())
}

fn converse(content: Value, stop_reason: &str) -> Value {
    json!({
        "metrics": {"latencyMs": 551},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": stop_reason,
        "usage": {
            "cacheDetails": [{"inputTokens": 64, "ttl": "5m"}],
            "cacheReadInputTokens": 1_024,
            "cacheWriteInputTokens": 64,
            "inputTokens": 125,
            "outputTokens": 60,
            "totalTokens": 1_273,
        },
    })
}

/// The reported JSON of Bedrock's answer.
fn reported(wire: &Value) -> Value {
    let report = record(|| smol::block_on(ask(&client(wire), "How is it?")).unwrap());
    serde_json::from_str(kept(&report)).unwrap()
}

#[test]
fn text_tools_and_tokens_are_read() {
    let tool = |name: &str| json!({"toolUse": {"input": {"city": "Lima"}, "name": name, "toolUseId": "tooluse_1"}});
    let wire = converse(
        json!([{"text": "Let me "}, {"text": "look."}, tool("get_weather"), tool("get_time")]),
        "tool_use",
    );
    let report = record(|| smol::block_on(ask(&client(&wire), "How is it?")).unwrap());
    let expected = Said {
        result: Some("Let me look."),
        tokens: Some([125, 60, 1_024, 64]),
        used_tools: vec!["get_weather", "get_time"],
        is_success: true,
    };
    assert_eq!(said(&report), expected);
}

#[test]
fn the_response_is_what_bedrock_sent() {
    let reasoning = json!({"reasoningText": {"signature": "c2ln", "text": "The weather, then."}});
    let place = json!({"documentIndex": 0, "end": 12, "start": 3});
    let web = json!({"domain": "example.com", "url": "https://example.com/lima"});
    let citation = |location: Value| {
        json!({
            "location": location,
            "source": "almanac",
            "sourceContent": [{"text": "It rains."}],
            "title": "Almanac",
        })
    };
    let citations = [
        citation(json!({"documentChar": place})),
        citation(json!({"documentChunk": place})),
        citation(json!({"documentPage": place})),
        citation(json!({"searchResultLocation": {"end": 2, "searchResultIndex": 1, "start": 1}})),
        citation(json!({"web": web})),
    ];
    let input = json!({
        "big": 18_446_744_073_709_551_615_u64,
        "list": [1, -2, 2.5, "a", true, null],
        "nested": {"empty": {}},
    });
    let result = json!([
        {"text": "rain"},
        {"json": {"rain": 0.5}},
        {"image": {"format": "png", "source": {"bytes": "iVBORw=="}}},
        {"document": {
            "citations": {"enabled": true},
            "context": "for Lima",
            "format": "txt",
            "name": "almanac",
            "source": {"text": "It rains."},
        }},
        {"searchResult": {
            "citations": {"enabled": false},
            "content": [{"text": "It rains."}],
            "source": "almanac",
            "title": "Almanac",
        }},
        {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://a/b.mp4"}}}},
    ]);
    let bucket = json!({"bucketOwner": "111122223333", "uri": "s3://a/b.wav"});
    let mut wire = converse(
        json!([
            {"reasoningContent": reasoning},
            {"reasoningContent": {"redactedContent": "cmVkYWN0ZWQ="}},
            {"text": "Let me look."},
            {"toolUse": {
                "input": input,
                "name": "get_weather",
                "toolUseId": "tooluse_1",
                "type": "server_tool_use",
            }},
            {"toolResult": {
                "content": result,
                "status": "success",
                "toolUseId": "tooluse_1",
                "type": "web_search_result",
            }},
            {"citationsContent": {"citations": citations, "content": [{"text": "Rain."}]}},
            {"audio": {"format": "wav", "source": {"s3Location": bucket}}},
            {"image": {"error": {"message": "too large"}, "format": "jpeg"}},
            {"document": {
                "format": "pdf",
                "name": "paper",
                "source": {"content": [{"text": "First."}, {"text": "Second."}]},
            }},
            {"guardContent": {"text": {"qualifiers": ["grounding_source"], "text": "It rains."}}},
            {"guardContent": {"image": {"format": "png", "source": {"bytes": "iVBORw=="}}}},
            {"cachePoint": {"ttl": "1h", "type": "default"}},
        ]),
        "end_turn",
    );
    wire["additionalModelResponseFields"] = json!({"stop_sequence": null, "seed": 7});
    wire["performanceConfig"] = json!({"latency": "optimized"});
    wire["serviceTier"] = json!({"type": "priority"});
    assert_eq!(reported(&wire), wire);
}

#[test]
fn what_bedrock_left_out_is_not_made_up() {
    let wire = json!({
        "metrics": {"latencyMs": 551},
        "output": {"message": {"content": [], "role": "assistant"}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 125, "outputTokens": 0, "totalTokens": 125},
    });
    assert_eq!(reported(&wire), wire);
    let report = record(|| smol::block_on(ask(&client(&wire), "How is it?")).unwrap());
    assert_eq!(said(&report).tokens, Some([125, 0, 0, 0]));
}

#[test]
fn words_that_the_sdk_does_not_know_stay_and_blocks_keep_their_place() {
    let wire = converse(
        json!([{"brandNew": {"a": 1}}, {"text": "Rain."}]),
        "brand_new",
    );
    let reported = reported(&wire);
    assert_eq!(reported["stopReason"], "brand_new");
    let content = &reported["output"]["message"]["content"];
    assert_eq!(content, &json!([{}, {"text": "Rain."}]));
}

#[test]
fn a_response_that_is_returned_needs_nothing_more() {
    #[external_task(skip_all)]
    fn ask(answer: ConverseOutput) -> Result<ConverseOutput, BoxError> {
        Ok(answer)
    }
    let wire = converse(json!([{"text": "Rain."}]), "end_turn");
    let request = client(&wire).converse().model_id("amazon.nova-lite-v1:0");
    let answer = smol::block_on(request.send()).unwrap();
    let report = record(|| ask(answer));
    assert_eq!(said(&report).tokens, Some([125, 60, 1_024, 64]));
    assert_eq!(said(&report).result, Some("Rain."));
    assert_eq!(serde_json::from_str::<Value>(kept(&report)).unwrap(), wire);
}

#[test]
fn a_response_that_is_returned_is_handed_over_by_a_key() {
    #[external_task(skip_all, llm_response = |answer| answer, result = |_| "told elsewhere")]
    fn ask(answer: ConverseOutput) -> Result<ConverseOutput, BoxError> {
        Ok(answer)
    }
    let wire = converse(json!([{"text": "Rain."}]), "end_turn");
    let request = client(&wire).converse().model_id("amazon.nova-lite-v1:0");
    let answer = smol::block_on(request.send()).unwrap();
    let report = record(|| ask(answer));
    assert_eq!(said(&report).tokens, Some([125, 60, 1_024, 64]));
    assert_eq!(said(&report).result, Some("told elsewhere"));
}

#[test]
fn a_response_that_is_handed_over_twice_counts_once() {
    let wire = || {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let input: Value = names.into_iter().map(|name| (name, json!(1))).collect();
        let tool = json!({"input": input, "name": "add", "toolUseId": "tooluse_1"});
        converse(json!([{"toolUse": tool}]), "tool_use")
    };
    let send = || {
        let request = client(&wire()).converse().model_id("amazon.nova-lite-v1:0");
        smol::block_on(request.send()).unwrap()
    };
    let report = record(|| ask_twice(&send(), &send()));
    assert_eq!(said(&report).tokens, Some([125, 60, 1_024, 64]));
    assert_eq!(said(&report).used_tools, ["add"]);
}

#[external_task(skip_all)]
fn ask_twice(first: &ConverseOutput, second: &ConverseOutput) {
    current_task().llm_response(first).llm_response(second);
}

#[test]
fn the_trace_is_left_out() {
    let mut wire = converse(json!([{"text": "Rain."}]), "end_turn");
    let without = wire.clone();
    wire["trace"] = json!({"promptRouter": {"invokedModelId": "amazon.nova-lite-v1:0"}});
    assert_eq!(reported(&wire), without);
}

#[test]
fn what_a_guardrail_or_a_filter_stopped_is_a_failure() {
    let reasons = [
        "guardrail_intervened",
        "content_filtered",
        "malformed_tool_use",
    ];
    for reason in reasons {
        let wire = converse(json!([{"text": "Sorry."}]), reason);
        let report = record(|| smol::block_on(ask(&client(&wire), "How is it?")).unwrap());
        assert!(!said(&report).is_success, "{reason}");
    }
    let cut = ConverseOutput::builder().stop_reason(StopReason::MaxTokens);
    assert!(said(&declared(&cut.build().unwrap())).is_success);
}

#[test]
fn the_body_of_an_invocation_is_kept_byte_for_byte_and_read() {
    let body = concat!(
        r#"{"id": "msg_1",  "type": "message", "role": "assistant", "model": "claude-sonnet-4-5","#,
        r#""content": [{"type": "text", "text": "Rain."}], "stop_reason": "end_turn","#,
        r#""usage": {"input_tokens": 125, "output_tokens": 60, "cache_read_input_tokens": 7}}"#
    );
    let output = |body: &str| {
        let output = InvokeModelOutput::builder().content_type("application/json");
        output.body(Blob::new(body)).build().unwrap()
    };
    let report = declared(&output(body));
    assert_eq!(kept(&report), body);
    assert_eq!(said(&report).result, Some("Rain."));
    assert_eq!(said(&report).tokens, Some([125, 60, 7, 0]));

    assert_eq!(kept(&declared(&output("no JSON"))), r#""no JSON""#);
}
