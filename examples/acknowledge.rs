//! A worker that acknowledges a job only after the platform has its report.
//!
//! ```text
//! cargo run --example acknowledge
//! ```
//!
//! It starts a local platform that fails at first. Each job is redelivered under its own id until its report is
//! delivered, so the platform has one task for each job.

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
            // The report is still on its way, but may not arrive.
            DeliveryOutcome::Pending => queue.push_back(job),
            DeliveryOutcome::Refused(letter) => return Err(letter.reason.into()),
            outcome => return Err(format!("{job}: {outcome:?}").into()),
        }
    }
    Ok(acknowledged)
}
