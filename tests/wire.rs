//! The requests are the same as those of the platform's own SDK.

use std::time::Duration;

use serde_json::json;
use serde_json::value::RawValue;
use xpander_report::{Agent, Client, TaskReport, Tokens};
use xpander_report_tests::config;
use xpander_report_tests::json::normalised;
use xpander_report_tests::server::{Answer, Request, Server};

fn sent(report: &TaskReport) -> Request {
    let server = Server::always(Answer::task());
    let client = Client::new(config(server.url()).build().unwrap());
    client.report_external_task_blocking(report).unwrap();
    server.requests().remove(0)
}

fn assert_body(report: &TaskReport, golden: &str) {
    assert_eq!(normalised(&sent(report).body), normalised(golden));
}

#[test]
fn all_parameters() {
    let report = TaskReport::new()
        .id("ext-job-1")
        .input("Summarize Q4 earnings")
        .llm_response(
            RawValue::from_string(
                r#"{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant"}}]}"#
                    .into(),
            )
            .unwrap(),
        )
        .tokens(Tokens::new(2140, 380))
        .is_success(true)
        .result("Q4 revenue grew 22% YoY")
        .duration(Duration::from_millis(4700))
        .used_tools(["web_search", "fetch_pdf"]);
    assert_body(
        &report,
        r#"{"id":"ext-job-1","input":"Summarize Q4 earnings","llm_response":{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant"}}]},"tokens":{"completion_tokens":380,"prompt_tokens":2140,"cache_read_tokens":0,"cache_write_tokens":0,"total_tokens":2520},"is_success":true,"result":"Q4 revenue grew 22% YoY","duration":4.7,"used_tools":["web_search","fetch_pdf"]}"#,
    );
}

#[test]
fn only_the_agent_id() {
    assert_body(
        &TaskReport::new().agent_id("agent-123"),
        r#"{"id":null,"input":null,"llm_response":null,"tokens":null,"is_success":true,"result":null,"duration":0.0,"used_tools":[]}"#,
    );
}

#[test]
fn a_failure() {
    let report = TaskReport::new()
        .id("ext-job-2")
        .input("x")
        .is_success(false)
        .result("Error: boom")
        .duration(Duration::from_millis(500));
    assert_body(
        &report,
        r#"{"id":"ext-job-2","input":"x","llm_response":null,"tokens":null,"is_success":false,"result":"Error: boom","duration":0.5,"used_tools":[]}"#,
    );
}

#[test]
fn cache_tokens_stand_apart_from_the_total() {
    let report = TaskReport::new().tokens(Tokens::new(10, 5).cache_read(900).cache_write(100));
    assert_body(
        &report,
        r#"{"id":null,"input":null,"llm_response":null,"tokens":{"completion_tokens":5,"prompt_tokens":10,"cache_read_tokens":900,"cache_write_tokens":100,"total_tokens":15},"is_success":true,"result":null,"duration":0.0,"used_tools":[]}"#,
    );
}

#[test]
fn token_counts_that_are_not_known_are_null() {
    let mut tokens = Tokens::default();
    tokens.completion_tokens = None;
    tokens.prompt_tokens = None;
    tokens.cache_read_tokens = None;
    tokens.cache_write_tokens = None;
    assert_body(
        &TaskReport::new().tokens(tokens),
        r#"{"id":null,"input":null,"llm_response":null,"tokens":{"completion_tokens":null,"prompt_tokens":null,"cache_read_tokens":null,"cache_write_tokens":null,"total_tokens":0},"is_success":true,"result":null,"duration":0.0,"used_tools":[]}"#,
    );
}

