//! Summarises texts from a queue. Each job becomes one task in the history, whatever fails in between.
//!
//! ```text
//! cargo run -p example-queue-worker -- enqueue notes.txt …   # a job of each file, its path the id
//! cargo run -p example-queue-worker                          # does the jobs, until Ctrl-C
//! ```
//!
//! It needs a NATS server with JetStream (`NATS_URL`, or the one on this machine), and the variables that name the
//! platform, which may be down. If `OPENAI_API_KEY` or `OPENAI_BASE_URL` is set, it calls that model. Otherwise it
//! calls a model inside this program.

use std::fs;
use std::process::ExitCode;

use example_queue_worker::Error;
use example_queue_worker::job::Job;
use example_queue_worker::queue::Queue;
use example_queue_worker::worker::Worker;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match &arguments[..] {
        [] => Worker::run(|job, step| println!("{job}: {step}")).await,
        ["enqueue", files @ ..] if !files.is_empty() => enqueue(files).await,
        _ => Err("give no argument to work, or `enqueue` and files to make jobs of".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn enqueue(files: &[&str]) -> Result<(), Error> {
    let queue = Queue::from_env().await?;
    for file in files {
        let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        let is_new = queue.enqueue(&Job::new(*file, text)?).await?;
        let what = if is_new { "enqueued" } else { "known already" };
        println!("{file}: {what}");
    }
    println!("{} jobs are to be done.", queue.jobs().await?);
    Ok(())
}
