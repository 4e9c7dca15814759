//! Tasks that the official Python SDK creates, loads, updates and stops.

use crate::support::platform;
use crate::support::sdk::{report, sdk, task};
use serde_json::json;
use xpander_report_local::{RevisionKind, TaskStatus};

const CREATE: &str = r#"{"id":null,"input":{"text":"write","files":["https://example.com/f.pdf"],"user":{"id":"u-9","email":"u@example.com","first_name":null},"principal":null},"payload_extension":{"k":[1.10]},"source":"sdk","worker_id":null,"output_format":"markdown","output_schema":null,"run_locally":false,"events_streaming":false,"additional_context":null,"instructions_override":null,"expected_output":"a page","mcp_servers":[],"triggering_agent_id":"parent-agent","title":"Write it","think_mode":"default","tool_call_limit":null,"return_metrics":false}"#;

#[test]
fn a_task_is_loaded_and_a_missing_one_is_a_404() {
    let platform = platform();
    let stored = task(&sdk(
        &platform,
        "POST",
        "/agent-execution/a/report_task",
        &report("t", "r"),
    ));
    assert_eq!(
        task(&sdk(&platform, "GET", "/agent-execution/t/status", "")),
        stored
    );
    let detail = sdk(&platform, "GET", "/agent-execution/missing/status", "").detail(404);
    assert!(detail.as_str().unwrap().contains("missing"));
}

#[test]
fn a_created_task_waits_and_is_given_back_whole() {
    let platform = platform();
    let created = task(&sdk(&platform, "POST", "/agent-execution/writer", CREATE));
    assert_eq!(created["status"], "pending");
    assert_eq!(
        (&created["started_at"], &created["finished_at"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(created["input"]["text"], "write");
    assert_eq!(
        created["input"]["files"],
        json!(["https://example.com/f.pdf"])
    );
    assert_eq!(created["input"]["user"]["id"], "u-9");
    assert_eq!(created["title"], "Write it");
    assert_eq!(created["output_format"], "markdown");
    assert_eq!(created["payload_extension"], json!({"k": [1.1]}));
    assert_eq!(created["think_mode"], "default");

    let id = created["id"].as_str().unwrap();
    // The next turn of the same task.
    let again = CREATE
        .replace(r#""id":null"#, &format!(r#""id":"{id}""#))
        .replace("write", "go on");
    let turn = task(&sdk(&platform, "POST", "/agent-execution/writer", &again));
    assert_eq!(
        (&turn["id"], &turn["input"]["text"]),
        (&created["id"], &json!("go on"))
    );
    // A report of its run completes it. The fields of its creation stay.
    let done = task(&sdk(
        &platform,
        "POST",
        "/agent-execution/writer/report_task",
        &report(id, "text"),
    ));
    assert_eq!(
        (&done["status"], &done["title"]),
        (&json!("completed"), &json!("Write it"))
    );
    assert!(done["started_at"].is_string() && done["finished_at"].is_string());
    let kinds: Vec<_> = platform
        .revisions(id)
        .unwrap()
        .iter()
        .map(|revision| revision.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            RevisionKind::Create,
            RevisionKind::Create,
            RevisionKind::Report
        ]
    );
}

#[test]
fn an_update_sets_what_it_names() {
    let platform = platform();
    sdk(
        &platform,
        "POST",
        "/agent-execution/a/report_task",
        &report("t", "r"),
    );
    let updated = task(&sdk(
        &platform,
        "PATCH",
        "/agent-execution/t/update",
        r#"{"status":"error","result":"broke"}"#,
    ));
    assert_eq!(
        (&updated["status"], &updated["result"]),
        (&json!("error"), &json!("broke"))
    );
    assert_eq!(updated["input"]["text"], "question");

    let revision = platform.revisions("t").unwrap().pop().unwrap();
    let changed: Vec<_> = revision
        .changes
        .iter()
        .map(|change| {
            (
                change.field.as_str(),
                change.before.as_deref(),
                change.after.as_deref(),
            )
        })
        .collect();
    let expected = [
        ("status", Some("completed"), Some("error")),
        ("result", Some("r"), Some("broke")),
    ];
    assert_eq!(changed, expected);

    sdk(&platform, "PATCH", "/agent-execution/missing/update", "{}").detail(404);
    let detail = sdk(
        &platform,
        "PATCH",
        "/agent-execution/t/update",
        r#"{"status":"done","result":7}"#,
    )
    .detail(422);
    assert_eq!(detail.as_array().unwrap().len(), 2, "{detail}");
    assert_eq!(platform.revisions("t").unwrap().len(), 2);
}

#[test]
fn a_saved_task_keeps_what_its_nulls_and_defaults_do_not_say() {
    let platform = platform();
    let body = r#"{"id":"t","input":"question","tokens":{"prompt_tokens":7},"result":"r","duration":2.5,"used_tools":["x"]}"#;
    let stored = task(&sdk(
        &platform,
        "POST",
        "/agent-execution/a/report_task",
        body,
    ));
    let save = json!({
        "id": "t", "agent_id": "another", "organization_id": "another", "created_at": "1999-01-01T00:00:00Z",
        "input": {"text": "question", "files": [], "attachments": [], "user": null, "principal": null},
        "status": "completed", "internal_status": "reviewing", "started_at": null, "finished_at": null,
        "result": "better", "parent_execution": "t-0", "sub_executions": [], "is_manually_stopped": false,
        "background_auth_eligible": null, "source": "sdk", "title": null, "think_mode": "default",
        "configuration": {"api_key": "secret"}, "tokens": null, "used_tools": [], "duration": 0.0,
    });
    let saved = task(&sdk(
        &platform,
        "PATCH",
        "/agent-execution/t/update",
        &save.to_string(),
    ));
    for field in [
        "id",
        "agent_id",
        "organization_id",
        "created_at",
        "started_at",
        "finished_at",
        "tokens",
        "duration",
        "used_tools",
    ] {
        assert_eq!(saved[field], stored[field], "{field}");
    }
    assert_eq!(
        (&saved["result"], &saved["internal_status"]),
        (&json!("better"), &json!("reviewing"))
    );
    assert_eq!(saved["parent_execution"], "t-0");
    assert_eq!(saved["background_auth_eligible"], false);
    let history = sdk(
        &platform,
        "GET",
        "/agent-execution/executions/history/a?parent_task_id=t-0&internal_status=reviewing",
        "",
    );
    assert_eq!(history.json()[0]["id"], "t");
}

#[test]
fn a_stopped_task_is_not_erased() {
    let platform = platform();
    let id = task(&sdk(&platform, "POST", "/agent-execution/a", CREATE))["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let stopped = task(&sdk(
        &platform,
        "DELETE",
        &format!("/agent-execution/{id}"),
        "",
    ));
    assert_eq!(stopped["status"], "stopped");
    assert_eq!(
        platform.task(&id).unwrap().unwrap().status,
        TaskStatus::Stopped
    );
    sdk(&platform, "DELETE", "/agent-execution/missing", "").detail(404);
}
