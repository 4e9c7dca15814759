//! Refused requests, and the messages.

use std::io::Write;
use std::net::TcpStream;

use crate::support::{Answer, get, platform, post, receive, send};
use serde_json::json;
use xpander_report_local::LocalPlatform;

const REPORT: &str = "/agent-execution/a/report_task";

#[test]
fn a_key_is_required_and_any_key_will_do() {
    let platform = platform();
    for line in [
        "POST /agent-execution/a/report_task",
        "GET /agent-execution/t/status",
        "GET /agents/list",
    ] {
        for headers in [
            &[("host", "localhost")][..],
            &[("host", "localhost"), ("x-api-key", "")],
        ] {
            let detail = send(&platform, line, headers, b"{}").detail(401);
            assert!(detail.as_str().unwrap().contains("x-api-key"));
        }
    }
    assert_eq!(platform.tasks().unwrap(), []);
    let answer = send(
        &platform,
        &format!("POST {REPORT}"),
        &[("host", "localhost"), ("x-api-key", "~")],
        b"{}",
    );
    assert_eq!(answer.status, 200);
}

#[test]
fn unknown_routes_and_wrong_methods_say_so_in_json() {
    let platform = platform();
    for path in [
        "/nowhere",
        "/agent-execution",
        "/agents-metrics",
        "/agents/list/extra/more",
    ] {
        assert!(
            get(&platform, path)
                .detail(404)
                .as_str()
                .unwrap()
                .contains(path),
            "{path}"
        );
    }
    get(&platform, REPORT).detail(405);
    get(&platform, "/agent-execution/a").detail(405);
    post(&platform, "/agents/list", "{}").detail(405);
    let answer = post(&platform, "/", "{}");
    answer.detail(405);
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
}

#[test]
fn every_field_of_the_wrong_type_is_named() {
    let platform = platform();
    for (field, value) in [
        ("id", "7"),
        ("id", &format!("\"{}\"", "x".repeat(1025))),
        ("input", "{}"),
        ("tokens", "[]"),
        ("is_success", "\"true\""),
        ("result", "1"),
        ("duration", "\"2.5\""),
        ("duration", "1e400"),
        ("used_tools", "\"search\""),
    ] {
        let detail = post(&platform, REPORT, &format!(r#"{{"{field}":{value}}}"#)).detail(422);
        assert_eq!(detail.as_array().unwrap().len(), 1, "{detail}");
        assert_eq!(detail[0]["loc"], json!(["body", field]), "{detail}");
        assert!(detail[0]["msg"].is_string() && detail[0]["type"].is_string());
    }

    let body =
        r#"{"id":1,"tokens":{"prompt_tokens":"1","completion_tokens":1.5},"used_tools":["x",2]}"#;
    let detail = post(&platform, REPORT, body).detail(422);
    let places: Vec<_> = detail
        .as_array()
        .unwrap()
        .iter()
        .map(|invalid| invalid["loc"].clone())
        .collect();
    let expected = [
        json!(["body", "id"]),
        json!(["body", "tokens", "completion_tokens"]),
        json!(["body", "tokens", "prompt_tokens"]),
        json!(["body", "used_tools", 1]),
    ];
    assert_eq!(places, expected);
    assert_eq!(platform.tasks().unwrap(), []);
}

#[test]
fn a_body_that_is_no_json_object_is_refused() {
    let platform = platform();
    for body in [
        "",
        " ",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{\"id\":}",
        "{} {}",
        "{\"result\":\"\\ud800\"}",
    ] {
        let detail = post(&platform, REPORT, body).detail(422);
        assert_eq!(detail[0]["loc"][0], "body", "{body:?}: {detail}");
    }
    let line = format!("POST {REPORT}");
    let headers = [("host", "localhost"), ("x-api-key", "k")];
    send(&platform, &line, &headers, b"{\"result\":\"\xff\"}").detail(400);
    send(&platform, "GET /agents/%ff", &headers, b"").detail(400);
    assert_eq!(platform.tasks().unwrap(), []);
}

#[test]
fn a_body_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let platform = platform();
    let body = |size: usize| {
        format!(
            r#"{{"input":"{}"}}"#,
            "x".repeat(size - r#"{"input":""}"#.len())
        )
    };
    let limit = 32 * 1024 * 1024;
    assert_eq!(post(&platform, REPORT, &body(limit)).status, 200);
    let detail = post(&platform, REPORT, &body(limit + 1)).detail(413);
    assert!(detail.as_str().unwrap().contains("33554432"));
    assert_eq!(platform.tasks().unwrap().len(), 1);
}

#[test]
fn a_request_that_ends_early_changes_nothing() {
    let platform = platform();
    let mut connection = TcpStream::connect(platform.address()).unwrap();
    let head = format!(
        "POST {REPORT} HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\ncontent-length: 50\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(br#"{"id":"t"}"#).unwrap();
    connection.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(receive(connection).status, 400);
    assert_eq!(platform.tasks().unwrap(), []);
}

fn visit(platform: &LocalPlatform, line: &str, headers: &[(&str, &str)]) -> Answer {
    send(
        platform,
        line,
        &[headers, &[("x-api-key", "k")]].concat(),
        b"{}",
    )
}

#[test]
fn only_loopback_hosts_are_answered() {
    let platform = platform();
    for host in ["localhost", "localhost:1", "127.0.0.1:80", "[::1]:80"] {
        for line in ["GET /", "GET /agents/list"] {
            assert_eq!(
                visit(&platform, line, &[("host", host)]).status,
                200,
                "{host}"
            );
        }
    }
    for host in ["rebound.example", "localhost.example", "10.1.2.3", ""] {
        for line in [
            "GET /",
            "GET /agents/list",
            "POST /agent-execution/a/report_task",
            "GET /assets/style.css",
        ] {
            visit(&platform, line, &[("host", host)]).detail(403);
        }
    }
    visit(&platform, "GET /", &[]).detail(403);
    visit(
        &platform,
        "GET http://rebound.example/",
        &[("host", "localhost")],
    )
    .detail(403);
    assert_eq!(platform.tasks().unwrap(), []);
}

#[test]
fn pages_of_other_sites_are_refused() {
    let platform = platform();
    let line = format!("POST {REPORT}");
    let host = ("host", "localhost:9");
    for headers in [
        ("origin", "https://example.com"),
        ("origin", "null"),
        ("origin", "http://localhost:10"),
        ("origin", "http://localhost:9.example.com"),
        ("sec-fetch-site", "cross-site"),
    ] {
        visit(&platform, &line, &[host, headers]).detail(403);
    }
    visit(
        &platform,
        "GET /",
        &[host, ("sec-fetch-site", "cross-site")],
    )
    .detail(403);
    assert_eq!(platform.tasks().unwrap(), []);

    assert_eq!(
        visit(&platform, &line, &[host, ("origin", "http://localhost:9")]).status,
        200
    );
    let link = [
        host,
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    assert_eq!(visit(&platform, "GET /", &link).status, 200);
    visit(&platform, &line, &link).detail(403);
}

#[test]
fn every_answer_is_confined() {
    let platform = platform();
    for path in [
        "/",
        "/tasks/none",
        "/nowhere",
        "/agents/list",
        "/assets/style.css",
    ] {
        let answer = get(&platform, path);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none';") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}
