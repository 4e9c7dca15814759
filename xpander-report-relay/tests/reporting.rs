//! A relay behaves like the platform: the reports that it accepts, its answers, and what it delivers.

use crate::support::{HOST, KEY, REPORT, Relayed, ask, get, post_as, start};
use serde_json::json;
use tempfile::TempDir;
use xpander_report::{
    Client, Config, DeliveryOutcome, Reporter, TaskReport, TaskStatus, Tokens, external_task,
};
use xpander_report_relay::{Error, Relay};
use xpander_report_tests::raw::send;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, config};

#[test]
fn a_report_is_answered_with_the_task_that_it_makes() {
    let relayed = Relayed::start();
    let body = json!({
        "id": "order-17", "input": "in", "result": "out", "is_success": false, "duration": 4.5,
        "used_tools": ["a", "b"], "tokens": {"prompt_tokens": 5, "completion_tokens": 2},
    });
    let answer = relayed.post(&body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("x-xpander-relay"), Some(relayed.relay.name()));
    let task = answer.json();
    assert_eq!(task["id"], "order-17");
    assert_eq!(task["agent_id"], "agent-1");
    assert_eq!(task["status"], "failed");
    assert_eq!(task["input"]["text"], "in");
    assert_eq!(task["result"], "out");
    assert_eq!(task["tokens"]["total_tokens"], 7);
    assert_eq!(task["used_tools"], json!(["a", "b"]));
    assert_eq!(
        task["internal_status"],
        "accepted by a relay, which delivers it"
    );
    assert_eq!(task["relay"], relayed.relay.name());
    assert!(task["organization_id"].is_string() && task["created_at"].is_string());
    relayed.drain();
    let task = relayed.platform.task("order-17").unwrap().unwrap();
    assert_eq!(task.agent_id, "agent-1");
    assert_eq!(task.result.as_deref(), Some("out"));
    assert_eq!(task.duration, Some(4.5));
}

