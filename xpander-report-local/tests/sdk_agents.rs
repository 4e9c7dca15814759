//! Requests of the official Python SDK about agents and their tasks.

use crate::support::sdk::{NOTHING, report, sdk, task};
use crate::support::{platform, send};
use serde_json::{Value, json};

const CREATE: &str = r#"{"id":null,"input":{"text":"write","files":["https://example.com/f.pdf"],"user":{"id":"u-9","email":"u@example.com","first_name":null},"principal":null},"payload_extension":{"k":[1.10]},"source":"sdk","worker_id":null,"output_format":"markdown","output_schema":null,"run_locally":false,"events_streaming":false,"additional_context":null,"instructions_override":null,"expected_output":"a page","mcp_servers":[],"triggering_agent_id":"parent-agent","title":"Write it","think_mode":"default","tool_call_limit":null,"return_metrics":false}"#;

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

    // They create the task of a run that was not reported.
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

    // Zero counts are ignored.
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
