//! Waiting for the end of one report.

use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use xpander_report::testing::Recorder;
use xpander_report::{
    Config, DeliveryOutcome, DropReason, Durability, Reporter, ReporterBuilder, Task, TaskReport,
};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, away, back, config, platform, reporter, until};

/// The time after which a test concludes that something does not happen.
const SHORT: Duration = Duration::from_millis(50);

const DURABILITIES: [Option<Durability>; 4] = [
    None,
    Some(Durability::Memory),
    Some(Durability::Process),
    Some(Durability::Disk),
];

fn with(builder: ReporterBuilder, durability: Option<Durability>, dir: &Path) -> Reporter {
    let builder = match durability {
        Some(durability) => builder.spool(dir).durability(durability),
        None => builder,
    };
    builder.build().expect("a correct configuration")
}

/// The platform's record of the report.
fn task(outcome: DeliveryOutcome) -> Task {
    assert!(outcome.is_delivered(), "{outcome:?}");
    match outcome {
        DeliveryOutcome::Delivered(Some(task)) => *task,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_report_that_is_delivered_ends_with_the_platform_s_task() {
    for durability in DURABILITIES {
        let (platform, dir) = (platform(), TempDir::new().unwrap());
        let builder = Reporter::builder().config(config(platform.url()));
        let reporter = with(builder, durability, dir.path());
        let report = |id: &str| TaskReport::new().id(id).result("done");
        let task_1 = task(smol::block_on(reporter.deliver(report("task-1"), LONG)));
        assert_eq!(
            (&task_1.id[..], task_1.result.as_deref()),
            ("task-1", Some("done"))
        );
        assert_eq!(
            task(reporter.deliver_blocking(report("task-2"), LONG)).id,
            "task-2"
        );
        assert_eq!(reporter.stats().delivered, 2);
    }
}

#[test]
fn reports_that_are_merged_while_the_platform_is_away_all_end_when_it_is_back() {
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        let builder = Reporter::builder().config(config(url));
        let reporter = with(builder, durability, dir.path());
        let first = TaskReport::new().id("task").input("question");
        let second = TaskReport::new().id("task").result("answer");
        let waiting = [first, second].map(|report| {
            let accepted = reporter.stats().accepted;
            let waits = thread::spawn({
                let reporter = reporter.clone();
                move || reporter.deliver_blocking(report, LONG)
            });
            until(|| reporter.stats().accepted > accepted);
            waits
        });
        let platform = back(port);
        let _ = reporter.flush_blocking(LONG);
        let [first, second] = waiting.map(|waits| task(waits.join().unwrap()));
        assert_eq!((&first.id[..], &second.id[..]), ("task", "task"));
        assert_eq!(second.input.text.as_deref(), Some("question"));
        assert_eq!(second.result.as_deref(), Some("answer"));
        assert_eq!(platform.tasks().unwrap().len(), 1);
        let stats = reporter.stats();
        assert_eq!(stats.delivered + stats.merged, 2, "{stats:?}");
    }
}

#[test]
fn a_report_that_is_merged_into_another_ends_with_it_and_not_before() {
    let (answer, answers) = mpsc::channel();
    let answers = Mutex::new(answers);
    let server = Server::start(move |_, _| answers.lock().unwrap().recv().unwrap());
    let reporter = reporter(server.url());
    let (sender, ends) = mpsc::channel();
    for reports in 1..=2 {
        let (waits, sender) = (reporter.clone(), sender.clone());
        thread::spawn(move || {
            let outcome = waits.deliver_blocking(TaskReport::new().id("task"), LONG);
            sender.send(outcome).unwrap();
        });
        until(|| reporter.stats().accepted == reports);
        server.wait_for(1);
    }
    // The first fails while the second waits behind it, so they are sent together.
    answer.send(Answer::json(503, "{}")).unwrap();
    server.wait_for(2);
    assert!(ends.try_recv().is_err(), "nothing has arrived");
    assert_eq!(reporter.stats().merged, 0);
    answer.send(Answer::task()).unwrap();
    for _ in 0..2 {
        let outcome = ends.recv_timeout(LONG).unwrap();
        assert!(outcome.is_delivered(), "{outcome:?}");
    }
    let stats = reporter.stats();
    assert_eq!((stats.delivered, stats.merged), (1, 1), "{stats:?}");
}

#[test]
fn a_report_that_is_refused_ends_with_its_dead_letter() {
    let server = Server::always(Answer::json(422, r#"{"detail": "too odd"}"#));
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let builder = Reporter::builder().config(config(server.url()));
        let reporter = with(builder, durability, dir.path());
        let report = TaskReport::new().id("task").input("odd");
        let outcome = reporter.deliver_blocking(report, LONG);
        let DeliveryOutcome::Refused(letter) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(letter.reason.contains("too odd"), "{letter:?}");
        assert_eq!(letter.report.input.as_deref(), Some("odd"));
        assert_eq!(reporter.dead_letters().len(), 1);
    }
}

#[test]
fn a_report_that_is_dropped_ends_with_the_reason() {
    let reason = |outcome| match outcome {
        DeliveryOutcome::Dropped(reason) => reason,
        other => panic!("{other:?}"),
    };
    let deliver = |reporter: &Reporter| reporter.deliver_blocking(TaskReport::new(), LONG);

    let mute = Server::always(Answer::Silence);
    let full = Reporter::builder().config(config(mute.url()));
    let full = full.queue_capacity(1).build().unwrap();
    full.report(TaskReport::new());
    assert_eq!(reason(deliver(&full)), DropReason::QueueFull);

    let nobody = Config::builder().variables([("", "")]).base_url(mute.url());
    let nobody = Reporter::builder().config(nobody.api_key("key"));
    assert_eq!(
        reason(deliver(&nobody.build().unwrap())),
        DropReason::NoAgent
    );

    let shut_down = reporter(mute.url());
    let _ = shut_down.shutdown_blocking(Duration::ZERO);
    assert_eq!(reason(deliver(&shut_down)), DropReason::ShutDown);

    let dir = TempDir::new().unwrap();
    let old = Reporter::builder().config(config(mute.url()));
    let old = old.spool(dir.path()).spool_age(Duration::ZERO);
    assert_eq!(reason(deliver(&old.build().unwrap())), DropReason::Expired);
}

#[test]
fn a_report_that_has_not_ended_in_time_is_pending_and_still_delivered() {
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        let builder = Reporter::builder().config(config(url));
        let reporter = with(builder, durability, dir.path());
        let outcome = reporter.deliver_blocking(TaskReport::new().id("task"), SHORT);
        assert!(matches!(outcome, DeliveryOutcome::Pending), "{outcome:?}");
        let platform = back(port);
        assert!(reporter.flush_blocking(LONG).is_complete());
        assert!(platform.task("task").unwrap().is_some());
    }
}

#[test]
fn who_waits_when_the_reporter_is_shut_down_hears_what_became_of_the_report() {
    for durability in DURABILITIES {
        let dir = TempDir::new().unwrap();
        let (url, _) = away();
        let builder = Reporter::builder().config(config(url));
        let reporter = with(builder, durability, dir.path());
        let mut waits =
            [(); 2].map(|()| Box::pin(reporter.deliver(TaskReport::new().id("task"), LONG)));
        // The first poll hands the report over.
        let mut context = Context::from_waker(Waker::noop());
        for waits in &mut waits {
            assert!(waits.as_mut().poll(&mut context).is_pending());
        }
        let _ = reporter.shutdown_blocking(Duration::ZERO);
        for waits in waits {
            let outcome = smol::block_on(waits);
            let is_right = match durability {
                Some(_) => matches!(outcome, DeliveryOutcome::Pending),
                None => matches!(outcome, DeliveryOutcome::Dropped(DropReason::ShutDown)),
            };
            assert!(is_right, "{durability:?}: {outcome:?}");
        }
    }
}

#[test]
fn without_a_platform_nothing_is_waited_for() {
    let disabled = Reporter::disabled();
    let outcome = disabled.deliver_blocking(TaskReport::new(), LONG);
    assert!(matches!(outcome, DeliveryOutcome::Disabled), "{outcome:?}");

    let recorder = Recorder::new();
    let report = TaskReport::new().result("recorded");
    let outcome = smol::block_on(recorder.reporter().deliver(report, LONG));
    assert!(
        matches!(outcome, DeliveryOutcome::Delivered(None)),
        "{outcome:?}"
    );
    assert_eq!(recorder.take()[0].result.as_deref(), Some("recorded"));
}
