use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;
use tower::{Layer, Service, service_fn};
use xpander_report::{Redaction, Reporter, TaskLayer, Tokens, current_task, external_task};
use xpander_report_local::{LocalPlatform, TaskRecord, TaskStatus};
use xpander_report_tests::{LONG, away, back, config, delivered, platform, until};

use crate::{Job, call, job, layer, reporter};

/// A job whose deadline has passed when it begins.
fn late(id: &'static str) -> Job {
    Job {
        time: Some(Duration::ZERO),
        ..job(id)
    }
}

fn task(platform: &LocalPlatform, id: &str) -> TaskRecord {
    platform.task(id).unwrap().expect("a task")
}

/// Blocks until the platform says that the job has failed.
fn block_until_failed(platform: &LocalPlatform, id: &str) {
    let is_failed = |task: TaskRecord| task.status == TaskStatus::Failed;
    until(|| platform.task(id).unwrap().is_some_and(is_failed));
}

#[test]
fn a_run_that_is_open_at_its_deadline_is_failed_though_its_handler_blocks() {
    let platform = Arc::new(platform());
    let reporter = reporter(platform.url());
    let handler = service_fn(|job: Job| {
        current_task().tokens(Tokens::new(7, 3)).used_tool("search");
        block_until_failed(&platform, job.id);
        let task = task(&platform, job.id);
        assert_eq!(task.result.as_deref(), Some("deadline"));
        assert_eq!(task.input.as_deref(), Some("a question"));
        assert_eq!(task.tokens.unwrap().prompt_tokens, 7);
        assert_eq!(task.used_tools, ["search"]);
        assert!(task.duration.unwrap() > 0.0);
        async { Ok::<_, Infallible>("42") }
    });
    let layer = layer().reporter(reporter.clone()).result(|answer| *answer);
    call(&layer, handler, late("job-1")).unwrap();

    assert_eq!(delivered(&reporter), 2);
    let task = task(&platform, "job-1");
    assert_eq!(task.status, TaskStatus::Completed);
    assert_eq!(task.result.as_deref(), Some("42"));
    assert_eq!(platform.revisions("job-1").unwrap().len(), 2);
}

/// The platform's record of a job that continues after its deadline.
fn after_deadline<E: std::fmt::Display + 'static>(
    change: impl FnOnce(TaskLayer<Job, bool, E>) -> TaskLayer<Job, bool, E>,
    redaction: Redaction,
    end: impl Fn() -> Result<bool, E>,
) -> TaskRecord {
    let platform = platform();
    let builder = Reporter::builder().config(config(platform.url()));
    let reporter = builder.redaction(redaction).build().unwrap();
    let handler = service_fn(|job: Job| {
        block_until_failed(&platform, job.id);
        let ended = end();
        async { ended }
    });
    let layer = change(layer().reporter(reporter.clone()));
    let _ = call(&layer, handler, late("job-1"));
    assert_eq!(delivered(&reporter), 2);
    task(&platform, "job-1")
}

fn says(task: &TaskRecord) -> (TaskStatus, Option<&str>) {
    (task.status, task.result.as_deref())
}

#[test]
fn a_call_that_ends_after_all_always_says_a_result() {
    let completed = (TaskStatus::Completed, Some("completed after its deadline"));
    let failed = (TaskStatus::Failed, Some("failed after its deadline"));
    let ok = || Ok::<_, Infallible>(true);

    let task = after_deadline(|layer| layer, Redaction::new(), ok);
    assert_eq!(says(&task), completed, "no result");
    let without = Redaction::new().capture_content(false);
    let task = after_deadline(|layer| layer.result(|_| "42"), without, ok);
    assert_eq!(says(&task), completed, "no content");
    let hook = Redaction::new().before_send(|report| {
        report.result.take_if(|_| report.is_success == Some(true));
    });
    let task = after_deadline(|layer| layer.result(|_| "42"), hook, ok);
    assert_eq!(says(&task), completed, "a hook");
    let is_success = |layer: TaskLayer<_, _, _>| layer.is_success(|_| false);
    assert_eq!(
        says(&after_deadline(is_success, Redaction::new(), ok)),
        failed
    );

    let own = after_deadline(|layer| layer.result(|_| "42"), Redaction::new(), ok);
    assert_eq!(says(&own), (TaskStatus::Completed, Some("42")));
    let error = || Err("refused");
    let own = after_deadline(|layer| layer, Redaction::new(), error);
    assert_eq!(says(&own), (TaskStatus::Failed, Some("refused")));
}

#[test]
fn a_call_that_is_in_time_is_reported_once() {
    let platform = platform();
    let reporter = reporter(platform.url());
    let layer = layer().reporter(reporter.clone());
    for (id, time) in [
        ("never", None),
        ("later", Some(LONG)),
        ("endless", Some(Duration::MAX)),
    ] {
        let handler = service_fn(|_: Job| async { Ok::<_, Infallible>(()) });
        call(&layer, handler, Job { time, ..job(id) }).unwrap();
    }
    assert_eq!(delivered(&reporter), 3);
    assert_eq!(reporter.stats().accepted, 3);
}

