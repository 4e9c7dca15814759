//! A function that returns the words of a model as they arrive. Its run ends with the stream, and is in the history of
//! a local platform with its tokens. The function does not report them: a layer of the HTTP client reads each answer.
//!
//! ```text
//! cargo run --example streaming
//! cargo run --example streaming -- "A text to summarise."
//! cargo run --example streaming -- --exit      # without waiting for Ctrl-C
//! ```
//!
//! If `OPENAI_API_KEY` or `OPENAI_BASE_URL` is set, it calls that model. Otherwise it calls a model inside this
//! program.

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::ReqwestService;
use async_openai::middleware::retry::OpenAIRetryLayer;
use async_openai::types::chat::{
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    ChatCompletionStreamOptions, CreateChatCompletionRequestArgs,
};
use futures_util::{Stream, StreamExt};
use tower::ServiceBuilder;
use xpander_report::{CatchResponses, Reporter, external_task};
use xpander_report_examples::model::Model;
use xpander_report_local::LocalPlatform;

pub const TEXT: &str = "Lighthouses guide ships past rocks at night. The keeper of a lighthouse lit its \
                        lamp at dusk. Most keepers liked to read. Today the lamps of lighthouses light \
                        themselves, and ships carry maps of the rocks. Some lighthouses are museums now.";

/// The number of pieces after which the second reader stops.
const ENOUGH: usize = 5;

/// The instrumented function, which returns a stream.
#[external_task(input(text))]
async fn summarise(
    client: &Client<OpenAIConfig>,
    model: &str,
    text: &str,
) -> Result<impl Stream<Item = Result<String, OpenAIError>> + use<>, OpenAIError> {
    let instruction = "Summarise the text in three sentences.";
    let request = CreateChatCompletionRequestArgs::default()
        .model(model)
        .messages([
            ChatCompletionRequestSystemMessage::from(instruction).into(),
            ChatCompletionRequestUserMessage::from(text).into(),
        ])
        // Without this option, OpenAI's stream has no usage.
        .stream_options(ChatCompletionStreamOptions {
            include_usage: Some(true),
            include_obfuscation: None,
        })
        .build()?;
    let chunks = client.chat().create_stream(request).await?;
    Ok(chunks.map(|chunk| {
        let choices = chunk?.choices.into_iter();
        let pieces = choices.filter_map(|choice| choice.delta.content);
        Ok(pieces.collect())
    }))
}

/// The model's client, with the layer that catches its answers.
fn client(model: &Model) -> Client<OpenAIConfig> {
    let http = ServiceBuilder::new()
        .layer(CatchResponses::new())
        .layer(OpenAIRetryLayer::default())
        .service(ReqwestService::new(model.http.clone()));
    model.client.clone().with_http_service(http)
}

/// Prints the text's summary twice, the second time only in part, and then both tasks from the platform.
pub async fn run(
    platform: &LocalPlatform,
    model: &Model,
    version: &str,
    text: &str,
) -> Result<(), Box<dyn Error>> {
    println!("Calling {}.", model.description);
    let client = client(model);
    for pieces in [usize::MAX, ENOUGH] {
        println!();
        let summary = summarise(&client, version, text).await?;
        let mut summary = Box::pin(summary.take(pieces));
        while let Some(piece) = summary.next().await {
            print!("{}", piece?);
            std::io::stdout().flush()?;
        }
        println!();
        drop(summary);
        // Reports of two tasks may arrive in any order, so the tasks are sorted.
        if let Some(reporter) = Reporter::current() {
            let _ = reporter.flush(Duration::from_secs(10)).await;
        }
    }

    for task in platform.tasks()?.iter().rev() {
        let tokens = task.tokens.map_or_else(String::new, |tokens| {
            format!("{} → {}", tokens.prompt_tokens, tokens.completion_tokens)
        });
        println!("\nstatus  {}", task.status);
        println!("result  {}", task.result.as_deref().unwrap_or_default());
        println!("tokens  {tokens}");
        println!("        {}", platform.task_url(&task.id));
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, texts): (Vec<_>, Vec<_>) = arguments
        .into_iter()
        .partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|flag| *flag != "--exit") {
        return Err(format!("`{unknown}` is no option; there is `--exit`, and a text").into());
    }
    let text = match texts.is_empty() {
        true => TEXT.to_owned(),
        false => texts.join(" "),
    };

    let platform = LocalPlatform::builder().port(0).start()?;
    let _guard = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("streaming")
        .build()?
        .install()?;
    let model = Model::from_env_or_embedded().await?;
    // Slow enough to be seen.
    run(&platform, &model, &model.slow_model, &text).await?;
    if flags.is_empty() {
        println!("Press Ctrl-C to end.");
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}
