//! Deletion of tasks, on request and by age.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{get, platform, post, report};
use xpander_report_local::query::Paging;
use xpander_report_local::{Error, EventKind, Filter, LocalPlatform, MetricsQuery, TaskStatus};

/// Waits until the condition holds.
#[track_caller]
fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it never came true"
        );
        thread::yield_now();
    }
}

fn on(path: &Path) -> LocalPlatform {
    LocalPlatform::builder().port(0).data(path).start().unwrap()
}

fn requests(platform: &LocalPlatform) -> u64 {
    platform
        .metrics(&MetricsQuery::new())
        .unwrap()
        .total
        .requests()
}

#[test]
fn a_deleted_task_leaves_nothing() {
    let platform = platform();
    let body = r#"{"id":"t","input":"whale","llm_response":[1],"tokens":{"prompt_tokens":5},"used_tools":["x"],
                   "duration":1.0}"#;
    report(&platform, body);
    report(&platform, r#"{"id":"other"}"#);
    assert!(platform.delete_task("t").unwrap());
    assert!(!platform.delete_task("t").unwrap());

    assert_eq!(platform.task("t").unwrap(), None);
    assert!(platform.revisions("t").unwrap().is_empty());
    get(&platform, "/agent-execution/t/status").detail(404);
    for filter in [Filter::new().search("whale"), Filter::new().tool("x")] {
        assert!(
            platform
                .list(&filter, Paging::Newest, 10)
                .unwrap()
                .tasks
                .is_empty()
        );
    }
    let metrics = platform.metrics(&MetricsQuery::new()).unwrap();
    assert_eq!(metrics.total.requests(), 1);
    assert_eq!(
        (metrics.total.tool_calls(), metrics.total.total_tokens()),
        (0, 0.0)
    );
    assert_eq!(metrics.total.duration_quantile(0.5), None);
    assert!(metrics.tools.is_empty() && platform.tools(10).unwrap().is_empty());

    // The id is free for a new task.
    report(&platform, r#"{"id":"t"}"#);
    assert_eq!(platform.task("t").unwrap().unwrap().input, None);
    assert_eq!(platform.revisions("t").unwrap().len(), 1);
}

#[test]
fn only_what_matches_is_deleted() {
    let platform = platform();
    for number in 0..450 {
        let success = number % 3 > 0;
        report(
            &platform,
            &format!(r#"{{"id":"{number}","is_success":{success}}}"#),
        );
    }
    post(
        &platform,
        "/agent-execution/b/report_task",
        r#"{"id":"b","is_success":false}"#,
    );
    let failed = Filter::new().status(TaskStatus::Failed).agent_id("a");
    assert_eq!(platform.delete(&failed).unwrap(), 150);
    assert_eq!(platform.delete(&failed).unwrap(), 0);
    let tasks = platform.tasks().unwrap();
    assert_eq!(tasks.len(), 301);
    assert!(
        tasks
            .iter()
            .all(|task| task.id == "b" || task.status == TaskStatus::Completed)
    );
    assert_eq!(platform.deleted(), 150);
    assert_eq!(platform.delete(&Filter::new()).unwrap(), 301);
    assert_eq!(platform.deleted(), 451);
    assert_eq!(requests(&platform), 0);
}

#[test]
fn the_file_shrinks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let platform = on(&path);
    let empty = fs::metadata(&path).unwrap().len();
    // Text that differs, so that the index of words grows too.
    for number in 0..40 {
        let text: String = (0..20_000)
            .map(|word| format!("w{number}x{word} "))
            .collect();
        report(
            &platform,
            &format!(r#"{{"id":"{number}","input":"{text}","llm_response":["{text}"]}}"#),
        );
    }
    let size = || {
        let sizes = ["tasks.db", "tasks.db-wal"].map(|name| {
            fs::metadata(folder.path().join(name)).map_or(0, |metadata| metadata.len())
        });
        sizes.iter().sum::<u64>()
    };
    assert!(size() > 20_000_000, "{}", size());
    assert_eq!(platform.delete(&Filter::new()).unwrap(), 40);
    until(|| size() < empty + 500_000);
    report(&platform, r#"{"id":"t","input":"w1x1"}"#);
    assert_eq!(
        platform
            .summary(&Filter::new().search("w1x1"))
            .unwrap()
            .tasks
            .number,
        1
    );
}

#[test]
fn what_is_older_than_the_retention_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let platform = on(&path);
    for number in 0..500 {
        report(&platform, &format!(r#"{{"id":"{number}"}}"#));
    }
    platform.stop();

    let retaining = |retention| {
        LocalPlatform::builder()
            .port(0)
            .data(&path)
            .retention(retention)
            .start()
    };
    let platform = retaining(Duration::from_secs(3600)).unwrap();
    report(&platform, r#"{"id":"new"}"#);
    assert_eq!(platform.tasks().unwrap().len(), 501);
    platform.stop();

    let platform = retaining(Duration::from_millis(1)).unwrap();
    until(|| platform.tasks().unwrap().is_empty());
    assert_eq!(requests(&platform), 0);
    // It continues like this.
    report(&platform, "{}");
    until(|| platform.tasks().unwrap().is_empty());
    platform.stop();
    assert!(matches!(
        retaining(Duration::ZERO),
        Err(Error::RetentionZero)
    ));
}

#[test]
fn a_retention_beyond_all_time_keeps_everything() {
    let platform = LocalPlatform::builder()
        .port(0)
        .retention(Duration::MAX)
        .start()
        .unwrap();
    report(&platform, "{}");
    assert_eq!(platform.tasks().unwrap().len(), 1);
}

#[test]
fn events_tell_what_is_stored() {
    let platform = platform();
    let mut events = platform.events();
    report(&platform, r#"{"id":"t","is_success":false}"#);
    report(&platform, r#"{"id":"t"}"#);
    post(&platform, "/agent-execution/a/report_task", r#"{"id":7}"#).detail(422);
    platform.delete_task("t").unwrap();
    let seen: Vec<_> = std::iter::from_fn(|| events.try_recv().ok())
        .map(|event| (event.kind, event.id, event.agent_id, event.status))
        .collect();
    let expected = [
        (EventKind::Created, TaskStatus::Failed),
        (EventKind::Changed, TaskStatus::Completed),
        (EventKind::Deleted, TaskStatus::Completed),
    ]
    .map(|(kind, status)| (kind, "t".to_owned(), "a".to_owned(), status));
    assert_eq!(seen, expected);
}