#[test]
fn the_margin_lies_before_the_deadline_and_is_no_more_than_half_of_the_time() {
    let platform = platform();
    let reporter = reporter(platform.url());
    for (id, margin, earliest) in [("half", 500, 200), ("less", 100, 300)] {
        let started = Instant::now();
        let handler = service_fn(|job: Job| {
            block_until_failed(&platform, job.id);
            let waited = started.elapsed();
            async move { Ok::<_, Infallible>(waited) }
        });
        let margin = Duration::from_millis(margin);
        let layer = layer().reporter(reporter.clone()).margin(margin);
        let time = Some(Duration::from_millis(400));
        let waited = call(&layer, handler, Job { time, ..job(id) }).unwrap();
        assert!(
            waited >= Duration::from_millis(earliest),
            "{id}: {waited:?}"
        );
    }
}

#[test]
fn a_call_that_is_never_polled_again_is_failed_at_its_deadline_and_cancelled_when_it_is_dropped() {
    let platform = platform();
    let reporter = reporter(platform.url());
    let endless = service_fn(|_: Job| pending::<Result<(), Infallible>>());
    let mut service = layer().reporter(reporter.clone()).layer(endless);
    {
        let mut called = pin!(service.call(late("job-1")));
        let mut context = Context::from_waker(Waker::noop());
        assert!(called.as_mut().poll(&mut context).is_pending());
        block_until_failed(&platform, "job-1");
        assert_eq!(task(&platform, "job-1").result.as_deref(), Some("deadline"));
    }
    assert_eq!(delivered(&reporter), 2);
    assert_eq!(
        task(&platform, "job-1").result.as_deref(),
        Some("cancelled")
    );
}

#[test]
fn a_deadline_is_a_time_of_either_clock_or_a_duration() {
    let platform = platform();
    let reporter = reporter(platform.url());
    let handler = || {
        service_fn(|job: Job| {
            block_until_failed(&platform, job.id);
            async { Ok::<_, Infallible>(()) }
        })
    };
    let layer = || {
        TaskLayer::new("tests::late")
            .reporter(reporter.clone())
            .id(|job: &Job| job.id)
    };
    call(
        &layer().deadline(|_| SystemTime::now()),
        handler(),
        job("1"),
    )
    .unwrap();
    call(
        &layer().deadline(|_| Some(SystemTime::UNIX_EPOCH)),
        handler(),
        job("2"),
    )
    .unwrap();
    call(&layer().deadline(|_| Instant::now()), handler(), job("3")).unwrap();
    call(
        &layer().deadline(|_| Duration::from_millis(1)),
        handler(),
        job("4"),
    )
    .unwrap();
}

#[test]
fn a_report_that_waits_for_its_next_try_is_tried_at_the_deadline() {
    let (url, port) = away();
    let reporter = reporter(url);
    let layer = layer().reporter(reporter.clone());
    let in_time = service_fn(|_: Job| async { Ok::<_, Infallible>(()) });
    call(&layer, in_time, job("before")).unwrap();
    until(|| reporter.stats().retried > 3);
    let platform = back(port);
    let handler = service_fn(|job: Job| {
        block_until_failed(&platform, job.id);
        async { Ok::<_, Infallible>(()) }
    });
    call(&layer, handler, late("late")).unwrap();
    // Both are tried at once. The other one may arrive first.
    until(|| platform.task("before").unwrap().is_some());
    assert_eq!(task(&platform, "before").status, TaskStatus::Completed);
}

#[test]
fn a_call_that_is_rolled_up_fails_the_run_around_it() {
    #[external_task(id = "outer", reporter = reporter)]
    fn outer(reporter: &Reporter, platform: &LocalPlatform) {
        let handler = service_fn(|_: Job| {
            block_until_failed(platform, "outer");
            async { Ok::<_, Infallible>(()) }
        });
        let layer = layer().reporter(reporter.clone());
        call(&layer, handler, late("inner")).unwrap();
    }

    let platform = platform();
    let builder = Reporter::builder().config(config(platform.url()));
    let reporter = builder.rollup(["tests::answer"]).build().unwrap();
    outer(&reporter, &platform);
    assert_eq!(delivered(&reporter), 2);
    let tasks = platform.tasks().unwrap();
    assert_eq!(tasks.len(), 1);
    let completed = (TaskStatus::Completed, Some("completed after its deadline"));
    assert_eq!(says(&tasks[0]), completed);
}

#[test]
fn with_a_spool_the_report_is_on_disk_at_the_deadline() {
    let dir = TempDir::new().unwrap();
    let builder = Reporter::builder().config(config(away().0));
    let reporter = builder.spool(dir.path()).build().unwrap();
    let handler = service_fn(|_: Job| {
        until(|| xpander_report_tests::waiting(dir.path()) == 1);
        async { Ok::<_, Infallible>(()) }
    });
    call(&layer().reporter(reporter), handler, late("job-1")).unwrap();
    assert_eq!(xpander_report_tests::waiting(dir.path()), 2);
}
