//! A program that hands over more reports than may wait. For each number that it reads it waits until so many
//! are delivered, says so on standard error, and reports more than there is room for.

use std::time::Duration;

use xpander_report::{Reporter, TaskReport};
use xpander_report_tests::until;

fn main() {
    let builder = Reporter::builder()
        .queue_capacity(10)
        .exit_timeout(Duration::ZERO);
    let reporter = builder.build().expect("a reporter");
    for line in std::io::stdin().lines() {
        let delivered: u64 = line.expect("a line").parse().expect("a number");
        until(|| {
            // What waits is tried again at once.
            let _ = reporter.flush_blocking(Duration::from_millis(10));
            reporter.stats().delivered == delivered
        });
        // The worker is through with it when it answers.
        let _ = reporter.flush_blocking(Duration::from_millis(10));
        eprintln!("{delivered} delivered");
        for _ in 0..20 {
            reporter.report(TaskReport::new());
        }
        println!("full");
    }
}
