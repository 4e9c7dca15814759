//! What no honest client sends. Each gets a clear answer or a closed connection, and the platform works on.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;

use proptest::prelude::*;
use serde_json::json;
use support::{get, patch, platform, post, receive, report, send};
use xpander_report_local::LocalPlatform;

const REPORT: &str = "/agent-execution/a/report_task";

/// The routes that take a body.
const TAKERS: [(&str, &str); 5] = [
    ("POST", "/agent-execution/a/report_task"),
    ("POST", "/agent-execution/a"),
    ("PATCH", "/agent-execution/t/update"),
    ("POST", "/agents-metrics/a/execution"),
    ("PATCH", "/agents/a/sync_local_tools"),
];

#[track_caller]
fn works(platform: &LocalPlatform) {
    report(platform, r#"{"id":"after"}"#);
    assert!(platform.task("after").unwrap().is_some());
    assert_eq!(get(platform, "/").status, 200);
}

/// Whatever bytes; the answer, or nothing if the connection was closed.
fn raw(platform: &LocalPlatform, bytes: &[u8]) -> String {
    let mut connection = TcpStream::connect(platform.address()).unwrap();
    // The server may have closed before it read all of it.
    let _ = connection.write_all(bytes);
    let _ = connection.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[test]
fn bodies_that_are_no_objects() {
    let platform = platform();
    report(&platform, r#"{"id":"t"}"#);
    let headers = [("host", "localhost"), ("x-api-key", "k")];
    for (method, path) in TAKERS {
        for body in [
            "",
            " ",
            "{",
            "null",
            "7",
            "\"text\"",
            "{}{}",
            "{'id':1}",
            "[1",
            "\u{feff}{}",
            "{\"a\":1,}",
        ] {
            let answer = send(
                &platform,
                &format!("{method} {path}"),
                &headers,
                body.as_bytes(),
            );
            let detail = answer.detail(422);
            assert_eq!(detail[0]["loc"][0], "body", "{method} {path} {body:?}");
        }
        for body in [
            &b"\xff\xfe{}"[..],
            b"{\"id\":\"\xc3\"}",
            b"\x00\x01\x02",
            b"\x80",
        ] {
            let answer = send(&platform, &format!("{method} {path}"), &headers, body);
            assert!(
                [400, 422].contains(&answer.status),
                "{method} {path} {body:?}"
            );
            assert!(answer.json()["detail"].is_string() || answer.json()["detail"].is_array());
        }
    }
    assert_eq!(platform.tasks().unwrap().len(), 1);
    works(&platform);
}

#[test]
fn fields_of_every_wrong_type() {
    let platform = platform();
    report(&platform, r#"{"id":"t"}"#);
    let wrong = [
        "7",
        "true",
        "[]",
        "{}",
        "[[]]",
        "\"\"",
        "1e999",
        "-0",
        "[null]",
        "{\"text\":7}",
    ];
    for (method, path) in TAKERS {
        for field in [
            "id",
            "input",
            "tokens",
            "is_success",
            "result",
            "duration",
            "used_tools",
            "status",
            "source",
            "title",
            "internal_status",
            "execution_id",
            "llm_tokens",
            "api_calls_made",
            "task",
            "llm_response",
            "mcp_servers",
        ] {
            for value in wrong {
                let body = format!(r#"{{"execution_id":"x","{field}":{value}}}"#);
                let line = format!("{method} {path}");
                let answer = send(
                    &platform,
                    &line,
                    &[("host", "localhost"), ("x-api-key", "k")],
                    body.as_bytes(),
                );
                assert!(
                    [200, 422].contains(&answer.status),
                    "{line} {body}: {}",
                    answer.body
                );
                assert_eq!(answer.header("content-type"), Some("application/json"));
            }
        }
    }
    for page in ["/", "/tasks/t", "/?status=pending"] {
        assert_eq!(get(&platform, page).status, 200, "{page}");
    }
    works(&platform);
}

#[test]
fn deep_bodies() {
    let platform = platform();
    let depth = 200_000;
    let deep = |open: &str, close: &str| format!("{}7{}", open.repeat(depth), close.repeat(depth));
    for value in [deep("[", "]"), deep("{\"a\":", "}")] {
        assert_eq!(
            post(
                &platform,
                REPORT,
                &format!(r#"{{"id":"t","llm_response":{value}}}"#)
            )
            .status,
            200
        );
        assert_eq!(
            platform.task("t").unwrap().unwrap().llm_response,
            Some(value.clone())
        );
        assert_eq!(get(&platform, "/tasks/t").status, 200);
        post(&platform, REPORT, &format!(r#"{{"input":{value}}}"#)).detail(422);
        let counts = format!(r#"{{"tokens":{{"prompt_tokens":{value}}}}}"#);
        post(&platform, REPORT, &counts).detail(422);
        // As a detail that is given back.
        let kept = patch(
            &platform,
            "/agent-execution/t/update",
            &format!(r#"{{"payload_extension":{value}}}"#),
        );
        assert_eq!(kept.status, 200);
        assert!(kept.body.contains(&value));
        assert_eq!(get(&platform, "/agent-execution/t/status").body, kept.body);
    }
    works(&platform);
}

#[test]
fn bodies_over_the_limit_get_a_json_413_on_every_route() {
    let platform = platform();
    report(&platform, r#"{"id":"t"}"#);
    let big = format!(r#"{{"input":"{}"}}"#, "x".repeat(33 * 1024 * 1024));
    for (method, path) in TAKERS {
        let line = format!("{method} {path}");
        let answer = send(
            &platform,
            &line,
            &[("host", "localhost"), ("x-api-key", "k")],
            big.as_bytes(),
        );
        let detail = answer.detail(413);
        assert!(
            detail.as_str().unwrap().contains("33554432"),
            "{line}: {detail}"
        );
    }
    works(&platform);
}

#[test]
fn many_small_things() {
    let platform = platform();
    let tools: Vec<String> = (0..50_000).map(|number| format!("tool {number}")).collect();
    report(
        &platform,
        &json!({"id": "t", "used_tools": tools}).to_string(),
    );
    assert_eq!(
        platform.task("t").unwrap().unwrap().used_tools.len(),
        50_000
    );
    let fields: String = (0..50_000)
        .map(|number| format!(r#","f{number}":{number}"#))
        .collect();
    let body = format!(r#"{{"status":"paused"{fields}}}"#);
    assert_eq!(
        patch(&platform, "/agent-execution/t/update", &body).status,
        200
    );
    let same = format!(r#"{{"id":"t"{}}}"#, r#","result":"x""#.repeat(50_000));
    report(&platform, &same);
    for page in ["/", "/tasks/t", "/?tool=tool%207"] {
        assert_eq!(get(&platform, page).status, 200, "{page}");
    }
    assert!(platform.delete_task("t").unwrap());
    works(&platform);
}

#[test]
fn ids_and_agents_of_every_kind() {
    let platform = platform();
    for id in [
        ".",
        "..",
        "...",
        "/",
        "//",
        "../../etc/passwd",
        "a/../b",
        "%",
        "%00",
        "%2e%2e%2f",
        "\\",
        "?",
        "#",
        "a?b#c",
        "agents",
        "list",
        "report_task",
        "status",
        "executions",
        "history",
        "tasks",
        "local",
        "~",
        "~.",
        " ",
        "\t",
        "\u{0}",
        "\n",
        "\u{202e}txt.exe",
        "'; DROP TABLE tasks; --",
        "\" OR 1=1",
        "NULL",
        "$(id)",
        "タスク",
        "👩‍👩‍👧",
        "<script>alert(1)</script>",
        "-",
        "--",
        "*",
        "id\u{0}hidden",
    ] {
        let task = report(
            &platform,
            &json!({"id": id, "input": format!("of {id}")}).to_string(),
        );
        assert_eq!(task["id"], *id);
        let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/agent-execution/{encoded}/status");
        assert_eq!(get(&platform, &path).json(), task, "{id:?}");
        let url = platform.task_url(id);
        let page = get(&platform, url.strip_prefix(&platform.url()).unwrap());
        assert_eq!(page.status, 200, "{id:?}: {url}");

        let as_agent = post(
            &platform,
            &format!("/agent-execution/{encoded}/report_task"),
            "{}",
        );
        assert_eq!(as_agent.json()["agent_id"], *id);
        assert_eq!(
            get(&platform, &format!("/agents/{encoded}")).json()["id"],
            *id
        );
        let history = get(
            &platform,
            &format!("/agent-execution/executions/history/{encoded}"),
        );
        assert_eq!(history.json().as_array().unwrap().len(), 1, "{id:?}");
    }
    works(&platform);
}

#[test]
fn path_tricks_reach_nothing_else() {
    let platform = platform();
    report(&platform, r#"{"id":"t","result":"secret"}"#);
    for path in [
        "/../../etc/passwd",
        "/assets/../../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/style.css",
        "/assets//style.css/",
        "/tasks/t/../../t/result/x",
        "/tasks/t%2fresult",
        "/tasks/t/result%00",
        "/agent-execution/t/status/",
        "/agent-execution//status",
        "/./agents/a/b",
        "/%61gents/list",
    ] {
        let answer = get(&platform, path);
        assert!(
            [400, 401, 404, 405].contains(&answer.status) || path.ends_with("status/"),
            "{path}: {}",
            answer.status
        );
        assert!(!(300..400).contains(&answer.status), "{path} is redirected");
        if !path.contains("status") {
            assert!(!answer.body.contains("secret"), "{path}");
        }
    }
    works(&platform);
}

#[test]
fn requests_that_are_no_http() {
    let platform = platform();
    let many = format!(
        "GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n",
        "x: y\r\n".repeat(5000)
    );
    let long = format!(
        "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "a".repeat(1_000_000)
    );
    let both = "POST /agent-execution/a/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\n\
                content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{}";
    let two = "POST /agent-execution/a/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\n\
               content-length: 2\r\ncontent-length: 3\r\n\r\n{} ";
    let chunks = "POST /agent-execution/a/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\n\
                  transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{}";
    for request in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"\x00\x00\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nhost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n host: localhost\r\n\r\n",
        b"GET http://localhost:99999/ HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n",
        many.as_bytes(),
        long.as_bytes(),
        both.as_bytes(),
        two.as_bytes(),
        chunks.as_bytes(),
    ] {
        let answer = raw(&platform, request);
        assert!(
            !answer.starts_with("HTTP/1.1 2"),
            "{:?}: {answer}",
            &request[..request.len().min(40)]
        );
    }
    assert_eq!(platform.tasks().unwrap(), []);
    works(&platform);
}

#[test]
fn connections_that_do_nothing_keep_nobody_out() {
    let platform = platform();
    let silent: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut connection = TcpStream::connect(platform.address()).unwrap();
            connection
                .write_all(b"POST /agent-execution/a/report_task HTTP/1.1\r\nhost: loc")
                .unwrap();
            connection
        })
        .collect();
    works(&platform);
    drop(silent);
    let mut half = TcpStream::connect(platform.address()).unwrap();
    half.write_all(b"POST /agent-execution/a/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\ncontent-length: 99\r\n\r\n{")
        .unwrap();
    half.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(receive(half).status, 400);
    works(&platform);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text in any field is stored as it is, found again, and shown only as text.
    #[test]
    fn any_text_is_only_text(text in ".{0,80}", tool in "\\PC{1,30}") {
        let platform = platform();
        let hostile = format!("{text}<script>{tool}</script>\"'`");
        let body = json!({"id": "t", "input": hostile, "result": hostile, "is_success": false,
                          "used_tools": [hostile], "llm_response": {(hostile.clone()): hostile}});
        report(&platform, &body.to_string());
        let task = platform.task("t").unwrap().unwrap();
        prop_assert_eq!(task.input.as_deref(), Some(hostile.as_str()));
        prop_assert_eq!(task.used_tools, std::slice::from_ref(&hostile));
        for path in ["/", "/tasks/t"] {
            let page = get(&platform, path);
            prop_assert_eq!(page.status, 200);
            // The one script of all pages.
            let html = page.body.replacen("<script src=\"/assets/pages.js\" defer></script>", "", 1);
            prop_assert!(!html.contains("<script"), "{html}");
        }
    }

    /// Any bytes as a body get a JSON answer.
    #[test]
    fn any_body_gets_an_answer(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let platform = platform();
        let answer = send(&platform, &format!("POST {REPORT}"), &[("host", "localhost"), ("x-api-key", "k")], &body);
        prop_assert!([200, 400, 422].contains(&answer.status), "{}", answer.status);
        answer.json();
    }

    /// Any query, in any parameter, is answered or refused by name, and never breaks the platform.
    #[test]
    fn any_query_is_answered_or_refused(
        name in prop::sample::select(vec![
            "page", "per_page", "status", "user_id", "internal_status", "agent_id", "from_date", "to_date", "q", "last",
            "from", "to", "tool", "agent", "organization", "older", "newer",
        ]),
        value in prop_oneof![".{0,40}", "-?[0-9]{0,25}", "[\"*^():+AND OR NOT NEAR]{0,20}", "[0-9]{1,9}[mhdsy]", "[0-9T:Z+-]{4,25}"],
    ) {
        let platform = platform();
        report(&platform, r#"{"id":"t","input":"some words"}"#);
        let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in ["/", "/v1/tasks", "/agent-execution/executions/history/a", "/agent-execution/executions/history/user/u"] {
            let answer = get(&platform, &format!("{path}?{name}={value}"));
            prop_assert!([200, 422].contains(&answer.status), "{path}?{name}={value}: {} {}", answer.status, answer.body);
            if answer.status == 422 && path != "/" {
                prop_assert_eq!(&answer.json()["detail"][0]["loc"], &json!(["query", name]));
            }
        }
    }
}
