//! `before_send` is called once for each report, however the report ends.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use xpander_report::{Durability, Reporter, ReporterBuilder, TaskReport};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, away, back, config, refused, until};

const DURABILITIES: [Option<Durability>; 4] = [
    None,
    Some(Durability::Memory),
    Some(Durability::Process),
    Some(Durability::Disk),
];

/// The number of calls of the hook, which adds a mark to the input each time.
type Calls = Arc<AtomicU64>;

fn builder(url: &str, durability: Option<Durability>, dir: &Path) -> (ReporterBuilder, Calls) {
    let calls = Calls::default();
    let count = Arc::clone(&calls);
    let builder = Reporter::builder()
        .config(config(url))
        .before_send(move |report| {
            count.fetch_add(1, Ordering::SeqCst);
            report.input = report.input.take().map(|input| input + "!");
        });
    let builder = match durability {
        Some(durability) => builder.spool(dir).durability(durability),
        None => builder,
    };
    (builder, calls)
}

fn reporter(url: &str, durability: Option<Durability>, dir: &Path) -> (Reporter, Calls) {
    let (builder, calls) = builder(url, durability, dir);
    (builder.build().expect("a correct configuration"), calls)
}

fn report() -> TaskReport {
    TaskReport::new().id("task").input("input")
}

fn input(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    body["input"].as_str().map(str::to_owned)
}

#[test]
fn for_a_report_that_is_retried_five_times() {
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let server = Server::start(|before, _| match before {
            0..5 => Answer::json(503, "{}"),
            _ => Answer::task(),
        });
        let (reporter, calls) = reporter(&server.url(), durability, dir.path());
        reporter.report(report());
        // Each flush starts the next attempt.
        until(|| {
            let _ = reporter.flush_blocking(Duration::from_millis(10));
            reporter.stats().delivered == 1
        });
        assert_eq!(reporter.stats().retried, 5, "{durability:?}");
        assert_eq!(calls.load(Ordering::SeqCst), 1, "{durability:?}");
        let inputs = server.requests().into_iter();
        let mut inputs = inputs.map(|request| input(&request.body));
        assert!(inputs.all(|input| input.as_deref() == Some("input!")));
    }
}

#[test]
fn for_each_of_two_reports_that_are_merged() {
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        let (reporter, calls) = reporter(&url, durability, dir.path());
        reporter.report(report());
        let _ = reporter.flush_blocking(Duration::from_millis(10));
        reporter.report(TaskReport::new().id("task").result("done"));
        let _ = reporter.flush_blocking(Duration::from_millis(10));
        let platform = back(port);
        assert!(reporter.flush_blocking(LONG).is_complete());
        assert_eq!(calls.load(Ordering::SeqCst), 2, "{durability:?}");
        let task = platform.task("task").unwrap().unwrap();
        assert_eq!(task.input.as_deref(), Some("input!"));
        assert_eq!(task.result.as_deref(), Some("done"));
    }
}

#[test]
fn for_a_report_that_another_process_delivers_and_not_by_that_one() {
    for durability in DURABILITIES.into_iter().flatten() {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        let (first, calls) = reporter(&url, Some(durability), dir.path());
        first.report(report());
        // The reports in memory are now written to disk.
        assert_eq!(first.shutdown_blocking(Duration::ZERO).spooled, 1);
        assert_eq!(calls.load(Ordering::SeqCst), 1, "{durability:?}");
        let platform = back(port);
        let (other, calls) = reporter(&url, Some(durability), dir.path());
        assert!(smol::block_on(other.drain(LONG)).is_complete());
        assert_eq!(calls.load(Ordering::SeqCst), 0, "{durability:?}");
        let task = platform.task("task").unwrap().unwrap();
        assert_eq!(task.input.as_deref(), Some("input!"));
    }
}

#[test]
fn for_a_report_that_was_refused_and_is_retried() {
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let server = Server::start(|before, _| match before {
            0 => Answer::json(422, r#"{"detail": "odd"}"#),
            _ => Answer::task(),
        });
        let (reporter, calls) = reporter(&server.url(), durability, dir.path());
        reporter.report(report());
        assert_eq!(refused(&reporter), 1);
        let letter = reporter.dead_letters().next().unwrap();
        assert_eq!(letter.report.input.as_deref(), Some("input!"));
        assert_eq!(reporter.retry_dead_letters(|_| true), 1);
        assert!(reporter.flush_blocking(LONG).is_complete());
        assert_eq!(calls.load(Ordering::SeqCst), 1, "{durability:?}");
        let last = server.requests().pop().unwrap();
        assert_eq!(input(&last.body).as_deref(), Some("input!"));
    }
}

#[test]
fn for_a_report_that_is_cut_because_it_is_too_large() {
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let server = Server::start(|before, _| match before {
            0 => Answer::json(413, "{}"),
            _ => Answer::task(),
        });
        let (reporter, calls) = reporter(&server.url(), durability, dir.path());
        reporter.report(report().result("x".repeat(100_000)));
        assert!(reporter.flush_blocking(LONG).is_complete());
        assert_eq!(calls.load(Ordering::SeqCst), 1, "{durability:?}");
        let last = server.requests().pop().unwrap();
        assert!(last.body.len() < 20_000);
        assert_eq!(input(&last.body).as_deref(), Some("input!"));
    }
}

#[test]
fn for_a_report_that_the_disk_has_no_room_for() {
    let dir = TempDir::new().unwrap();
    let server = Server::always(Answer::task());
    let (builder, calls) = builder(&server.url(), Some(Durability::Process), dir.path());
    let reporter = builder.spool_bytes(1).build().unwrap();
    reporter.report(report());
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert_eq!(reporter.stats().not_spooled, 1);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[test]
fn and_never_for_one_that_the_full_queue_drops() {
    let dir = TempDir::new().unwrap();
    let mute = Server::always(Answer::Silence);
    let (builder, calls) = builder(&mute.url(), None, dir.path());
    let reporter = builder.queue_capacity(1).build().unwrap();
    reporter.report(report());
    mute.wait_for(1);
    for _ in 0..10 {
        reporter.report(report());
    }
    assert_eq!(reporter.stats().dropped.queue_full, 10);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}
