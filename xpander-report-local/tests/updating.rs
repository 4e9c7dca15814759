//! The fields that a second report with the same id changes, and those that it keeps.

use crate::support::{platform, post, report};
use serde_json::{Value, json};
use xpander_report_local::TaskStatus;

const FULL: &str = r#"{"id":"t","input":"in","llm_response":[1],"tokens":{"completion_tokens":1,"prompt_tokens":2},
                       "is_success":true,"result":"out","duration":2.5,"used_tools":["x","y"]}"#;

fn updated(body: &str) -> (Value, Value) {
    let platform = platform();
    let first = report(&platform, FULL);
    let second = report(&platform, body);
    assert_eq!(platform.tasks().unwrap().len(), 1);
    (first, second)
}

#[test]
fn null_and_absent_keep_what_is_stored() {
    let nulls = r#"{"id":"t","input":null,"llm_response":null,"tokens":null,"is_success":null,"result":null,
                    "duration":null,"used_tools":null}"#;
    for body in [nulls, r#"{"id":"t"}"#] {
        let (first, second) = updated(body);
        for field in [
            "input",
            "tokens",
            "result",
            "duration",
            "used_tools",
            "status",
            "created_at",
            "started_at",
        ] {
            assert_eq!(first[field], second[field], "{field}");
        }
    }
}

#[test]
fn a_null_response_keeps_the_stored_one() {
    let platform = platform();
    report(&platform, FULL);
    report(&platform, r#"{"id":"t","llm_response":null}"#);
    assert_eq!(
        platform.task("t").unwrap().unwrap().llm_response.as_deref(),
        Some("[1]")
    );
    report(&platform, r#"{"id":"t","llm_response":[2]}"#);
    assert_eq!(
        platform.task("t").unwrap().unwrap().llm_response.as_deref(),
        Some("[2]")
    );
}

#[test]
fn the_defaults_of_duration_and_tools_keep_what_is_stored() {
    for zero in ["0", "0.0", "-0.0"] {
        let (_, second) = updated(&format!(
            r#"{{"id":"t","duration":{zero},"used_tools":[]}}"#
        ));
        assert_eq!(second["duration"], 2.5);
        assert_eq!(second["used_tools"], json!(["x", "y"]));
    }
}

#[test]
fn values_replace_what_is_stored() {
    let (_, second) = updated(
        r#"{"id":"t","input":"","tokens":{"prompt_tokens":9},"result":"new","duration":1.5,"used_tools":["z"]}"#,
    );
    assert_eq!(second["input"]["text"], "");
    let tokens = json!({"completion_tokens": 0, "prompt_tokens": 9, "cache_read_tokens": 0,
                        "cache_write_tokens": 0, "total_tokens": 9});
    assert_eq!(second["tokens"], tokens);
    assert_eq!(second["result"], "new");
    assert_eq!(second["duration"], 1.5);
    assert_eq!(second["used_tools"], json!(["z"]));
}

#[test]
fn the_latest_report_decides_the_status() {
    let platform = platform();
    for (success, status) in [
        ("false", "failed"),
        ("true", "completed"),
        ("false", "failed"),
        ("null", "completed"),
    ] {
        assert_eq!(
            report(
                &platform,
                &format!(r#"{{"id":"t","is_success":{success}}}"#)
            )["status"],
            status
        );
    }
}

#[test]
fn creation_stays_and_the_end_moves() {
    let platform = platform();
    report(&platform, FULL);
    let first = platform.task("t").unwrap().unwrap();
    // Reports until the clock has moved on by its smallest step.
    let second = loop {
        report(&platform, r#"{"id":"t","duration":9.0}"#);
        let second = platform.task("t").unwrap().unwrap();
        if second.updated_at > first.updated_at {
            break second;
        }
    };
    assert_eq!(second.created_at, first.created_at);
    assert_eq!(second.started_at, first.started_at);
    assert_eq!(second.finished_at, Some(second.updated_at));
}

#[test]
fn another_agent_takes_the_task_over() {
    let platform = platform();
    report(&platform, FULL);
    let task = post(&platform, "/agent-execution/b/report_task", r#"{"id":"t"}"#).json();
    assert_eq!(
        (&task["agent_id"], &task["result"]),
        (&json!("b"), &json!("out"))
    );
    let agents: Vec<String> = platform
        .revisions("t")
        .unwrap()
        .into_iter()
        .map(|revision| revision.agent_id)
        .collect();
    assert_eq!(agents, ["a", "b"]);
}

#[test]
fn every_accepted_report_is_kept_as_it_came() {
    let platform = platform();
    let second = "  {\"is_success\": false, \"id\":\"t\", \"extra\": 1.10}\n";
    report(&platform, FULL);
    report(&platform, second);
    post(
        &platform,
        "/agent-execution/a/report_task",
        r#"{"id":"t","result":7}"#,
    )
    .detail(422);

    let revisions = platform.revisions("t").unwrap();
    let bodies: Vec<&str> = revisions
        .iter()
        .map(|revision| revision.body.as_str())
        .collect();
    assert_eq!(bodies, [FULL, second]);
    assert_eq!(revisions[1].number, 2);
    assert_eq!(revisions[1].status, TaskStatus::Failed);
    assert!(platform.revisions("other").unwrap().is_empty());
}
