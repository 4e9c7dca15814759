//! Malformed and hostile requests. Every server of the platform's API gives a clear answer or closes the connection,
//! and keeps working.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};

use fastrand::Rng;
use serde_json::json;

use crate::raw::{Answer, raw, receive, send};

/// The path that accepts a report.
pub const REPORT: &str = "/agent-execution/a/report_task";

const HEADERS: [(&str, &str); 2] = [("host", "localhost"), ("x-api-key", "k")];

/// A server under test.
pub trait Target {
    fn address(&self) -> SocketAddr;

    /// The method and the path of each call with a body. The task `t` exists when they are made.
    fn takers(&self) -> Vec<(&'static str, &'static str)>;

    /// Agent ids that it refuses.
    fn refused_agents(&self) -> &[&'static str];

    /// Whether a report of this task was accepted.
    fn has(&self, id: &str) -> bool;

    /// How many tasks there are.
    fn tasks(&self) -> usize;

    /// Checks that everything else still works.
    fn works(&self) {}
}

/// Runs every check of this module as a separate test with a new server.
#[macro_export]
macro_rules! hostile_tests {
    ($target:expr) => {
        $crate::hostile_tests! { @each $target;
            bodies_that_are_no_objects fields_of_every_wrong_type deep_responses
            bodies_over_the_limit_get_a_json_413 many_small_things ids_and_agents_of_every_kind
            path_tricks_reach_nothing requests_that_are_no_http
            connections_that_do_nothing_keep_nobody_out any_body_gets_an_answer
        }
    };
    (@each $target:expr; $($check:ident)*) => {
        $(#[test]
        fn $check() {
            $crate::hostile::$check(&$target);
        })*
    };
}

#[track_caller]
fn call(target: &impl Target, method: &str, path: &str, body: &[u8]) -> Answer {
    send(
        target.address(),
        &format!("{method} {path}"),
        &HEADERS,
        body,
    )
}

#[track_caller]
fn report(target: &impl Target, body: &str) -> serde_json::Value {
    let answer = call(target, "POST", REPORT, body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[track_caller]
fn works(target: &impl Target) {
    report(target, r#"{"id":"after"}"#);
    assert!(target.has("after"));
    target.works();
}

pub fn bodies_that_are_no_objects(target: &impl Target) {
    report(target, r#"{"id":"t"}"#);
    for (method, path) in target.takers() {
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
            let answer = call(target, method, path, body.as_bytes());
            let detail = answer.detail(422);
            assert_eq!(detail[0]["loc"][0], "body", "{method} {path} {body:?}");
        }
        for body in [
            &b"\xff\xfe{}"[..],
            b"{\"id\":\"\xc3\"}",
            b"\x00\x01\x02",
            b"\x80",
        ] {
            let answer = call(target, method, path, body);
            let is_refused = [400, 422].contains(&answer.status);
            assert!(is_refused, "{method} {path} {body:?}");
            let detail = &answer.json()["detail"];
            assert!(detail.is_string() || detail.is_array());
        }
    }
    assert_eq!(target.tasks(), 1);
    works(target);
}

pub fn fields_of_every_wrong_type(target: &impl Target) {
    report(target, r#"{"id":"t"}"#);
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
    for (method, path) in target.takers() {
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
                let answer = call(target, method, path, body.as_bytes());
                let is_answered = [200, 422].contains(&answer.status);
                assert!(is_answered, "{method} {path} {body}: {}", answer.body);
                assert_eq!(answer.header("content-type"), Some("application/json"));
            }
        }
    }
    works(target);
}

pub fn deep_responses(target: &impl Target) {
    let depth = 200_000;
    let deep = |open: &str, close: &str| format!("{}7{}", open.repeat(depth), close.repeat(depth));
    for (number, value) in [deep("[", "]"), deep("{\"a\":", "}")].iter().enumerate() {
        report(
            target,
            &format!(r#"{{"id":"t-{number}","llm_response":{value}}}"#),
        );
        let refused = format!(r#"{{"input":{value}}}"#);
        call(target, "POST", REPORT, refused.as_bytes()).detail(422);
        let counts = format!(r#"{{"tokens":{{"prompt_tokens":{value}}}}}"#);
        call(target, "POST", REPORT, counts.as_bytes()).detail(422);
        assert!(target.has(&format!("t-{number}")));
    }
    works(target);
}

pub fn bodies_over_the_limit_get_a_json_413(target: &impl Target) {
    report(target, r#"{"id":"t"}"#);
    let big = format!(r#"{{"input":"{}"}}"#, "x".repeat(33 * 1024 * 1024));
    for (method, path) in target.takers() {
        let answer = call(target, method, path, big.as_bytes());
        answer.says(413, "33554432");
    }
    works(target);
}

pub fn many_small_things(target: &impl Target) {
    let tools: Vec<String> = (0..50_000).map(|number| format!("tool {number}")).collect();
    report(target, &json!({"id": "t", "used_tools": tools}).to_string());
    let fields: String = (0..50_000)
        .map(|number| format!(r#","f{number}":{number}"#))
        .collect();
    report(target, &format!(r#"{{"id":"t"{fields}}}"#));
    report(
        target,
        &format!(r#"{{"id":"t"{}}}"#, r#","result":"x""#.repeat(50_000)),
    );
    assert!(target.has("t"));
    works(target);
}

/// Ids with characters that are special in a path, a query, a page, a shell or a database.
pub const IDS: &[&str] = &[
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
    "xpander-relay",
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
];

pub fn ids_and_agents_of_every_kind(target: &impl Target) {
    for id in IDS {
        let task = report(
            target,
            &json!({"id": id, "input": format!("of {id}")}).to_string(),
        );
        assert_eq!(task["id"], *id);
        assert!(target.has(id), "{id:?}");
        let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/agent-execution/{encoded}/report_task");
        let answer = call(target, "POST", &path, b"{}");
        if target.refused_agents().contains(id) {
            answer.detail(400);
        } else {
            assert_eq!(answer.json()["agent_id"], *id);
        }
    }
    works(target);
}

pub fn path_tricks_reach_nothing(target: &impl Target) {
    report(target, r#"{"id":"t","result":"secret"}"#);
    for path in [
        "/../../etc/passwd",
        "/assets/../../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/style.css",
        "/tasks/t/../../t/result/x",
        "/tasks/t%2fresult",
        "/tasks/t/result%00",
        "/agent-execution//status",
        "/./agents/a/b",
        "/%61gents/list",
        "/xpander-relay/../agents/a/b",
        "/xpander-relay%2fdead-letters",
    ] {
        let answer = call(target, "GET", path, b"");
        let is_refused = [400, 401, 404, 405].contains(&answer.status);
        assert!(is_refused, "{path}: {}", answer.status);
        assert!(!answer.body.contains("secret"), "{path}");
    }
    works(target);
}

pub fn requests_that_are_no_http(target: &impl Target) {
    let many = format!(
        "GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n",
        "x: y\r\n".repeat(5000)
    );
    let long = format!(
        "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "a".repeat(1_000_000)
    );
    let start =
        "POST /agent-execution/a/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\n";
    let both =
        format!("{start}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{{}}");
    let two = format!("{start}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}} ");
    let chunks = format!("{start}transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{{}}");
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
        let answer = raw(target.address(), request);
        let shown = String::from_utf8_lossy(&request[..request.len().min(40)]);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{shown:?}: {answer}");
    }
    assert_eq!(target.tasks(), 0);
    works(target);
}

pub fn connections_that_do_nothing_keep_nobody_out(target: &impl Target) {
    let connect = || TcpStream::connect(target.address()).expect("a server");
    let silent: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut connection = connect();
            let start = b"POST /agent-execution/a/report_task HTTP/1.1\r\nhost: loc";
            connection.write_all(start).expect("a server");
            connection
        })
        .collect();
    works(target);
    drop(silent);
    let mut half = connect();
    let start = "POST /agent-execution/a/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\ncontent-length: 99\r\n\r\n{";
    half.write_all(start.as_bytes()).expect("a server");
    half.shutdown(Shutdown::Write).expect("a server");
    assert_eq!(receive(half).expect("an answer").status, 400);
    works(target);
}

pub fn any_body_gets_an_answer(target: &impl Target) {
    let seed = fastrand::u64(..);
    println!("SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    for _ in 0..100 {
        let mut body = vec![0; rng.usize(..200)];
        rng.fill(&mut body);
        let answer = call(target, "POST", REPORT, &body);
        assert!(
            [200, 400, 422].contains(&answer.status),
            "{}",
            answer.status
        );
        answer.json();
    }
    works(target);
}
