//! The tasks of a filter are exported as a file, and deleted after a confirmation.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{get, platform, post, report, send};
use serde_json::{Value, json};
use xpander_report_local::LocalPlatform;

/// Text of a chunked body.
fn whole(body: &str) -> String {
    let mut rest = body;
    let mut whole = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&after[..size]);
        rest = &after[size + 2..];
    }
    whole
}

#[track_caller]
fn export(platform: &LocalPlatform, path: &str) -> (String, String) {
    let answer = get(platform, path);
    assert_eq!(answer.status, 200, "{path}");
    let disposition = answer.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment; filename=\"tasks-"));
    let content_type = answer.header("content-type").unwrap().to_owned();
    (content_type, whole(&answer.body))
}

#[test]
fn jsonl_has_all_of_each_task_that_matches() {
    let platform = platform();
    report(
        &platform,
        "{\"id\":\"one\",\"input\":\"a\\nb\",\"llm_response\":{\n \"n\": 1180591620717411303424,\r\n \"t\": \"x\\ny\"},\
         \"tokens\":{\"prompt_tokens\":3,\"completion_tokens\":2},\"used_tools\":[\"x\",\"x\"],\"duration\":1.5}",
    );
    report(
        &platform,
        r#"{"id":"two","is_success":false,"result":"broken"}"#,
    );
    let (content_type, text) = export(&platform, "/tasks.jsonl");
    assert_eq!(content_type, "application/jsonl");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["id"], &lines[0]["status"]),
        (&json!("two"), &json!("failed"))
    );
    assert_eq!(lines[1]["input"], "a\nb");
    assert_eq!(lines[1]["tokens"]["total_tokens"], 5);
    assert_eq!(lines[1]["used_tools"], json!(["x", "x"]));
    assert!(text.contains("1180591620717411303424"), "no digit is lost");

    let (_, text) = export(&platform, "/tasks.jsonl?status=failed");
    assert_eq!(text.lines().count(), 1);
    assert_eq!(export(&platform, "/tasks.jsonl?q=nothing").1, "");
}

#[test]
fn csv_is_quoted_and_starts_no_formula() {
    let platform = platform();
    report(
        &platform,
        &json!({"id": "=1+1", "input": "say \"hi\",\nthen leave", "result": "@SUM(A1)", "used_tools": ["-2+3"],
                "tokens": {"prompt_tokens": -5, "completion_tokens": 1}})
        .to_string(),
    );
    for formula in ["+1", "-1", "\t=1", "\r=1", " =1", "\n@x", "＝1"] {
        report(
            &platform,
            &json!({"input": "harmless", "result": formula}).to_string(),
        );
    }
    let (content_type, text) = export(&platform, "/tasks.csv");
    assert_eq!(content_type, "text/csv; charset=utf-8");
    let head = text.lines().next().unwrap();
    assert!(head.starts_with("id,organization_id,agent_id,status,created_at"));
    let row = text.split("\r\n").nth(8).unwrap();
    assert!(row.starts_with("'=1+1,local,a,completed,"), "{row}");
    assert!(
        row.contains(",-5,1,-4,0,0,,,'-2+3,"),
        "a number is no formula: {row}"
    );
    assert!(
        row.ends_with(",\"say \"\"hi\"\",\nthen leave\",'@SUM(A1)"),
        "{row}"
    );
    for cell in [
        "'+1",
        "'-1",
        "\"'\t=1\"",
        "\"'\r=1\"",
        "' =1",
        "\"'\n@x\"",
        "'＝1",
    ] {
        assert!(
            text.contains(&format!("harmless,{cell}\r\n")),
            "{cell:?}\n{text}"
        );
    }
    assert_eq!(
        export(&platform, "/tasks.csv?status=stopped")
            .1
            .lines()
            .count(),
        1
    );
}