#[test]
fn a_nested_response_keeps_its_bytes() {
    let raw = r#"{"z":{"a":[1,{"b":null}]},"a":1180591620717411303424,"n":1.10}"#;
    let response = RawValue::from_string(raw.to_owned()).unwrap();
    let body = sent(&TaskReport::new().llm_response(response)).body;
    assert!(
        body.contains(&format!(r#""llm_response":{raw},"#)),
        "{body}"
    );
}

#[test]
fn scalar_and_list_responses() {
    for (response, golden) in [
        (json!("plain text"), r#""plain text""#),
        (json!([1, "a"]), r#"[1,"a"]"#),
        (json!(7), "7"),
        (json!(true), "true"),
    ] {
        assert_body(
            &TaskReport::new().llm_response(&response),
            &format!(
                r#"{{"id":null,"input":null,"llm_response":{golden},"tokens":null,"is_success":true,"result":null,"duration":0.0,"used_tools":[]}}"#
            ),
        );
    }
}

#[test]
fn numbers_that_json_cannot_hold_are_null() {
    #[derive(serde::Serialize)]
    struct Response {
        x: f64,
        y: f64,
    }
    let response = Response {
        x: f64::NAN,
        y: f64::INFINITY,
    };
    let body = sent(&TaskReport::new().llm_response(response)).body;
    assert!(
        body.contains(r#""llm_response":{"x":null,"y":null}"#),
        "{body}"
    );
}

#[test]
fn a_response_that_cannot_be_json_says_so() {
    let response = std::collections::HashMap::from([((1, 2), 3)]);
    let body = sent(&TaskReport::new().llm_response(response)).body;
    assert!(
        body.contains(r#""llm_response":"this value could not be written as JSON:"#),
        "{body}"
    );
}

#[test]
fn durations() {
    for (duration, golden) in [
        (Some(3.0), "3.0"),
        (Some(4.7), "4.7"),
        (Some(1e-7), "1e-07"),
        (Some(1e22), "1e+22"),
        (Some(0.1 + 0.2), "0.30000000000000004"),
        (Some(f64::NAN), "null"),
        (Some(f64::INFINITY), "null"),
        (Some(f64::NEG_INFINITY), "null"),
        (None, "0.0"),
    ] {
        let mut report = TaskReport::new();
        report.duration = duration;
        assert_body(
            &report,
            &format!(
                r#"{{"id":null,"input":null,"llm_response":null,"tokens":null,"is_success":true,"result":null,"duration":{golden},"used_tools":[]}}"#
            ),
        );
    }
}

#[test]
fn unicode_travels_raw_and_only_control_characters_are_escaped() {
    let report = TaskReport::new()
        .id("タスク-1")
        .input("héllo 世界 🚀 \u{0} \u{1b} \"q\" \\ / <b>")
        .result("👩‍👩‍👧 ñ");
    assert_body(
        &report,
        r#"{"id":"タスク-1","input":"héllo 世界 🚀 \u0000 \u001b \"q\" \\ / <b>","llm_response":null,"tokens":null,"is_success":true,"result":"👩‍👩‍👧 ñ","duration":0.0,"used_tools":[]}"#,
    );
}

#[test]
fn empty_texts_travel_as_they_are() {
    assert_body(
        &TaskReport::new().id("").input("").result(""),
        r#"{"id":"","input":"","llm_response":null,"tokens":null,"is_success":true,"result":"","duration":0.0,"used_tools":[]}"#,
    );
}

#[test]
fn the_request_names_the_agent_and_carries_the_key() {
    let request = sent(&TaskReport::new());
    assert_eq!(request.line, "POST /agent-execution/agent-123/report_task");
    assert_eq!(request.header("x-api-key"), Some("xp-test-key"));
    assert_eq!(request.header("content-type"), Some("application/json"));
}

#[test]
fn ids_are_encoded_in_paths() {
    let server = Server::always(Answer::task());
    let client = Client::new(config(server.url()).build().unwrap());
    client.task_blocking("a/b c?d#e%f ünï").unwrap();
    assert_eq!(
        server.requests()[0].line,
        "GET /agent-execution/a%2Fb%20c%3Fd%23e%25f%20%C3%BCn%C3%AF/status"
    );
}

#[test]
fn an_id_that_no_path_can_hold_is_refused_before_anything_is_sent() {
    let server = Server::always(Answer::task());
    let client = Client::new(config(server.url()).build().unwrap());
    for id in ["", ".", ".."] {
        let error = client.task_blocking(id).unwrap_err().to_string();
        assert!(error.contains("cannot be part of a URL"), "{error}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_loaded_agent_goes_before_an_id_and_an_id_before_the_configuration() {
    let agent: Agent = serde_json::from_str(r#"{"id":"loaded"}"#).unwrap();
    for (report, expected) in [
        (TaskReport::new().agent(&agent).agent_id("by-id"), "loaded"),
        (TaskReport::new().agent_id("by-id"), "by-id"),
        (TaskReport::new(), "agent-123"),
    ] {
        assert_eq!(
            sent(&report).line,
            format!("POST /agent-execution/{expected}/report_task")
        );
    }
}
