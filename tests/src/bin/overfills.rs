//! A program that reports more than the queue holds. For each number on standard input, it waits until that many
//! reports are delivered, prints a line on standard error, and overfills the queue again.

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
            // Retries the waiting reports immediately.
            let _ = reporter.flush_blocking(Duration::from_millis(10));
            reporter.stats().delivered == delivered
        });
        // When the worker answers, it has processed them.
        let _ = reporter.flush_blocking(Duration::from_millis(10));
        eprintln!("{delivered} delivered");
        for _ in 0..20 {
            reporter.report(TaskReport::new());
        }
        println!("full");
    }
}
