//! Injected faults, seen by the client and the reporter.

use std::time::{Duration, Instant};

use crate::support::{platform, post};
use xpander_report::{Client, Config, ConfigBuilder, Reporter, TaskReport};
use xpander_report_local::{Fault, LocalPlatform};

const REPORT: &str = "/agent-execution/a/report_task";

/// A configuration that takes nothing from the environment.
fn config(platform: &LocalPlatform) -> ConfigBuilder {
    Config::builder()
        .variables([("", "")])
        .base_url(platform.url())
        .api_key("any")
        .agent_id("a")
}

#[test]
fn a_status_is_answered_as_often_as_asked_and_nothing_is_kept() {
    let platform = platform();
    platform.inject(
        Fault::status(429)
            .retry_after(Duration::from_millis(1500))
            .times(2),
    );
    platform.inject(Fault::status(503).times(1));
    platform.inject(Fault::status(200).times(1));
    for (status, retry_after) in [(429, Some("2")), (429, Some("2")), (503, None), (500, None)] {
        let answer = post(&platform, REPORT, "{}");
        assert!(answer.detail(status).is_string());
        assert_eq!(answer.header("retry-after"), retry_after);
    }
    assert_eq!(platform.tasks().unwrap(), []);
    assert_eq!(post(&platform, REPORT, "{}").status, 200);
}

#[test]
fn a_fault_stays_until_it_is_cleared_and_other_requests_are_spared() {
    let platform = platform();
    platform.inject(Fault::status(500));
    for _ in 0..3 {
        post(&platform, REPORT, "{}").detail(500);
    }
    assert_eq!(crate::support::get(&platform, "/agents/list").status, 200);
    assert_eq!(post(&platform, "/agent-execution/a", "{}").status, 200);
    platform.clear_faults();
    assert_eq!(post(&platform, REPORT, "{}").status, 200);
}

#[test]
fn a_fault_of_an_agent_spares_the_others() {
    let platform = platform();
    let [ours, theirs] = [REPORT, "/agent-execution/b/report_task"];
    platform.inject(Fault::status(502).agent("b").times(1));
    platform.inject(Fault::status(503).times(2));
    post(&platform, ours, "{}").detail(503);
    post(&platform, theirs, "{}").detail(502);
    post(&platform, theirs, "{}").detail(503);
    assert_eq!(post(&platform, theirs, "{}").status, 200);
    assert_eq!(post(&platform, ours, "{}").status, 200);
}

#[test]
fn a_delay_only_delays() {
    let platform = platform();
    let delay = Duration::from_millis(200);
    platform.inject(Fault::delay(delay).times(1));
    let start = Instant::now();
    assert_eq!(post(&platform, REPORT, "{}").status, 200);
    assert!(start.elapsed() >= delay);
    assert_eq!(platform.tasks().unwrap().len(), 1);
}

#[test]
fn a_dropped_report_has_no_answer_and_is_not_kept() {
    let platform = platform();
    let client = Client::new(config(&platform).build().unwrap());
    let report = TaskReport::new().id("t");
    platform.inject(Fault::drop_connection().times(1));
    client.report_external_task_blocking(&report).unwrap_err();
    assert_eq!(platform.tasks().unwrap(), []);
    client.report_external_task_blocking(&report).unwrap();
    assert_eq!(platform.revisions("t").unwrap().len(), 1);
}

#[test]
fn a_lost_answer_leaves_the_report() {
    let platform = platform();
    let client = Client::new(config(&platform).build().unwrap());
    platform.inject(Fault::lose_answer().times(1));
    client
        .report_external_task_blocking(&TaskReport::new().id("t"))
        .unwrap_err();
    assert_eq!(platform.revisions("t").unwrap().len(), 1);
}

#[test]
fn a_reporter_delivers_through_all_of_them() {
    let platform = platform();
    platform.inject(Fault::drop_connection().times(1));
    platform.inject(Fault::status(503).times(1));
    platform.inject(Fault::lose_answer().times(1));
    platform.inject(Fault::delay(Duration::from_millis(50)).times(1));
    let reporter = Reporter::builder()
        .config(config(&platform))
        .build()
        .unwrap();
    reporter.report(TaskReport::new().id("t").result("there"));
    assert!(
        reporter
            .flush_blocking(Duration::from_secs(60))
            .is_complete()
    );
    let task = platform.task("t").unwrap().unwrap();
    assert_eq!(task.result.as_deref(), Some("there"));
    // The report arrives twice, the first time with a lost answer. The second one updates its task.
    assert_eq!(platform.revisions("t").unwrap().len(), 2);
    assert_eq!(platform.tasks().unwrap().len(), 1);
}
