//! A worker that acknowledges a job when the platform has its report, and not before.
//!
//! ```text
//! cargo run --example acknowledge
//! ```
//!
//! It starts a local platform that fails at first. The jobs come again until their reports are delivered, each under its
//! own id, so that the platform has one task of each.

use std::collections::VecDeque;
use std::error::Error;
use std::time::Duration;

use xpander_report::{DeliveryOutcome, Reporter, TaskReport};
use xpander_report_local::{Fault, LocalPlatform};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let platform = LocalPlatform::builder().port(0).start()?;
    platform.inject(Fault::status(503).times(3));
    for job in run(&platform, ["job-1", "job-2", "job-3"]).await? {
        println!("{job} is done");
    }
    println!("The platform has {} tasks.", platform.tasks()?.len());
    Ok(())
}

/// Works on the jobs. Returns them in the order in which they were acknowledged.
pub async fn run<const N: usize>(
    platform: &LocalPlatform,
    jobs: [&'static str; N],
) -> Result<Vec<&'static str>, Box<dyn Error>> {
    let reporter = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("worker")
        .build()?;
    let mut queue = VecDeque::from(jobs);
    let mut acknowledged = Vec::new();
    while let Some(job) = queue.pop_front() {
        let report = TaskReport::new().id(job).result("done");
        match reporter.deliver(report, Duration::from_millis(200)).await {
            outcome if outcome.is_delivered() => acknowledged.push(job),
            // It is still on its way, but nobody knows whether it will arrive.
            DeliveryOutcome::Pending => queue.push_back(job),
            DeliveryOutcome::Refused(letter) => return Err(letter.reason.into()),
            outcome => return Err(format!("{job}: {outcome:?}").into()),
        }
    }
    Ok(acknowledged)
}
