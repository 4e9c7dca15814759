//! What Amazon Bedrock's SDK gives, as the JSON that Bedrock's API sent.

mod attachment;
mod block;
mod citation;
mod smithy;

use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::operation::invoke_model::InvokeModelOutput;
use aws_sdk_bedrockruntime::types;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::llm_response::LlmResponse;
use crate::report::json;

/// The marker for the responses of Amazon Bedrock's SDK, which do not serialise; see [`LlmResponse`]. It needs the
/// feature `bedrock`.
///
/// A [`ConverseOutput`] is reported as the JSON that the Converse API sent, with the API's own names: `output.message`,
/// `stopReason`, `usage` and the rest. Data that the SDK discards cannot be reported: a block that this version of the
/// SDK does not know becomes an empty object. The trace of a guardrail or of a prompt router is left out. An
/// [`InvokeModelOutput`] is reported as its body, byte for byte.
///
/// ```no_run
/// use aws_sdk_bedrockruntime::error::BoxError;
/// use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};
/// use xpander_report::{current_task, external_task};
///
/// #[external_task(input(question))]
/// async fn ask(client: &aws_sdk_bedrockruntime::Client, question: &str) -> Result<(), BoxError> {
///     let message = Message::builder()
///         .role(ConversationRole::User)
///         .content(ContentBlock::Text(question.to_owned()))
///         .build()?;
///     let request = client.converse().model_id("amazon.nova-lite-v1:0");
///     let answer = request.messages(message).send().await?;
///     current_task().llm_response(&answer); // its text, tokens and tools are in the report
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub enum Bedrock {}

impl LlmResponse<Bedrock> for ConverseOutput {
    fn response(&self) -> impl Serialize {
        converse(self)
    }
}

/// For the key `llm_response = |answer| answer`.
impl LlmResponse<Bedrock> for &ConverseOutput {
    fn response(&self) -> impl Serialize {
        converse(self)
    }
}

impl LlmResponse<Bedrock> for InvokeModelOutput {
    fn response(&self) -> impl Serialize {
        body(self)
    }
}

/// For the key `llm_response = |answer| answer`.
impl LlmResponse<Bedrock> for &InvokeModelOutput {
    fn response(&self) -> impl Serialize {
        body(self)
    }
}

fn converse(converse: &ConverseOutput) -> Value {
    object([
        ("output", converse.output().map(output)),
        ("stopReason", Some(converse.stop_reason().as_str().into())),
        ("usage", converse.usage().map(usage)),
        ("metrics", converse.metrics().map(metrics)),
        (
            "additionalModelResponseFields",
            converse
                .additional_model_response_fields()
                .map(smithy::document),
        ),
        (
            "performanceConfig",
            converse
                .performance_config()
                .map(|config| json!({"latency": config.latency().as_str()})),
        ),
        (
            "serviceTier",
            converse
                .service_tier()
                .map(|tier| json!({"type": tier.r#type().as_str()})),
        ),
    ])
}

fn body(invoked: &InvokeModelOutput) -> Box<RawValue> {
    let body = String::from_utf8_lossy(invoked.body().as_ref());
    RawValue::from_string(body.to_string()).unwrap_or_else(|_| json::raw(&body))
}

fn output(output: &types::ConverseOutput) -> Value {
    let types::ConverseOutput::Message(message) = output else {
        return json!({});
    };
    let content: Vec<Value> = message.content().iter().map(block::content).collect();
    json!({"message": {"role": message.role().as_str(), "content": content}})
}

fn usage(usage: &types::TokenUsage) -> Value {
    let details = |details: &Vec<types::CacheDetail>| details.iter().map(cache_detail).collect();
    object([
        ("inputTokens", Some(usage.input_tokens().into())),
        ("outputTokens", Some(usage.output_tokens().into())),
        ("totalTokens", Some(usage.total_tokens().into())),
        (
            "cacheReadInputTokens",
            usage.cache_read_input_tokens().map(Value::from),
        ),
        (
            "cacheWriteInputTokens",
            usage.cache_write_input_tokens().map(Value::from),
        ),
        ("cacheDetails", usage.cache_details.as_ref().map(details)),
    ])
}

fn cache_detail(detail: &types::CacheDetail) -> Value {
    json!({"ttl": detail.ttl().as_str(), "inputTokens": detail.input_tokens()})
}

fn metrics(metrics: &types::ConverseMetrics) -> Value {
    json!({"latencyMs": metrics.latency_ms()})
}

/// An object of those fields that are there.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let fields = fields.into_iter();
    let there = fields.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect())
}
