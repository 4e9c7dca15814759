//! The requests of the official Python SDK, as it sends them, and what it needs to find in the answers.
//! `tests/sdk/run.sh` drives the SDK itself, and has written down what it sends.

#[path = "../xpander-report-local/tests/support/mod.rs"]
mod support;

use serde::Deserialize;
use serde_json::{Value, json};
use support::{Answer, platform, send};
use xpander_report_local::{LocalPlatform, RevisionKind, TaskStatus};

/// A request with the headers that the SDK's HTTP client adds.
fn sdk(platform: &LocalPlatform, method: &str, path: &str, body: &str) -> Answer {
    let host = platform.address().to_string();
    let mut headers = vec![
        ("Host", host.as_str()),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate"),
        ("User-Agent", "python-httpx/0.28.1"),
        ("x-api-key", "xp-key"),
    ];
    if !body.is_empty() {
        headers.push(("Content-Type", "application/json"));
    }
    send(
        platform,
        &format!("{method} {path}"),
        &headers,
        body.as_bytes(),
    )
}

/// A task as the SDK's model requires it.
#[track_caller]
fn task(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let task = answer.json();
    for field in [
        "id",
        "agent_id",
        "organization_id",
        "created_at",
        "source",
        "status",
    ] {
        assert!(task[field].is_string(), "{field} of {task}");
    }
    assert!(
        task["input"].is_object() && task["input"]["files"].is_array(),
        "{task}"
    );
    assert!(task["background_auth_eligible"].is_boolean(), "{task}");
    assert_eq!(task.get("configuration"), None);
    task
}

const NOTHING: &str = r#"{"id":null,"input":null,"llm_response":null,"tokens":null,"is_success":true,"result":null,"duration":0.0,"used_tools":[]}"#;

fn report(id: &str, result: &str) -> String {
    format!(
        r#"{{"id":"{id}","input":"question","llm_response":null,"tokens":null,"is_success":true,"result":"{result}","duration":0.0,"used_tools":[]}}"#
    )
}

/// `SDK_RECORD` has written it down, see `sdk/run.sh`.
const RECORDED: &str = include_str!("sdk/requests.jsonl");

#[derive(Deserialize)]
struct Recorded {
    method: String,
    path: String,
    body: String,
    status: u16,
    id: Option<String>,
    fields: Option<Vec<String>>,
    length: Option<usize>,
}

#[test]
fn what_the_sdk_once_sent_is_answered_as_it_was() {
    let platform = platform();
    // Ids that the platform gave then, and those that it gives now.
    let mut ids: Vec<(String, String)> = Vec::new();
    let mut count = 0;
    for line in RECORDED.lines() {
        let mut request: Recorded = serde_json::from_str(line).unwrap();
        for (then, now) in &ids {
            request.path = request.path.replace(then, now);
            request.body = request.body.replace(then, now);
        }
        let answer = sdk(&platform, &request.method, &request.path, &request.body);
        assert_eq!(answer.status, request.status, "{line}: {}", answer.body);
        if let Some(fields) = request.fields {
            let answer = answer.json();
            let mut now: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
            now.sort();
            assert_eq!(now, fields, "{line}");
            if let (Some(then), Some(now)) = (request.id, answer["id"].as_str()) {
                ids.push((then, now.to_owned()));
            }
        }
        if let Some(length) = request.length {
            assert_eq!(
                answer.json().as_array().map(Vec::len),
                Some(length),
                "{line}"
            );
        }
        count += 1;
    }
    assert!(count > 40, "{count}");
}

#[test]
fn a_report_with_every_parameter() {
    let platform = platform();
    let body = r#"{"id":"nightly-7","input":"Sort the mail","llm_response":{"id":"resp-7","choices":[{"index":0,"message":{"role":"assistant","content":"Sorted"}}]},"tokens":{"completion_tokens":21,"prompt_tokens":340,"cache_read_tokens":300,"cache_write_tokens":12,"total_tokens":361},"is_success":true,"result":"Sorted","duration":1.25,"used_tools":["read_mail","move_mail"]}"#;
    let answer = task(&sdk(
        &platform,
        "POST",
        "/agent-execution/mailer/report_task",
        body,
    ));
    assert_eq!(answer["input"]["text"], "Sort the mail");
    assert_eq!(answer["tokens"]["total_tokens"], 361);
    assert_eq!(answer["tokens"]["cache_read_tokens"], 300);
    assert_eq!(answer["used_tools"], json!(["read_mail", "move_mail"]));
    assert_eq!(answer["duration"], 1.25);
    assert_eq!(answer["status"], "completed");
}

