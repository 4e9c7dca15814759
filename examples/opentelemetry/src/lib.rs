//! Each run is a task of an agent and a span in your OpenTelemetry backend.
//!
//! What to copy:
//!
//! 1. The feature `tracing` of `xpander-report`, and [`export`] in `main`.
//! 2. Nothing else: [`summarise`] does not change.

pub mod collector;

use std::error::Error;

use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    CreateChatCompletionRequestArgs,
};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use xpander_report::{current_task, external_task};
use xpander_report_examples::model::Model;

/// The instrumented function.
///
/// # Errors
/// The model cannot be reached, or refuses.
#[external_task(input(text))]
pub async fn summarise(model: &Model, text: &str) -> Result<String, OpenAIError> {
    let request = CreateChatCompletionRequestArgs::default()
        .model(&model.model)
        .messages([
            ChatCompletionRequestSystemMessage::from("Summarise the text in one sentence.").into(),
            ChatCompletionRequestUserMessage::from(text).into(),
        ])
        .build()?;
    let response = model.client.chat().create(request).await?;
    current_task().llm_response(&response);
    let choice = response.choices.into_iter().next();
    Ok(choice
        .and_then(|choice| choice.message.content)
        .unwrap_or_default())
}

/// Exports the spans of all runs to the collector at this address, such as `http://127.0.0.1:4318`, as JSON over HTTP.
/// [Shut down](SdkTracerProvider::shutdown) the returned provider at the end of `main`, to export the remaining spans.
///
/// # Errors
/// The address is invalid, or a subscriber is already installed.
pub fn export(endpoint: &str) -> Result<SdkTracerProvider, Box<dyn Error>> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .build()?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("xpander-report"));
    // Without it, spans of the HTTP client are exported as well.
    let runs = Targets::new().with_target("xpander_report", Level::INFO);
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(runs));
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(provider)
}
