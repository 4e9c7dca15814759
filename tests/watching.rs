//! The stats and the events of a reporter.

use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use xpander_report::{Event, Reporter, ReporterBuilder, TaskReport, external_task};
use xpander_report_tests::server::{Answer, Request, Server};
use xpander_report_tests::{LONG, config};

fn reporter(server: &Server) -> ReporterBuilder {
    Reporter::builder().config(config(server.url()))
}

/// Refuses tasks whose input says so, temporarily or permanently.
fn picky() -> Server {
    Server::start(|before, request| match () {
        () if request.body.contains("refuse") => Answer::json(422, r#"{"detail": "odd"}"#),
        () if before == 0 => Answer::json(503, "{}"),
        () => Answer::task(),
    })
}

#[test]
fn who_listens_hears_what_becomes_of_each_report() {
    let server = picky();
    let (sender, heard) = mpsc::channel();
    let reporter = reporter(&server).on_event(move |event| {
        let said = match event {
            Event::Delivered { task_id, .. } => format!("{task_id} delivered"),
            Event::Retrying { task_id, error, .. } => format!("{task_id} put off: {error}"),
            Event::Refused { task_id, error, .. } => format!("{task_id} refused: {error}"),
            Event::Dropped { reports, .. } => format!("dropped {reports:?}"),
            other => format!("{other:?}"),
        };
        sender.send(said).unwrap();
        panic!("what listens may panic");
    });
    let reporter = reporter.build().unwrap();
    let hear = || heard.recv_timeout(LONG).unwrap();
    reporter.report(TaskReport::new().id("task-0"));
    assert_eq!(hear(), "task-0 put off: the platform answered 503: {}");
    assert_eq!(hear(), "task-0 delivered");
    reporter.report(TaskReport::new().id("task-1").input("refuse"));
    assert_eq!(hear(), "task-1 refused: the platform answered 422: odd");
    drop(reporter);
    let mute = Server::always(Answer::Silence);
    let (sender, heard) = mpsc::channel();
    let reporter = self::reporter(&mute)
        .queue_capacity(1)
        .on_event(move |event| {
            if let Event::Dropped { reports, .. } = event {
                sender.send(reports.queue_full).unwrap();
            }
        });
    let reporter = reporter.build().unwrap();
    reporter.report(TaskReport::new());
    reporter.report(TaskReport::new());
    assert_eq!(heard.recv_timeout(LONG).unwrap(), 1);
}

#[external_task(reporter = _reporter, skip_all)]
fn run(_reporter: &Reporter) -> &'static str {
    "from who listens"
}

#[test]
fn who_listens_may_call_the_reporter_and_is_not_reported_itself() {
    let (go_on, goes_on) = mpsc::channel();
    let goes_on = Mutex::new(goes_on);
    let server = Server::start(move |before, request| match () {
        () if request.body.contains("refuse") => Answer::json(422, r#"{"detail": "odd"}"#),
        () if before == 0 => {
            goes_on.lock().unwrap().recv().unwrap();
            Answer::json(503, "{}")
        }
        () => Answer::task(),
    });
    let (sender, heard) = mpsc::channel();
    let (itself, another) = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()));
    let (own, other) = (Arc::clone(&itself), Arc::clone(&another));
    let listening = reporter(&server).on_event(move |event| {
        let (own, other): (&Reporter, &Reporter) = (own.wait(), other.wait());
        let accepted = [own, other].map(|reporter| reporter.stats().accepted);
        for reporter in [own, other] {
            reporter.report(TaskReport::new().result("from who listens"));
            run(reporter);
        }
        let is_ignored = accepted == [own, other].map(|reporter| reporter.stats().accepted);
        // Only this thread could do the requested work.
        let _ = own.flush_blocking(LONG);
        let _ = own.persisted_blocking(LONG);
        let _ = smol::block_on(own.drain(LONG));
        let kind = match event {
            Event::Delivered { .. } => "delivered",
            Event::Retrying { .. } => "put off",
            Event::Refused { .. } => "refused",
            Event::Dropped { .. } => "dropped",
            _ => "something else",
        };
        sender.send((kind, is_ignored)).unwrap();
    });
    let reporter = listening.queue_capacity(1).build().unwrap();
    itself.set(reporter.clone()).unwrap();
    another
        .set(self::reporter(&server).build().unwrap())
        .unwrap();

    let hear = || heard.recv_timeout(LONG).unwrap();
    reporter.report(TaskReport::new().result("from the program"));
    server.wait_for(1);
    reporter.report(TaskReport::new().result("too much"));
    go_on.send(()).unwrap();
    let mut first = [hear(), hear(), hear()];
    first.sort_unstable();
    let expected = ["delivered", "dropped", "put off"].map(|kind| (kind, true));
    assert_eq!(first, expected);
    reporter.report(TaskReport::new().result("refuse"));
    assert_eq!(hear(), ("refused", true));
    assert_eq!(reporter.flush_blocking(LONG).pending, 0);
    assert_eq!(reporter.stats().accepted, 3);
    assert_eq!(another.wait().stats().accepted, 0);
    let requests = server.requests();
    let own = |request: &Request| request.body.contains("from who listens");
    assert!(!requests.iter().any(own), "{requests:?}");
}

#[test]
fn stats_say_what_waits_since_when_and_why() {
    let server = Server::always(Answer::json(503, r#"{"detail": "at lunch"}"#));
    let reporter = reporter(&server).build().unwrap();
    assert_eq!(reporter.stats().oldest_age, None);
    reporter.report(TaskReport::new().input("x".repeat(1_000)));
    let _ = reporter.flush_blocking(Duration::from_millis(20));
    server.wait_for(2);
    let stats = reporter.stats();
    assert_eq!(stats.pending, 1);
    assert!(stats.pending_bytes > 1_000, "{stats:?}");
    assert!(stats.oldest_age.is_some_and(|age| age < LONG), "{stats:?}");
    let error = stats.last_error.unwrap();
    assert!(error.contains("503: at lunch"), "{error}");
}