#[test]
fn a_report_without_parameters_and_one_with_all_nulls() {
    let platform = platform();
    let nulls = r#"{"id":null,"input":null,"llm_response":null,"tokens":null,"is_success":null,"result":null,"duration":null,"used_tools":null}"#;
    for body in [NOTHING, nulls] {
        let answer = task(&sdk(
            &platform,
            "POST",
            "/agent-execution/a/report_task",
            body,
        ));
        assert_eq!(answer["status"], "completed");
        assert_eq!(answer["used_tools"], json!([]));
    }
    assert_eq!(platform.tasks().unwrap().len(), 2);
}

#[test]
fn numbers_of_every_size() {
    let platform = platform();
    for duration in ["1e+22", "1e-07", "0.30000000000000004", "3.0", "null"] {
        let body = NOTHING.replace("0.0", duration);
        let answer = task(&sdk(
            &platform,
            "POST",
            "/agent-execution/a/report_task",
            &body,
        ));
        assert_eq!(
            answer["duration"].as_f64(),
            duration.parse().ok(),
            "{duration}"
        );
    }
    let tokens = r#"{"completion_tokens":1180591620717411303424,"prompt_tokens":-5,"cache_read_tokens":0,"cache_write_tokens":0,"total_tokens":1180591620717411303419}"#;
    let body = NOTHING.replace(r#""tokens":null"#, &format!(r#""tokens":{tokens}"#));
    let answer = task(&sdk(
        &platform,
        "POST",
        "/agent-execution/a/report_task",
        &body,
    ));
    assert_eq!(answer["tokens"]["prompt_tokens"], -5);
}

#[test]
fn an_organization_and_a_mount_in_front() {
    let platform = platform();
    for (path, organization) in [
        ("/agent-execution/a/report_task", "local"),
        ("//org-1/agent-execution/a/report_task", "org-1"),
        (
            "/agent-controller/org-1/agent-execution/a/report_task",
            "org-1",
        ),
        (
            "/agent-controller//org-1/agent-execution/a/report_task",
            "org-1",
        ),
        (
            "/agent-controller/None/agent-execution/a/report_task",
            "None",
        ),
        ("/agent-execution/None/report_task", "local"),
    ] {
        let answer = task(&sdk(&platform, "POST", path, NOTHING));
        assert_eq!(answer["organization_id"], organization, "{path}");
    }
}

#[test]
fn an_id_that_the_sdk_does_not_encode_is_no_task_of_another_agent() {
    // `a/b c?d` as an agent's id becomes this path and query.
    let platform = platform();
    let answer = sdk(
        &platform,
        "POST",
        "/agent-execution/a/b%20c?d/report_task",
        NOTHING,
    );
    answer.detail(404);
    assert_eq!(platform.tasks().unwrap(), []);
}

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

const CREATE: &str = r#"{"id":null,"input":{"text":"write","files":["https://example.com/f.pdf"],"user":{"id":"u-9","email":"u@example.com","first_name":null},"principal":null},"payload_extension":{"k":[1.10]},"source":"sdk","worker_id":null,"output_format":"markdown","output_schema":null,"run_locally":false,"events_streaming":false,"additional_context":null,"instructions_override":null,"expected_output":"a page","mcp_servers":[],"triggering_agent_id":"parent-agent","title":"Write it","think_mode":"default","tool_call_limit":null,"return_metrics":false}"#;

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
    // A report of its run completes it, and what it was created with stays.
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
fn the_history_of_an_agent_and_of_a_user() {
    let platform = platform();
    let first = task(&sdk(&platform, "POST", "/agent-execution/writer", CREATE))["id"].clone();
    sdk(
        &platform,
        "POST",
        "/agent-execution/writer/report_task",
        &report("r1", "x"),
    );
    let ids = |path: &str| -> Vec<Value> {
        let answer = sdk(&platform, "GET", path, "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let list = answer.json();
        list.as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].clone())
            .collect()
    };
    let both = [json!("r1"), first.clone()];
    for (query, expected) in [
        ("", &both[..]),
        ("?status=completed&internal_status=&user_id=", &both[..1]),
        ("?status=AgentExecutionStatus.Pending", &both[1..]),
        ("?user_id=u-9", &both[1..]),
        ("?triggering_agent_id=parent-agent", &both[1..]),
        ("?parent_task_id=none", &[]),
        ("?internal_status=a+b", &[]),
        ("?page=2&per_page=1", &both[1..]),
    ] {
        assert_eq!(
            ids(&format!(
                "/agent-execution/executions/history/writer{query}"
            )),
            expected,
            "{query}"
        );
    }
    assert_eq!(
        ids("/agent-execution/executions/history/user/u-9?status=AgentExecutionStatus.Pending"),
        [first]
    );
    assert!(ids("/agent-execution/executions/history/user/u-9?status=completed").is_empty());
    assert!(ids("/agent-execution/executions/history/user/other").is_empty());
    assert!(ids("/org-1/agent-execution/executions/history/user/u-9").is_empty());
    assert!(
        ids("/agent-execution/executions/history/user").is_empty(),
        "an agent called user"
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

#[test]
fn metrics_are_merged_by_their_execution() {
    let platform = platform();
    let report = r#"{"id":"t","input":"question","result":"r","duration":2.5,"used_tools":["x"]}"#;
    sdk(&platform, "POST", "/agent-execution/a/report_task", report);
    let metrics = |id: &str| {
        format!(
            r#"{{"execution_id":"{id}","source":"sdk","sub_executions":[],"memory_thread_id":"{id}","task":"another question","triggered_by":"N/A","skills":[],"status":"completed","internal_status":null,"duration":0.0,"ai_model":"xpander","worker":null,"ai_employee_id":null,"api_calls_made":["a","b"],"result":null,"llm_tokens":{{"inner":{{"completion_tokens":1,"prompt_tokens":2,"cache_read_tokens":0,"cache_write_tokens":0,"total_tokens":3}},"worker":{{"completion_tokens":4,"prompt_tokens":3,"cache_read_tokens":9,"cache_write_tokens":0,"total_tokens":7}}}}}}"#
        )
    };
    assert_eq!(
        sdk(
            &platform,
            "POST",
            "/agents-metrics/a/execution",
            &metrics("t")
        )
        .status,
        200
    );
    let merged = task(&sdk(&platform, "GET", "/agent-execution/t/status", ""));
    assert_eq!(merged["tokens"]["total_tokens"], 10);
    assert_eq!(merged["tokens"]["cache_read_tokens"], 9);
    assert_eq!(merged["used_tools"], json!(["a", "b"]));
    assert_eq!(
        (&merged["duration"], &merged["result"]),
        (&json!(2.5), &json!("r"))
    );
    assert_eq!(merged["input"]["text"], "question");

    // Of a run that nobody reported, they make the task.
    assert_eq!(
        sdk(
            &platform,
            "POST",
            "/agents-metrics/a/execution",
            &metrics("new")
        )
        .status,
        200
    );
    let made = task(&sdk(&platform, "GET", "/agent-execution/new/status", ""));
    assert_eq!(
        (&made["input"]["text"], &made["duration"]),
        (&json!("another question"), &json!(null))
    );

    // Counts of nothing are no counts.
    let none = metrics("t")
        .replace(
            r#""completion_tokens":1,"prompt_tokens":2"#,
            r#""completion_tokens":0,"prompt_tokens":0"#,
        )
        .replace(
            r#""completion_tokens":4,"prompt_tokens":3,"cache_read_tokens":9"#,
            r#""completion_tokens":0,"prompt_tokens":0,"cache_read_tokens":0"#,
        );
    sdk(&platform, "POST", "/agents-metrics/a/execution", &none);
    assert_eq!(
        platform
            .task("t")
            .unwrap()
            .unwrap()
            .tokens
            .unwrap()
            .total_tokens,
        10
    );

    let detail = sdk(&platform, "POST", "/agents-metrics/a/execution", "{}").detail(422);
    assert_eq!(detail[0]["loc"], json!(["body", "execution_id"]));
}

#[test]
fn the_activity_is_the_input_the_tools_and_the_result() {
    let platform = platform();
    let body = r#"{"id":"t","input":"question","result":"answer","used_tools":["look","read"]}"#;
    sdk(&platform, "POST", "/agent-execution/a/report_task", body);
    let activity = sdk(&platform, "GET", "/activity/a/t", "").json();
    assert_eq!(activity["id"], "t");
    assert!(activity["created_at"].is_string());
    let messages = activity["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 4);
    assert!(
        messages
            .iter()
            .all(|message| message["id"].is_string() && message["created_at"].is_string())
    );
    assert_eq!(
        (&messages[0]["role"], &messages[0]["content"]["text"]),
        (&json!("user"), &json!("question"))
    );
    assert_eq!(
        (&messages[1]["tool_name"], &messages[1]["is_error"]),
        (&json!("look"), &json!(false))
    );
    assert_eq!(
        (&messages[2]["tool_name"], &messages[2]["payload"]),
        (&json!("read"), &json!({}))
    );
    assert_eq!(
        (&messages[3]["role"], &messages[3]["content"]["text"]),
        (&json!("agent"), &json!("answer"))
    );

    sdk(&platform, "GET", "/activity/a/missing", "").detail(404);
    sdk(&platform, "GET", "/activity/other-agent/t", "").detail(404);
}

#[test]
fn an_agent_called_list_is_reached() {
    let platform = platform();
    for agent in ["list", "user", "history"] {
        sdk(
            &platform,
            "POST",
            &format!("/agent-execution/{agent}/report_task"),
            &report(agent, "r"),
        );
    }
    assert!(sdk(&platform, "GET", "/agents/list", "").json().is_array());
    assert_eq!(
        sdk(&platform, "GET", "/agents/%6Cist", "").json()["id"],
        "list"
    );
    let host = platform.address().to_string();
    let headers = [
        ("host", host.as_str()),
        ("x-api-key", "k"),
        ("x-agent-version", "2"),
    ];
    assert_eq!(
        send(&platform, "GET /agents/list", &headers, b"").json()["id"],
        "list"
    );
    assert_eq!(
        sdk(
            &platform,
            "GET",
            "/agent-execution/executions/history/list",
            ""
        )
        .json()[0]["id"],
        "list"
    );
    assert_eq!(
        sdk(
            &platform,
            "GET",
            "/agent-execution/executions/history/user",
            ""
        )
        .json()[0]["id"],
        "user"
    );
}

#[test]
fn local_tools_are_synced_into_nothing() {
    let platform = platform();
    sdk(&platform, "PATCH", "/agents/a/sync_local_tools", "[]").detail(404);
    sdk(&platform, "POST", "/agent-execution/a/report_task", NOTHING);
    let tools = r#"[{"id":"t","name":"t","parameters":{}}]"#;
    assert_eq!(
        sdk(&platform, "PATCH", "/agents/a/sync_local_tools", tools).json(),
        json!({"graph": []})
    );
    sdk(&platform, "PATCH", "/agents/a/sync_local_tools", "{}").detail(422);
}

#[test]
fn the_public_list_counts_and_pages() {
    let platform = platform();
    for number in 1..=5 {
        let agent = if number == 5 { "b" } else { "a" };
        sdk(
            &platform,
            "POST",
            &format!("/agent-execution/{agent}/report_task"),
            &report(&number.to_string(), "r"),
        );
    }
    let page = |path: &str| sdk(&platform, "GET", path, "").json();
    let all = page("/v1/tasks");
    assert_eq!(
        (
            &all["total"],
            &all["page"],
            &all["per_page"],
            &all["total_pages"]
        ),
        (&json!(5), &json!(1), &json!(20), &json!(1))
    );
    let ids = |page: &Value| -> Vec<String> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&all), ["5", "4", "3", "2", "1"]);
    let second = page("/v1/tasks?agent_id=a&page=2&per_page=3");
    assert_eq!(
        (ids(&second), &second["total"], &second["total_pages"]),
        (vec!["1".to_owned()], &json!(4), &json!(2))
    );
    assert_eq!(page("/v1/tasks?to_date=2001-01-01")["total"], 0);
    assert_eq!(
        page("/v1/tasks?from_date=2001-01-01T00:00:00Z&to_date=2999-12-31")["total"],
        5
    );
    assert_eq!(page("/v1/tasks?status=failed&user_id=")["total"], 0);
    assert_eq!(page("/org-9/v1/tasks")["total"], 0);
    let detail = sdk(&platform, "GET", "/v1/tasks?from_date=soon&page=0", "").detail(422);
    assert_eq!(detail.as_array().unwrap().len(), 2);
}
