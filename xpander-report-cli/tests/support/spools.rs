//! Spools in use, or with reports of ended programs.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use xpander_report::{Config, Reporter, TaskReport};

use super::KEY;

/// A reporter of the same platform, for a spool in this directory.
pub(crate) fn worker(url: &str, dir: &Path) -> Reporter {
    let config = Config::builder().variables([("", "")]);
    let builder = Reporter::builder()
        .config(config)
        .base_url(url)
        .api_key(KEY);
    builder.agent_id("agent-123").spool(dir).build().unwrap()
}

/// An address without a server.
pub(crate) fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Leaves two reports behind, like a program that ends during an outage.
pub(crate) fn leave_two(url: &str, dir: &Path) {
    let reporter = worker(url, dir);
    reporter.report(TaskReport::new().id("order-1").input("first"));
    reporter.report(
        TaskReport::new()
            .id("order-2")
            .input("second\u{1b}[2J")
            .result("done"),
    );
    let outcome = reporter.shutdown_blocking(Duration::ZERO);
    assert_eq!(outcome.spooled, 2, "{outcome:?}");
}
