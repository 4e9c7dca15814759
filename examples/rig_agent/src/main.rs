//! Asks an agent of `rig` a question, and prints the task from a local platform.
//!
//! ```text
//! cargo run -p example-rig-agent
//! cargo run -p example-rig-agent -- "Calculate 6 * 7."
//! cargo run -p example-rig-agent -- --exit      # without waiting for Ctrl-C
//! ```
//!
//! It calls a model that runs inside this program.

use std::error::Error;
use std::io;
use std::time::Duration;

use example_rig_agent::{QUESTION, agent, answer};
use xpander_report::Reporter;
use xpander_report_examples::model::Model;
use xpander_report_local::LocalPlatform;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, questions): (Vec<_>, Vec<_>) = arguments
        .into_iter()
        .partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|flag| *flag != "--exit") {
        return Err(format!("`{unknown}` is no option; there is `--exit`, and a question").into());
    }
    let question = match questions.is_empty() {
        true => QUESTION.to_owned(),
        false => questions.join(" "),
    };

    let platform = LocalPlatform::builder().port(0).start()?;
    let reporter = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("rig-agent")
        .build()?;
    let _guard = reporter.clone().install()?;
    let model = Model::embedded().await?;
    let endpoint = model.endpoint();
    let base_url = endpoint.ok_or_else(|| io::Error::other("no embedded model"))?;
    let agent = agent(
        model.http.clone(),
        &base_url.base_url(),
        "embedded",
        &model.model,
    );

    println!("Calling {}.\n", model.description);
    println!("{question}\n\n{}\n", answer(&agent, &question).await?);
    let _ = reporter.flush(Duration::from_secs(10)).await;
    for task in platform.tasks()? {
        let tokens = task.tokens.map_or_else(String::new, |tokens| {
            format!("{} → {}", tokens.prompt_tokens, tokens.completion_tokens)
        });
        println!("status  {}", task.status);
        println!("tools   {}", task.used_tools.join(", "));
        println!("tokens  {tokens}");
        println!(
            "The same, with every response of the model: {}",
            platform.task_url(&task.id)
        );
    }
    if flags.is_empty() {
        println!("Press Ctrl-C to end.");
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}
