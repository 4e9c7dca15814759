//! The API without the feature `http`, which also exists with it. So a library's errors show when the library is built,
//! and nothing is sent until an application enables and configures delivery.

use std::process::Command;

use xpander_report::testing::Recorder;
use xpander_report::{
    Agent, Reporter, TaskReport, TaskStatus, Tokens, current_task, external_task,
};

#[external_task(id = "t", skip(secret))]
async fn ask(question: &str, secret: &str) -> Result<String, String> {
    assert!(!secret.is_empty());
    current_task().tokens(Tokens::new(1, 2)).used_tool("search");
    Err(format!("{question} has no answer"))
}

#[test]
fn the_attribute_the_reporter_and_the_recorder_work() {
    let recorder = Recorder::new();
    let mut run = std::pin::pin!(recorder.scope(ask("life", "x")));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(run.as_mut().poll(&mut context).is_ready());
    recorder.reporter().report(TaskReport::new().id("by hand"));

    let reports = recorder.take();
    assert_eq!(reports[0].id.as_deref(), Some("t"));
    assert_eq!(reports[0].input.as_deref(), Some("life"));
    assert_eq!(reports[0].result.as_deref(), Some("life has no answer"));
    assert_eq!(reports[0].is_success, Some(false));
    assert_eq!(reports[0].tokens, Some(Tokens::new(1, 2)));
    assert_eq!(reports[1].id.as_deref(), Some("by hand"));
}

#[test]
fn a_reporter_that_is_off_takes_everything_and_keeps_nothing() {
    let reporter = Reporter::disabled();
    reporter.report(TaskReport::new());
    let outcome = reporter.flush_blocking(std::time::Duration::from_secs(1));
    assert!(outcome.is_complete());
    assert_eq!(reporter.stats().accepted, 0);
}

#[test]
fn records_of_the_platform_can_be_named() {
    let agent: Agent = serde_json::from_str(r#"{"id":"a","name":"n","x":1}"#).unwrap();
    assert_eq!((agent.id.as_str(), agent.other["x"].get()), ("a", "1"));
    assert_eq!(TaskStatus::Paused.to_string(), "paused");
}

#[test]
fn without_http_neither_tokio_nor_reqwest_is_there() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "xpander-report",
            "--no-default-features",
        ])
        .args(["--edges", "normal", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("serde_json"), "{tree}");
    for heavy in ["tokio", "reqwest", "hyper", "rustls", "crossbeam"] {
        assert!(!tree.contains(heavy), "{tree}");
    }
}
