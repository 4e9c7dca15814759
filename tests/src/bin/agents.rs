//! A program with the agents `good` and `bad`. It reports for both until the agent `bad` is known to fail, and ends
//! when the reports of `good` have arrived.

use std::time::Duration;

use xpander_report::{Reporter, TaskReport};
use xpander_report_tests::until;

fn main() {
    let builder = Reporter::builder().exit_timeout(Duration::ZERO);
    let reporter = builder.build().expect("a reporter");
    reporter.report(TaskReport::new().agent_id("good"));
    let _ = reporter.flush_blocking(Duration::from_secs(10));
    let mut sent = 1;
    until(|| {
        for agent in ["bad", "good"] {
            reporter.report(TaskReport::new().agent_id(agent));
        }
        sent += 1;
        until(|| reporter.stats().delivered == sent);
        !reporter.stats().failing_agents.is_empty()
    });
}
