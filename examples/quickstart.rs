//! Summarises text files with a model, and shows each run in the history of the platform that the environment
//! names (`XPANDER_BASE_URL` and so on), or of a local one inside this program.
//!
//! ```text
//! cargo run --example quickstart                # the repository's own Markdown
//! cargo run --example quickstart -- notes.txt   # your files
//! cargo run --example quickstart -- --exit      # without waiting for Ctrl-C
//! ```
//!
//! If `OPENAI_API_KEY` or `OPENAI_BASE_URL` is set, it calls that model. Otherwise it calls a model inside this
//! program.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    CreateChatCompletionRequestArgs,
};
use comfy_table::{Cell, CellAlignment, Table, presets};
use xpander_report::{Client, Config, ConfigBuilder, Reporter, current_task, external_task};
use xpander_report_examples::model::Model;
use xpander_report_local::LocalPlatform;

/// The instrumented function, which calls a model.
#[external_task(id = name, input(text))]
async fn summarise(
    model: &Model,
    version: &str,
    name: &str,
    text: &str,
) -> Result<String, OpenAIError> {
    let request = CreateChatCompletionRequestArgs::default()
        .model(version)
        .messages([
            ChatCompletionRequestSystemMessage::from("Summarise the text in three sentences.")
                .into(),
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

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, files): (Vec<_>, Vec<_>) = arguments
        .into_iter()
        .partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|flag| *flag != "--exit") {
        return Err(
            format!("`{unknown}` is no option; there is `--exit`, and the rest are files").into(),
        );
    }
    let files = if files.is_empty() {
        own_markdown()?
    } else {
        files.into_iter().map(PathBuf::from).collect()
    };

    let (config, own_platform) = platform()?;
    let _guard = Reporter::builder()
        .config(config.clone())
        .build()?
        .install()?;
    let model = Model::from_env_or_embedded().await?;
    println!("Calling {}.\n", model.description);

    let (mut last, mut ids) = (String::new(), Vec::new());
    for file in &files {
        let text =
            fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        // Its report has the outcome.
        let _ = summarise(&model, &model.model, &name, &text).await;
        last = text;
        ids.push(name.into_owned());
    }
    ids.extend(["too-long", "too-slow"].map(str::to_owned));
    fail_and_cancel(&model, &last).await?;

    if let Some(reporter) = Reporter::current() {
        let _ = reporter.flush(Duration::from_secs(10)).await;
    }
    let config = config.build()?;
    let address = config.base_url().to_owned();
    match history(&Client::new(config), &ids).await {
        Ok(history) => {
            println!("{history}\n");
            println!("The same, with everything that was sent and answered: {address}");
        }
        // A relay accepts reports and has no history.
        Err(error) => println!("The runs are reported. Their history is not at {address}: {error}"),
    }
    if own_platform.is_some() && flags.is_empty() {
        println!("Press Ctrl-C to end.");
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}

/// The platform that the environment names, or a local one that lives as long as the value.
fn platform() -> Result<(ConfigBuilder, Option<LocalPlatform>), Box<dyn Error>> {
    let is_set = |variable| std::env::var_os(variable).is_some();
    if is_set("XPANDER_BASE_URL") || is_set("XPANDER_API_KEY") {
        return Ok((Config::builder(), None));
    }
    let platform = LocalPlatform::builder().port(0).start()?;
    let config = Config::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("quickstart");
    Ok((config, Some(platform)))
}

/// Two failed runs as examples: one with a text that is too long for the model, and one that is cancelled by a timeout.
async fn fail_and_cancel(model: &Model, text: &str) -> Result<(), Box<dyn Error>> {
    let lock_file = fs::read_to_string(root().join("Cargo.lock"))?;
    // The embedded model takes 8,000 tokens; others take far more.
    let copies = if model.endpoint().is_some() { 1 } else { 40 };
    let too_long = lock_file.repeat(copies);
    let _ = summarise(model, &model.model, "too-long", &too_long).await;

    let patience = Duration::from_millis(200);
    let too_slow = summarise(model, &model.slow_model, "too-slow", text);
    let _ = tokio::time::timeout(patience, too_slow).await;
    Ok(())
}

async fn history(client: &Client, ids: &[String]) -> Result<Table, Box<dyn Error>> {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_header(["id", "status", "duration", "tokens", "input", "result"]);
    for id in ids {
        let task = client.task(id).await?;
        let tokens = task.tokens.map_or_else(String::new, |tokens| {
            let [prompt, completion] = [tokens.prompt_tokens, tokens.completion_tokens]
                .map(|count| count.map_or_else(|| "?".to_owned(), |count| count.to_string()));
            format!("{prompt} → {completion}")
        });
        let duration = task.duration.unwrap_or_default();
        table.add_row([
            Cell::new(shorten(&task.id, 20)),
            Cell::new(task.status.map_or_else(String::new, |it| it.to_string())),
            Cell::new(format!("{:.0} ms", duration * 1e3)).set_alignment(CellAlignment::Right),
            Cell::new(tokens).set_alignment(CellAlignment::Right),
            Cell::new(shorten(&task.input.text.unwrap_or_default(), 28)),
            Cell::new(shorten(&task.result.unwrap_or_default(), 44)),
        ]);
    }
    Ok(table)
}

/// The text on one line, cut to a width.
fn shorten(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(width) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

fn own_markdown() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
