//! What a reporter makes of its spool, where that was wrong once.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::outgoing_of;
use crate::envelope::sequence::Sequence;
use crate::platform::config::Config;
use crate::report::TaskReport;
use crate::reporter::Reporter;
use crate::reporter::builder::ReporterBuilder;
use crate::spool::files::os_disk::own_folder;
use crate::spool::writer::{Spool, SpoolLimits};
use crate::support::block_on::block_on_for;

const LONG: Duration = Duration::from_secs(30);

/// The address of a platform that is away.
fn away() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("its address"))
}

fn spooling(url: &str, dir: &Path) -> ReporterBuilder {
    let config = Config::builder()
        .base_url(url)
        .api_key("key")
        .agent_id("agent");
    Reporter::builder().config(config).spool(dir)
}

#[test]
fn who_flushes_after_a_shutdown_hears_at_once_what_was_left_on_disk() {
    let (url, dir) = (away(), TempDir::new().expect("a directory"));
    let reporter = spooling(&url, dir.path()).build().expect("a reporter");
    reporter.report(TaskReport::new());
    let outcome = reporter.shutdown_blocking(Duration::ZERO);
    assert_eq!((outcome.spooled, outcome.dropped), (1, 0));
    let begun = Instant::now();
    for _ in 0..2 {
        let outcome = reporter.flush_blocking(LONG);
        assert_eq!(
            (outcome.spooled, outcome.pending, outcome.timed_out),
            (1, 0, false)
        );
        assert_eq!(reporter.stats().pending, 0);
    }
    assert_eq!(reporter.shutdown_blocking(LONG).spooled, 1);
    assert!(begun.elapsed() < LONG);
}

#[test]
fn a_drain_that_could_not_read_everything_says_so() {
    let (url, dir) = (away(), TempDir::new().expect("a directory"));
    // No file that could be read.
    let file = dir.path().join(own_folder()).join("unreadable.seg");
    std::fs::create_dir_all(file).expect("a directory");
    let reporter = spooling(&url, dir.path()).build().expect("a reporter");
    let outcome = block_on_for(reporter.drain(Duration::from_millis(100)), LONG);
    assert!(outcome.expect("an end").timed_out);
}

#[test]
fn many_reports_that_waited_too_long_are_dropped_one_after_the_other() {
    let (url, dir) = (away(), TempDir::new().expect("a directory"));
    let reporter = spooling(&url, dir.path()).spool_age(Duration::ZERO);
    // What a process left behind that was killed.
    let spool = Spool::new(dir.path().into(), url, SpoolLimits::default());
    for _ in 0..4_000 {
        let appended = spool.append(&outgoing_of(TaskReport::new(), Sequence::next(), false));
        appended.expect("a disk that takes it");
    }
    drop(spool);
    let reporter = reporter.build().expect("a reporter");
    let outcome = block_on_for(reporter.drain(LONG), LONG).expect("an end");
    assert!(!outcome.timed_out);
    assert_eq!(reporter.stats().dropped.expired, 4_000);
}
