//! Organizations, ids and agents in paths.

use crate::support::{get, platform, post};
use serde_json::{Value, json};

#[test]
fn the_path_names_the_organization() {
    let platform = platform();
    for (path, organization) in [
        ("/agent-execution/a/report_task", "local"),
        ("//agent-execution//a/report_task", "local"),
        ("/org-1/agent-execution/a/report_task", "org-1"),
        ("//org-1/agent-execution/a/report_task", "org-1"),
        (
            "/agent-controller/org-1/agent-execution/a/report_task",
            "org-1",
        ),
        (
            "/org-1/agent-controller/agent-execution/a/report_task",
            "org-1",
        ),
        ("/proxy/org%202/agent-execution/a/report_task", "org 2"),
        (
            "http://127.0.0.1/org-1/agent-execution/a/report_task",
            "org-1",
        ),
    ] {
        let answer = post(&platform, path, "{}");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.json()["organization_id"], organization, "{path}");
    }
}

#[test]
fn organizations_do_not_share_ids() {
    let platform = platform();
    post(
        &platform,
        "/agent-execution/a/report_task",
        r#"{"id":"t","result":"mine"}"#,
    );
    post(
        &platform,
        "/org-1/agent-execution/b/report_task",
        r#"{"id":"t","result":"theirs"}"#,
    );

    assert_eq!(
        get(&platform, "/agent-execution/t/status").json()["result"],
        "mine"
    );
    assert_eq!(
        get(&platform, "/org-1/agent-execution/t/status").json()["result"],
        "theirs"
    );
    get(&platform, "/org-2/agent-execution/t/status").detail(404);
    assert_eq!(
        get(&platform, "/tasks/t/result?organization=local").body,
        "mine"
    );
    assert_eq!(
        get(&platform, "/tasks/t/result?organization=org-1").body,
        "theirs"
    );
    assert_eq!(
        get(&platform, "/org-1/agent-execution/executions/history/a").json(),
        json!([])
    );
    get(&platform, "/org-1/agents/a").detail(404);
}

#[test]
fn encoded_ids_are_decoded_once() {
    let platform = platform();
    let task = post(
        &platform,
        "/agent-execution/a%2Fb%20c%3Fd%2525/report_task",
        r#"{"id":"x/y?z%20ü"}"#,
    )
    .json();
    assert_eq!(task["agent_id"], "a/b c?d%25");

    assert_eq!(
        get(&platform, "/agent-execution/x%2Fy%3Fz%2520%C3%BC/status").json(),
        task
    );
    assert_eq!(
        get(&platform, "/agents/a%2Fb%20c%3Fd%2525").json()["id"],
        "a/b c?d%25"
    );
    let history = get(
        &platform,
        "/agent-execution/executions/history/a%2Fb%20c%3Fd%2525",
    )
    .json();
    assert_eq!(history[0]["id"], "x/y?z%20ü");

    let url = platform.task_url("x/y?z%20ü");
    assert_eq!(
        url,
        format!("{}/tasks/x%2Fy%3Fz%2520%C3%BC", platform.url())
    );
    assert_eq!(get(&platform, &url).status, 200);
}

#[test]
fn ids_may_look_like_routes() {
    let platform = platform();
    post(
        &platform,
        "/agent-execution/agents/report_task",
        r#"{"id":"agents"}"#,
    );
    assert_eq!(
        get(&platform, "/agent-execution/agents/status").json()["agent_id"],
        "agents"
    );
    assert_eq!(get(&platform, "/agents/agents").json()["id"], "agents");
    assert_eq!(get(&platform, "/tasks/agents").status, 200);
}

#[test]
fn the_first_report_makes_the_agent() {
    let platform = platform();
    get(&platform, "/agents/a").detail(404);
    assert_eq!(get(&platform, "/agents/list").json(), json!([]));
    for _ in 0..2 {
        post(&platform, "/agent-execution/a/report_task", "{}");
    }
    post(&platform, "/agent-execution/b/report_task", "{}");
    post(&platform, "/org-1/agent-execution/c/report_task", "{}");

    let agent = get(&platform, "/agents/a").json();
    for (field, value) in [
        ("id", json!("a")),
        ("organization_id", json!("local")),
        ("name", json!("a")),
        ("unique_name", json!("a")),
        ("framework", json!("agno")),
        ("graph", json!([])),
        ("tools", json!([])),
    ] {
        assert_eq!(agent[field], value, "{field}");
    }
    assert!(agent["model_provider"].is_string() && agent["model_name"].is_string());
    assert!(agent.get("environment_id").is_none());

    let list = get(&platform, "/agents/list").json();
    let ids: Vec<&Value> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| &agent["id"])
        .collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(list[0]["instructions"], json!({}));
    assert_eq!(list[0]["status"], "ACTIVE");
    assert_eq!(list[0]["created_at"], agent["created_at"]);
    assert!(list[0]["icon"].is_string());
}

#[test]
fn the_history_is_newest_first_and_filtered() {
    let platform = platform();
    for number in 1..=5 {
        let body = format!(
            r#"{{"id":"{number}","is_success":{},"result":"r{number}"}}"#,
            number % 2 == 1
        );
        post(&platform, "/agent-execution/a/report_task", &body);
    }
    post(&platform, "/agent-execution/b/report_task", r#"{"id":"6"}"#);

    let ids = |query: &str| -> Vec<String> {
        let list = get(
            &platform,
            &format!("/agent-execution/executions/history/a{query}"),
        )
        .json();
        list.as_array()
            .unwrap()
            .iter()
            .map(|task| task["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(""), ["5", "4", "3", "2", "1"]);
    assert_eq!(ids("?status=failed"), ["4", "2"]);
    assert_eq!(
        ids("?status=AgentExecutionStatus.Completed"),
        ["5", "3", "1"]
    );
    assert_eq!(ids("?status=executing"), [""; 0]);
    assert_eq!(
        ids("?status=&page=&per_page=&user_id="),
        ["5", "4", "3", "2", "1"]
    );
    assert_eq!(ids("?per_page=2"), ["5", "4"]);
    assert_eq!(ids("?per_page=2&page=3"), ["1"]);
    assert_eq!(ids("?per_page=2&page=4294967295"), [""; 0]);
    assert_eq!(ids("?user_id=someone"), [""; 0]);

    let task = get(
        &platform,
        "/agent-execution/executions/history/a?per_page=1",
    )
    .json()[0]
        .clone();
    assert_eq!(task["agent_id"], "a");
    assert_eq!(task["organization_id"], "local");
    assert_eq!(task["status"], "completed");
    assert_eq!(task["result"], "r5");
    assert!(task["created_at"].is_string() && task["updated_at"].is_string());
}

#[test]
fn bad_filters_are_named() {
    let platform = platform();
    for (query, name) in [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=x", "page"),
        ("page=4294967296", "page"),
        ("per_page=1.5", "per_page"),
        ("per_page=1001", "per_page"),
        ("status=done", "status"),
    ] {
        let answer = get(
            &platform,
            &format!("/agent-execution/executions/history/a?{query}"),
        );
        assert_eq!(
            answer.detail(422)[0]["loc"],
            json!(["query", name]),
            "{query}"
        );
    }
}
