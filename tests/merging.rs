//! A reporter's merge equals the platform's result for the same reports by its own update rule.

use std::time::Duration;

use fastrand::Rng;
use reqwest::Proxy;
use serde_json::value::RawValue;
use tempfile::TempDir;
use xpander_report::{Client, Reporter, TaskReport, Tokens};
use xpander_report_local::TaskRecord;
use xpander_report_tests::{LONG, away, back, config, platform};

const TASKS: usize = 200;

/// A report with some fields set, and others left out in one of several ways.
fn draw(rng: &mut Rng, id: &str) -> TaskReport {
    let mut report = TaskReport::new().id(id);
    let text = |rng: &mut Rng| {
        let texts = [None, None, Some(""), Some("one"), Some("two")];
        texts[rng.usize(..texts.len())].map(str::to_owned)
    };
    report.input = text(rng);
    report.result = text(rng);
    let raw = [None, Some("null"), Some(r#"{"a":1}"#), Some("[2]")][rng.usize(..4)];
    report.llm_response = raw.map(|raw| RawValue::from_string(raw.to_owned()).unwrap());
    report.tokens = rng.bool().then(|| Tokens::new(rng.u64(..9), 1));
    report.is_success = [None, Some(true), Some(false)][rng.usize(..3)];
    let seconds = [None, Some(0.0), Some(-0.0), Some(1.5), Some(f64::NAN)];
    report.duration = seconds[rng.usize(..seconds.len())];
    let tools: [&[&str]; 3] = [&[], &["search"], &["search", "read"]];
    let tools = tools[rng.usize(..tools.len())];
    report.used_tools = tools.iter().map(|tool| (*tool).to_owned()).collect();
    if rng.u8(..4) == 0 {
        report = report.agent_id("another");
    }
    report
}

/// All fields except the id and the times.
fn content(task: Option<TaskRecord>) -> String {
    let task = task.expect("the task");
    format!(
        "{:?}",
        (
            task.agent_id,
            task.status,
            task.input,
            task.result,
            task.llm_response,
            task.tokens,
            task.used_tools,
            // 0 is sent for an unknown value.
            task.duration.filter(|seconds| *seconds != 0.0),
        )
    )
}

#[test]
fn merged_reports_say_what_the_platform_makes_of_them_one_by_one() {
    for has_spool in [false, true] {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        let mut rng = Rng::with_seed(7);
        let mut builder = Reporter::builder().config(config(&url));
        if has_spool {
            builder = builder.spool(dir.path());
        }
        let reporter = builder.build().unwrap();
        let mut reports = Vec::new();
        for _ in 0..5 * TASKS {
            let task = rng.usize(..TASKS);
            let report = draw(&mut rng, &format!("merged-{task}"));
            reporter.report(report.clone());
            reports.push((task, report));
        }
        let _ = reporter.flush_blocking(Duration::from_millis(10));

        let platform = back(port);
        let client = Client::new(config(&url).build().unwrap());
        for (task, report) in &reports {
            let report = report.clone().id(format!("single-{task}"));
            let _ = client.report_external_task_blocking(&report).unwrap();
        }
        assert!(reporter.flush_blocking(LONG).is_complete());
        let stats = reporter.stats();
        assert!(stats.merged > 3 * TASKS as u64, "{stats:?}");
        for (task, _) in reports {
            let [merged, single] = ["merged", "single"]
                .map(|kind| content(platform.task(&format!("{kind}-{task}")).unwrap()));
            assert_eq!(merged, single, "{task} {has_spool}");
        }
    }
}

#[test]
fn reports_that_come_late_make_the_platform_have_what_all_of_them_say() {
    let (platform, dir) = (platform(), TempDir::new().unwrap());
    let url = platform.url();
    let spooling = |config| {
        let builder = Reporter::builder().config(config);
        builder.spool(dir.path()).build().unwrap()
    };
    // The reports of this one stay on disk as long as it lives.
    let cut_off = config(&url).http(|client| {
        let nobody = Proxy::all("http://127.0.0.1:9").expect("an address");
        client.proxy(nobody)
    });
    let (older, newer) = (spooling(cut_off), spooling(config(&url)));
    let client = Client::new(config(&url).build().unwrap());
    let mut rng = Rng::with_seed(11);
    for reporter in [&older, &newer] {
        for _ in 0..2 * TASKS {
            let task = rng.usize(..TASKS);
            let report = draw(&mut rng, &format!("merged-{task}"));
            reporter.report(report.clone());
            let report = report.id(format!("single-{task}"));
            let _ = client.report_external_task_blocking(&report).unwrap();
        }
    }
    assert!(newer.flush_blocking(LONG).is_complete());
    let _ = newer.shutdown_blocking(LONG);
    assert!(older.shutdown_blocking(Duration::ZERO).spooled > 0);
    let last = spooling(config(&url));
    assert!(smol::block_on(last.drain(LONG)).is_complete());
    let stats = last.stats();
    assert!(stats.superseded > 0 && stats.delivered > 0, "{stats:?}");
    for task in 0..TASKS {
        let [merged, single] =
            ["merged", "single"].map(|kind| platform.task(&format!("{kind}-{task}")).unwrap());
        assert_eq!(merged.is_some(), single.is_some());
        if merged.is_some() {
            assert_eq!(content(merged), content(single), "{task}");
        }
    }
}