#[test]
fn a_report_without_an_id_gets_one() {
    let relayed = Relayed::start();
    let ids: Vec<_> = ["{}", r#"{"id":null}"#, r#"{"id":""}"#]
        .map(|body| relayed.post(body).json()["id"].as_str().unwrap().to_owned())
        .into();
    relayed.drain();
    for id in &ids {
        assert!(relayed.platform.task(id).unwrap().is_some(), "{id}");
    }
    assert_eq!(relayed.platform.tasks().unwrap().len(), ids.len());
}

#[test]
fn what_was_sent_arrives_as_it_was_sent() {
    let response = r#"{ "big" : 1180591620717411303424,"a":1.10,  "key":"sk-proj-0123456789abcdef0123456789abcdef" }"#;
    let input = format!("grüße \\u0001 password=hunter2 {}", "x".repeat(2 << 20));
    let body = format!(
        r#"{{"id":"t","input":"{input}","llm_response":{response},"tokens":{{"prompt_tokens":null,"completion_tokens":3}},"result":"","used_tools":["","b"],"duration":0.125,"is_success":true}}"#
    );
    let relayed = Relayed::start();
    assert_eq!(relayed.post(&body).status, 200);
    relayed.drain();
    let task = relayed.platform.task("t").unwrap().unwrap();
    let expected = input.replace("\\u0001", "\u{1}");
    assert!(task.input == Some(expected), "the input is another");
    assert_eq!(task.llm_response.as_deref(), Some(response));
    assert_eq!(task.result.as_deref(), Some(""));
    assert_eq!(task.used_tools, ["", "b"]);
    assert_eq!(task.duration, Some(0.125));
    let revision = &relayed.platform.revisions("t").unwrap()[0];
    assert!(
        revision.body.contains(r#""prompt_tokens":null"#),
        "null stays null"
    );
}

#[test]
fn both_forms_of_the_path_are_the_same() {
    let relayed = Relayed::with(|builder| builder.organization("org-1"));
    for (number, path) in [
        REPORT,
        "//agent-execution/agent-1/report_task",
        "/org-1/agent-execution/agent-1/report_task",
        "//org-1/agent-execution/agent-1/report_task",
        "/agent-controller/org-1/agent-execution/agent-1/report_task",
        "/agent-execution/agent%2D1/report_task",
    ]
    .iter()
    .enumerate()
    {
        let body = format!(r#"{{"id":"{number}"}}"#);
        let answer = post_as(&relayed.relay, "any", path, &body);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.json()["organization_id"], "org-1");
    }
    relayed.drain();
    assert_eq!(relayed.platform.tasks().unwrap().len(), 6);
}

#[test]
fn a_report_for_another_organization_is_refused() {
    let path = "/org-2/agent-execution/agent-1/report_task";
    let named = Relayed::with(|builder| builder.organization("org-1"));
    post_as(&named.relay, "any", path, "{}").says(403, "\"org-1\"");
    let unnamed = Relayed::start();
    post_as(&unnamed.relay, "any", path, "{}").says(403, "XPANDER_ORGANIZATION_ID");
    assert_eq!(
        named.relay.stats().accepted + unnamed.relay.stats().accepted,
        0
    );
}

#[test]
fn bad_input_is_refused_at_once() {
    let relayed = Relayed::start();
    let detail = relayed
        .post(r#"{"input":7,"duration":"x","used_tools":[1]}"#)
        .detail(422);
    let fields: Vec<_> = detail
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["loc"].clone())
        .collect();
    assert_eq!(
        fields,
        [
            json!(["body", "input"]),
            json!(["body", "duration"]),
            json!(["body", "used_tools", 0])
        ]
    );
    let nowhere = "/agent-execution/%2E%2E/report_task";
    post_as(&relayed.relay, "any", nowhere, "{}").says(400, "cannot be part of a URL");
    assert_eq!(relayed.relay.stats().accepted, 0);
}

#[test]
fn what_a_relay_does_not_have_is_said() {
    let relayed = Relayed::start();
    for line in [
        "GET /",
        "GET /agents/list",
        "GET /agents/list/x",
        "GET /agent-execution/t/status",
        "POST /agent-execution/agent-1",
        "GET /v1/tasks",
        "GET /tasks/t",
        "PATCH /agent-execution/t/update",
    ] {
        ask(&relayed.relay, "any", line, "{}").says(404, "This is a relay");
    }
    ask(&relayed.relay, "any", &format!("GET {REPORT}"), "").says(405, "does not support GET");
    let keyless = send(
        relayed.relay.address(),
        &format!("POST {REPORT}"),
        &[HOST],
        b"{}",
    );
    keyless.says(401, "x-api-key");
}

#[test]
fn the_newest_of_each_field_arrives() {
    let relayed = Relayed::start();
    relayed.post(r#"{"id":"t","input":"first","result":"running","is_success":false}"#);
    relayed.post(r#"{"id":"t","result":"done","duration":2.5}"#);
    relayed.drain();
    relayed.post(r#"{"id":"t","used_tools":["x"]}"#);
    relayed.drain();
    let task = relayed.platform.task("t").unwrap().unwrap();
    assert_eq!(task.input.as_deref(), Some("first"));
    assert_eq!(task.result.as_deref(), Some("done"));
    assert_eq!(task.used_tools, ["x"]);
    assert_eq!(task.status.as_str(), "completed");
}

/// Reports with this place in the order of a process.
fn post_at(relay: &Relay, place: &str, body: &str) {
    let headers = [HOST, KEY, ("x-xpander-sequence", place)];
    let line = format!("POST {REPORT}");
    let answer = send(relay.address(), &line, &headers, body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[test]
fn a_report_that_comes_late_undoes_nothing() {
    let relayed = Relayed::start();
    let late = r#"{"id":"t","input":"old","result":"running","is_success":false}"#;
    for is_delivered in [false, true] {
        let task = format!("t-{is_delivered}");
        post_at(
            &relayed.relay,
            "ab-7",
            &format!(r#"{{"id":"{task}","result":"done"}}"#),
        );
        if is_delivered {
            relayed.drain();
        }
        post_at(
            &relayed.relay,
            "ab-6",
            &late.replace("\"t\"", &format!("\"{task}\"")),
        );
        relayed.drain();
        let task = relayed.platform.task(&task).unwrap().unwrap();
        assert_eq!(task.result.as_deref(), Some("done"));
        assert_eq!(task.status.as_str(), "completed");
        assert_eq!(task.input.as_deref(), Some("old"), "nobody else says it");
    }
}

#[test]
fn without_a_place_or_from_another_process_the_order_is_that_of_the_answers() {
    let relayed = Relayed::start();
    for (task, place) in [("other", "cd-1"), ("odd", "what is this")] {
        post_at(
            &relayed.relay,
            "ab-7",
            &format!(r#"{{"id":"{task}","result":"first"}}"#),
        );
        post_at(
            &relayed.relay,
            place,
            &format!(r#"{{"id":"{task}","result":"second"}}"#),
        );
        relayed.drain();
        let task = relayed.platform.task(task).unwrap().unwrap();
        assert_eq!(task.result.as_deref(), Some("second"));
    }
}

#[test]
fn a_reporter_tells_its_place_to_a_relay_alone() {
    let server = Server::start(|number, _| match number {
        0 | 2 => Answer::task().header("x-xpander-relay", "some-relay"),
        _ => Answer::task(),
    });
    let reporter = Reporter::builder()
        .config(config(server.url()))
        .build()
        .unwrap();
    for number in 0..4 {
        let report = TaskReport::new().id(format!("t-{number}"));
        let outcome = reporter.deliver_blocking(report, LONG);
        assert!(matches!(outcome, DeliveryOutcome::Delivered(_)));
    }
    let places: Vec<_> = server
        .wait_for(4)
        .iter()
        .map(|request| request.header("x-xpander-sequence").map(str::to_owned))
        .collect();
    assert!(places[0].is_none() && places[2].is_none(), "{places:?}");
    let count = |place: &Option<String>| {
        let (process, count) = place.as_ref().unwrap().split_once('-').unwrap();
        u64::from_str_radix(process, 16).unwrap();
        u64::from_str_radix(count, 16).unwrap()
    };
    assert!(count(&places[1]) < count(&places[3]), "{places:?}");
}

#[external_task(reporter = reporter)]
fn greet(reporter: &Reporter, name: &str) -> String {
    let _ = reporter;
    format!("Hello, {name}")
}

#[test]
fn a_program_needs_the_address_and_a_token_only() {
    let relayed = Relayed::start();
    let builder = config(relayed.relay.url());
    let reporter = Reporter::builder().config(builder.clone()).build().unwrap();
    assert_eq!(greet(&reporter, "Ada"), "Hello, Ada");
    assert!(reporter.flush_blocking(LONG).is_complete());
    let client = Client::new(builder.build().unwrap());
    let report = TaskReport::new().id("direct").tokens(Tokens::new(3, 4));
    let task = client.report_external_task_blocking(&report).unwrap();
    assert_eq!(task.status, Some(TaskStatus::Completed));
    assert_eq!(task.tokens, Some(Tokens::new(3, 4)));
    relayed.drain();
    let tasks = relayed.platform.tasks().unwrap();
    assert_eq!(tasks.len(), 2);
    assert!(
        tasks
            .iter()
            .any(|task| task.result.as_deref() == Some("Hello, Ada"))
    );
}

#[test]
fn a_relay_that_meets_itself_says_so() {
    let dir = TempDir::new().unwrap();
    let server = Server::always(Answer::task());
    let relay = start(config(server.url()), dir.path(), |builder| builder);
    let headers = [HOST, KEY, ("x-xpander-relay", relay.name())];
    let answer = send(relay.address(), &format!("POST {REPORT}"), &headers, b"{}");
    answer.says(508, "forwards to itself");
    assert_eq!(relay.stats().accepted, 0);
    // The relay names itself to the platform.
    assert_eq!(crate::support::post(&relay, "{}").status, 200);
    let requests = server.wait_for(1);
    assert_eq!(requests[0].header("x-xpander-relay"), Some(relay.name()));
    // Another relay is no loop.
    let headers = [HOST, KEY, ("x-xpander-relay", "another")];
    let answer = send(relay.address(), &format!("POST {REPORT}"), &headers, b"{}");
    assert_eq!(answer.status, 200);
}

/// A server in front of the relay, as a load balancer is: the relay does not know that it leads back.
#[test]
fn a_relay_that_forwards_to_itself_keeps_what_it_has() {
    use std::sync::{Arc, OnceLock};

    let address = Arc::new(OnceLock::new());
    let known = Arc::clone(&address);
    let balancer = Server::start(move |_, request| {
        let (line, _) = request
            .line
            .rsplit_once(" HTTP/1.1")
            .unwrap_or((&request.line, ""));
        let name = request.header("x-xpander-relay").unwrap_or_default();
        let headers = [HOST, KEY, ("x-xpander-relay", name)];
        let answer = send(
            *known.get().unwrap(),
            line,
            &headers,
            request.body.as_bytes(),
        );
        Answer::json(answer.status, answer.body)
    });
    let dir = TempDir::new().unwrap();
    let relay = start(config(balancer.url()), dir.path(), |builder| builder);
    address.set(relay.address()).unwrap();
    assert_eq!(crate::support::post(&relay, r#"{"id":"t"}"#).status, 200);
    xpander_report_tests::until(|| {
        let error = relay.stats().last_error;
        error.is_some_and(|error| error.contains("forwards to itself"))
    });
    assert_eq!(
        relay.stats().accepted,
        1,
        "it is not accepted again and again"
    );
    drop(relay);
    assert_eq!(crate::support::waiting(dir.path()), ["t"]);
}

#[test]
fn a_relay_does_not_start_in_front_of_itself() {
    let dir = TempDir::new().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let upstream = Config::builder()
        .variables([("", "")])
        .base_url(format!("http://localhost:{port}"))
        .api_key("key");
    let error = Relay::builder(upstream, dir.path())
        .port(port)
        .start()
        .unwrap_err();
    assert!(matches!(error, Error::ForwardsToItself { .. }), "{error}");
}

#[test]
fn a_client_can_ask_whether_it_is_set_up() {
    let relayed = Relayed::start();
    let agent = get(&relayed.relay, "/agents/agent-1").json();
    assert_eq!(agent["id"], "agent-1");
    assert_eq!(agent["relay"], relayed.relay.name());
}