#[test]
fn an_export_has_every_task_once() {
    let platform = platform();
    for number in 0..450 {
        report(&platform, &format!(r#"{{"id":"n{number}"}}"#));
    }
    let (_, text) = export(&platform, "/tasks.csv");
    let ids: Vec<&str> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    let expected: Vec<String> = (0..450).rev().map(|number| format!("n{number}")).collect();
    assert_eq!(ids, expected);
}

#[test]
fn wrong_filters_are_pages_and_not_files() {
    for path in [
        "/tasks.csv?status=done",
        "/tasks.jsonl?last=7",
        "/delete?from=x",
        "/live?last=x",
        "/metrics?last=x",
    ] {
        assert_eq!(get(&platform(), path).status, 422, "{path}");
    }
}

#[test]
fn a_task_is_deleted_once_that_is_confirmed() {
    let platform = platform();
    for id in ["one", "a/../b", "."] {
        report(&platform, &json!({"id": id}).to_string());
    }
    for id in ["one", "a/../b", "."] {
        let url = platform.task_url(id);
        let path = format!("{}/delete", url.strip_prefix(&platform.url()).unwrap());
        let question = get(&platform, &path);
        assert!(question.body.contains("Delete this task?"));
        assert!(
            question.body.contains(&format!("action=\"{path}\"")),
            "{}",
            question.body
        );
        assert!(
            platform.task(id).unwrap().is_some(),
            "asking deletes nothing"
        );
        assert_eq!(post(&platform, &path, "").status, 200);
        assert!(platform.task(id).unwrap().is_none());
        assert_eq!(post(&platform, &path, "").status, 404);
    }
}

#[test]
fn only_what_matched_then_is_deleted() {
    let platform = platform();
    report(&platform, r#"{"id":"ok"}"#);
    report(&platform, r#"{"id":"bad","is_success":false}"#);
    let question = get(&platform, "/delete?status=failed&last=1h").body;
    assert!(question.contains("Delete 1 task?"));
    let action = question.split("action=\"").nth(1).unwrap();
    let action = action.split('"').next().unwrap().replace("&#38;", "&");
    report(&platform, r#"{"id":"late","is_success":false}"#);
    let answer = post(&platform, &action, "");
    assert!(
        answer.body.contains("1 task is deleted."),
        "{}",
        answer.body
    );
    let left: Vec<String> = platform
        .tasks()
        .unwrap()
        .into_iter()
        .map(|task| task.id)
        .collect();
    assert_eq!(left, ["late", "ok"]);
    assert!(
        get(&platform, "/delete?q=nothing")
            .body
            .contains("There is nothing to delete")
    );
}

#[test]
fn deletion_needs_a_time_and_a_page_of_this_server() {
    let platform = platform();
    report(&platform, r#"{"id":"t"}"#);
    assert_eq!(post(&platform, "/delete", "").status, 400);
    assert_eq!(post(&platform, "/delete?status=completed", "").status, 400);
    let host = ("host", "localhost:9");
    for foreign in [
        ("origin", "https://example.com"),
        ("origin", "null"),
        ("origin", "http://localhost:10"),
        ("sec-fetch-site", "cross-site"),
    ] {
        for line in ["POST /delete?to=2100-01-01", "POST /tasks/t/delete"] {
            assert_eq!(
                send(&platform, line, &[host, foreign], b"").status,
                403,
                "{foreign:?}"
            );
        }
    }
    assert_eq!(platform.tasks().unwrap().len(), 1);
    let own = [
        host,
        ("origin", "http://localhost:9"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(
        send(&platform, "POST /delete?to=2100-01-01", &own, b"").status,
        200
    );
    assert_eq!(platform.tasks().unwrap(), []);
}

/// Reads events until they end or contain a text.
fn listen(connection: &mut TcpStream, text: &str) -> String {
    let mut heard = String::new();
    let mut bytes = [0; 1024];
    while !heard.contains(text) {
        match connection.read(&mut bytes).unwrap() {
            0 => break,
            length => heard.push_str(std::str::from_utf8(&bytes[..length]).unwrap()),
        }
    }
    heard
}

#[test]
fn news_come_for_the_tasks_that_a_page_shows_and_end_with_the_platform() {
    let platform = platform();
    let ask = |path: &str| {
        let mut connection = TcpStream::connect(platform.address()).unwrap();
        connection
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        write!(connection, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let head = listen(&mut connection, "\r\n\r\n");
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        connection
    };
    let mut all = ask("/live");
    let mut of_agent = ask("/live?agent=b&status=failed");
    let mut of_task = ask("/live?id=t");
    report(&platform, r#"{"id":"other"}"#);
    assert!(listen(&mut all, "event: news").contains("event: news"));
    post(&platform, "/agent-execution/b/report_task", r#"{"id":"t"}"#).json();
    listen(&mut of_agent, "event: news");
    listen(&mut of_task, "event: news");
    platform.delete_task("t").unwrap();
    listen(&mut of_task, "event: news");

    let begin = std::time::Instant::now();
    platform.stop();
    assert!(
        begin.elapsed() < Duration::from_secs(2),
        "open pages do not hold it up"
    );
    let rest = listen(&mut of_agent, "never");
    assert_eq!(rest.matches("event: news").count(), 1, "the deletion");
}

#[test]
fn metrics_and_agents_show_the_figures_of_what_is_stored() {
    let platform = platform();
    assert!(
        get(&platform, "/metrics")
            .body
            .contains("No runs in this range")
    );
    assert!(get(&platform, "/agents").body.contains("No runs yet"));
    report(
        &platform,
        r#"{"id":"one","duration":2.0,"used_tools":["search"],"tokens":{"prompt_tokens":1200,"completion_tokens":34}}"#,
    );
    report(&platform, r#"{"id":"two","is_success":false}"#);
    post(
        &platform,
        "/org-1/agent-execution/b/report_task",
        r#"{"id":"three"}"#,
    )
    .json();

    let metrics = get(&platform, "/metrics").body;
    for shown in [
        "<b>3</b> runs",
        "<b>66.6 %</b> ok",
        "<b>1,234</b> tokens",
        "<b>1</b> tool call",
        "org-1 / b",
        "search",
    ] {
        assert!(metrics.contains(shown), "{shown}");
    }
    assert_eq!(metrics.matches("<svg").count(), 9);
    let of_agent = get(&platform, "/metrics?agent=a&last=7d").body;
    assert!(of_agent.contains("<b>2</b> runs") && !of_agent.contains("org-1"));
    assert!(
        get(&platform, "/metrics?from=2020-01-01&to=2020-12-31")
            .body
            .contains("No runs")
    );
    assert!(
        get(&platform, "/metrics?last=all")
            .body
            .contains("<b>3</b> runs")
    );

    let agents = get(&platform, "/agents").body;
    for link in [
        "/?agent=a&#38;status=failed%2Cerror",
        "/?agent=b&#38;organization=org-1",
        "/metrics?agent=a",
    ] {
        assert!(agents.contains(&format!("\"{link}\"")), "{link}\n{agents}");
    }
}
