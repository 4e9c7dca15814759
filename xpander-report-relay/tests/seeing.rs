//! The status of a relay, and the commands that manage its waiting reports.

use std::fs;

use crate::support::{Relayed, ask, get, post, post_as, start, waiting};
use serde_json::json;
use tempfile::TempDir;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, away, back, config, until};

#[test]
fn healthz_is_about_the_process_and_readyz_about_accepting_reports() {
    let (url, _) = away();
    let dir = TempDir::new().unwrap();
    let relay = start(config(url), dir.path(), |builder| builder);
    assert_eq!(get(&relay, "/healthz").json(), json!({"status": "ok"}));
    // A platform that is away keeps nobody from reporting.
    assert_eq!(get(&relay, "/readyz").json(), json!({"status": "ready"}));
}

#[test]
fn the_status_says_what_became_of_reports() {
    let server = Server::start(|_, request| match request.line.contains("/odd/") {
        true => Answer::json(422, r#"{"detail":"odd"}"#),
        false => Answer::task(),
    });
    let dir = TempDir::new().unwrap();
    let relay = start(config(server.url()), dir.path(), |builder| builder);
    post(&relay, r#"{"id":"good"}"#);
    post_as(
        &relay,
        "any",
        "/agent-execution/odd/report_task",
        r#"{"id":"odd"}"#,
    );
    post(&relay, "no JSON");
    let big = format!(r#"{{"input":"{}"}}"#, "x".repeat(33 << 20));
    post(&relay, &big);
    assert!(relay.drain(LONG));
    let status = get(&relay, "/xpander-relay").json();
    assert_eq!(status["relay"], relay.name());
    assert_eq!(status["forwards_to"], server.url());
    assert_eq!(status["accepted"], 2);
    assert_eq!(status["delivered"], 1);
    assert_eq!(status["dead_lettered"], 1);
    assert_eq!(status["dead_letters"], 1);
    assert_eq!(status["waiting"], 0);
    assert_eq!(status["refused"]["invalid"], 1);
    assert_eq!(status["refused"]["too_large"], 1);
    assert_eq!(status["requests"], 2);
    assert_eq!(status["is_platform_away"], false);
}

#[test]
fn the_status_says_that_the_platform_is_away_and_how_far_behind_that_is() {
    let (url, port) = away();
    let dir = TempDir::new().unwrap();
    let relay = start(config(url), dir.path(), |builder| builder);
    for number in 0..10 {
        post(&relay, &format!(r#"{{"id":"t-{number}"}}"#));
    }
    until(|| get(&relay, "/xpander-relay").json()["is_platform_away"] == true);
    let status = get(&relay, "/xpander-relay").json();
    assert_eq!(status["waiting"], 10);
    assert!(status["oldest_seconds"].as_f64().unwrap() > 0.0);
    assert!(status["last_error"].as_str().unwrap().contains("127.0.0.1"));
    let _platform = back(port);
    until(|| get(&relay, "/xpander-relay").json()["is_platform_away"] == false);
}

#[test]
fn metrics_say_the_same_as_the_status() {
    let relayed = Relayed::start();
    relayed.post(r#"{"id":"t"}"#);
    relayed.post("no JSON");
    relayed.drain();
    let answer = get(&relayed.relay, "/metrics");
    let expected = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(answer.header("content-type"), Some(expected));
    for line in [
        "xpander_relay_accepted_total 1",
        "xpander_relay_delivered_total 1",
        "xpander_relay_refused_total{reason=\"invalid\"} 1",
        "xpander_relay_waiting 0",
        "xpander_relay_forwarding 1",
        "xpander_relay_platform_breaker_open 0",
        "xpander_relay_request_duration_seconds_count 1",
        "xpander_relay_request_duration_seconds_bucket{le=\"+Inf\"} 1",
    ] {
        assert!(
            answer.body.lines().any(|it| it == line),
            "{line} is not in\n{}",
            answer.body
        );
    }
}

#[test]
fn what_the_platform_refused_can_be_seen_sent_again_and_deleted() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    let is_mended = Arc::new(AtomicBool::new(false));
    let mended = Arc::clone(&is_mended);
    let server = Server::start(move |_, _| match mended.load(Ordering::Relaxed) {
        true => Answer::task(),
        false => Answer::json(404, r#"{"detail":"no such agent"}"#),
    });
    let dir = TempDir::new().unwrap();
    let relay = start(config(server.url()), dir.path(), |builder| builder);
    for id in ["one", "two", "three"] {
        post(
            &relay,
            &format!(r#"{{"id":"{id}","input":"secret of {id}"}}"#),
        );
    }
    assert!(relay.drain(LONG));
    const LETTERS: &str = "/xpander-relay/dead-letters";
    let ids = || {
        let letters = get(&relay, LETTERS).json();
        let ids = letters.as_array().unwrap().iter();
        let mut ids: Vec<_> = ids
            .map(|it| it["task_id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(), ["one", "three", "two"]);
    let letter = &get(&relay, LETTERS).json()[0];
    assert_eq!(letter["agent_id"], "agent-1");
    assert!(letter["reason"].as_str().unwrap().contains("no such agent"));
    assert!(
        !letter.to_string().contains("secret"),
        "no content is shown"
    );

    let deleted = ask(&relay, "any", &format!("DELETE {LETTERS}/three"), "");
    assert_eq!(deleted.json(), json!({"deleted": 1}));
    assert_eq!(ids(), ["one", "two"]);
    is_mended.store(true, Ordering::Relaxed);
    let retried = ask(&relay, "any", &format!("POST {LETTERS}/one"), "");
    assert_eq!(retried.json(), json!({"retried": 1}));
    assert!(relay.drain(LONG));
    assert_eq!(ids(), ["two"]);
    let again = server.requests().pop().unwrap();
    assert!(again.body.contains("secret of one"));
    let retried = ask(&relay, "any", &format!("POST {LETTERS}"), "");
    assert_eq!(retried.json(), json!({"retried": 1}));
    assert!(relay.drain(LONG));
    let deleted = ask(&relay, "any", &format!("DELETE {LETTERS}"), "");
    assert_eq!(deleted.json(), json!({"deleted": 0}));
}

/// All bytes of all files below a folder.
fn bytes_below(dir: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => bytes.extend(bytes_below(&path)),
            false => bytes.extend(fs::read(path).unwrap_or_default()),
        }
    }
    bytes
}

#[test]
fn the_data_of_a_task_can_be_deleted_before_it_is_delivered() {
    let (url, port) = away();
    let dir = TempDir::new().unwrap();
    let relay = start(config(url), dir.path(), |builder| builder);
    for number in 0..3 {
        post(&relay, &format!(r#"{{"id":"kept-{number}"}}"#));
        post(&relay, r#"{"id":"person","input":"a private matter"}"#);
    }
    // What is in flight just now would be waited for.
    let purged = ask(&relay, "any", "DELETE /xpander-relay/tasks/person", "");
    let expected = json!({"waiting": 3, "dead_letters": 0, "is_in_flight": false});
    assert_eq!(purged.json(), expected);
    let has_left = |word: &[u8]| {
        let bytes = bytes_below(dir.path());
        !bytes.windows(word.len()).any(|window| window == word)
    };
    until(|| has_left(b"a private matter"));
    let mut left = waiting(dir.path());
    left.sort_unstable();
    assert_eq!(left, ["kept-0", "kept-1", "kept-2"]);
    // Later reports of it are other data.
    post(&relay, r#"{"id":"person","result":"new"}"#);
    let platform = back(port);
    assert!(relay.drain(LONG));
    assert_eq!(platform.tasks().unwrap().len(), 4);
    let person = platform.task("person").unwrap().unwrap();
    assert_eq!(
        (person.input, person.result.as_deref()),
        (None, Some("new"))
    );
    let stats = relay.stats();
    // Reports that waited together were merged.
    assert_eq!(stats.dropped.purged + stats.merged, 3);
    assert!(stats.dropped.purged >= 1);
    assert_eq!(stats.accepted, 7);
}

#[test]
fn the_data_of_a_task_is_deleted_from_the_dead_letters_too() {
    let server = Server::always(Answer::json(422, r#"{"detail":"odd"}"#));
    let dir = TempDir::new().unwrap();
    let relay = start(config(server.url()), dir.path(), |builder| builder);
    post(&relay, r#"{"id":"person","input":"a private matter"}"#);
    post(&relay, r#"{"id":"other","input":"another matter"}"#);
    assert!(relay.drain(LONG));
    let purged = ask(&relay, "any", "DELETE /xpander-relay/tasks/person", "");
    assert_eq!(purged.json()["dead_letters"], 1);
    let letters = get(&relay, "/xpander-relay/dead-letters").json();
    assert_eq!(letters.as_array().unwrap().len(), 1);
    assert_eq!(letters[0]["task_id"], "other");
}
