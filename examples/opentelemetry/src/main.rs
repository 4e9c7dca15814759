//! Summarises a text, reports the run to a local platform, and exports its span to a collector.
//!
//! ```text
//! cargo run -p example-opentelemetry --bin collector    # in a terminal of its own, unless you have a collector
//! cargo run -p example-opentelemetry
//! cargo run -p example-opentelemetry -- --exit          # without waiting for Ctrl-C
//! ```
//!
//! The collector is at `OTEL_EXPORTER_OTLP_ENDPOINT`, by default `http://127.0.0.1:4318`. With
//! `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true` its span holds the text and the summary. The model runs
//! inside this program, unless `OPENAI_API_KEY` or `OPENAI_BASE_URL` is set.

use std::error::Error;
use std::time::Duration;

use example_opentelemetry::{export, summarise};
use xpander_report::Reporter;
use xpander_report_examples::model::Model;
use xpander_report_examples::tls;
use xpander_report_local::LocalPlatform;

const COLLECTOR: &str = "http://127.0.0.1:4318";

const TEXT: &str = "Lighthouses guide ships past rocks at night. The keeper of a lighthouse lit its lamp at dusk. \
                    Today the lamps of lighthouses light themselves.";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tls::install();
    let platform = LocalPlatform::builder().port(0).start()?;
    let reporter = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("opentelemetry")
        .build()?;
    let _reporting = reporter.clone().install()?;
    let collector = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT");
    let collector = collector.unwrap_or_else(|_| COLLECTOR.to_owned());
    let spans = export(&collector)?;

    let model = Model::from_env_or_embedded().await?;
    println!(
        "Calling {}.\n\n{}\n",
        model.description,
        summarise(&model, TEXT).await?
    );

    let _ = reporter.flush(Duration::from_secs(10)).await;
    for task in platform.tasks()? {
        println!("The task:  {}", platform.task_url(&task.id));
    }
    match tokio::task::spawn_blocking(move || spans.shutdown()).await? {
        Ok(()) => println!("The span:  what {collector} shows"),
        Err(error) => println!("The span:  {collector} does not take it: {error}"),
    }
    if !std::env::args().any(|argument| argument == "--exit") {
        println!("Press Ctrl-C to end.");
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}
