//! Works on three jobs, one of which is too long for the model, until Ctrl-C. A local platform shows their tasks.
//!
//! ```text
//! cargo run -p example-apalis-worker
//! ```
//!
//! It calls a model that runs inside this program.

use std::error::Error;
use std::sync::Arc;

use apalis::layers::WorkerBuilderExt;
use apalis::layers::retry::RetryPolicy;
use apalis_core::backend::TaskSink;
use apalis_core::backend::memory::MemoryStorage;
use apalis_core::worker::builder::WorkerBuilder;
use example_apalis_worker::{Summarise, reported, summarise};
use xpander_report::Reporter;
use xpander_report_examples::model::{CONTEXT_WINDOW, Model};
use xpander_report_local::LocalPlatform;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let platform = LocalPlatform::builder().port(0).start()?;
    let _reporting = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("apalis-worker")
        .build()?
        .install()?;

    let mut jobs = MemoryStorage::new();
    let too_long = "word ".repeat(2 * usize::try_from(CONTEXT_WINDOW)?);
    for text in ["It rains a lot.", "It never snows here.", &too_long] {
        let text = text.to_owned();
        jobs.push(Summarise { text }).await?;
    }
    println!("{} shows the jobs. Press Ctrl-C to end.", platform.url());
    let worker = WorkerBuilder::new("summaries")
        .backend(jobs)
        .retry(RetryPolicy::retries(1))
        .layer(reported())
        .data(Arc::new(Model::embedded().await?))
        .build(summarise);
    worker.run_until(tokio::signal::ctrl_c()).await?;
    Ok(())
}
