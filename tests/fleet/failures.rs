//! What may be wrong with the servers, their streams and what lies there.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_nats::jetstream::stream::Config;
use futures_util::TryStreamExt;
use serde_json::json;
use tempfile::TempDir;
use xpander_report_relay::Nats;
use xpander_report_tests::server::{Answer, Server as Platform};
use xpander_report_tests::{away, back, platform, until};

use crate::nats::{Server, free_port, with_jetstream};
use crate::support::{
    Fleet, ask, dead_letters, get, is_put_off, post, post_for, start, start_with, status,
};

const STREAM: &str = "XPANDER_REPORTS";

#[test]
fn a_relay_that_finds_no_server_waits_for_one() {
    let dir = TempDir::new().unwrap();
    let platform = platform();
    let mut server = Server::new(&dir.path().join("nats"), free_port(), "");
    let relay = start(&platform.url(), &server).unwrap();
    is_put_off(&post(&relay, r#"{"id":"early"}"#), "cannot be used");
    is_put_off(&get(&relay, "/readyz"), "cannot be used");
    assert_eq!(get(&relay, "/healthz").status, 200);
    assert!(relay.problem().unwrap().contains("127.0.0.1"));
    server.restart();
    until(|| post(&relay, r#"{"id":"late"}"#).status == 200);
    until(|| platform.task("late").unwrap().is_some());
    assert_eq!(get(&relay, "/readyz").status, 200);
    assert_eq!(relay.problem(), None);
}

#[test]
fn a_server_that_goes_away_refuses_and_what_was_accepted_is_delivered() {
    let mut fleet = Fleet::start();
    assert_eq!(fleet.post(r#"{"id":"before"}"#).status, 200);
    fleet.server.kill();
    is_put_off(&fleet.post(r#"{"id":"meanwhile"}"#), "not accepted");
    fleet.server.restart();
    until(|| fleet.post(r#"{"id":"after"}"#).status == 200);
    for task in ["before", "after"] {
        until(|| fleet.platform.task(task).unwrap().is_some());
    }
}

#[test]
fn wrong_credentials_are_said_at_the_start() {
    let dir = TempDir::new().unwrap();
    let users = "authorization { user: relay, password: secret }";
    let server = Server::with(dir.path(), users);
    let error = start("http://127.0.0.1:9", &server)
        .unwrap_err()
        .to_string();
    assert!(error.contains("refuses the credentials"), "{error}");
    let wrong = server.url().replace("//", "//relay:wrong@");
    let error = start_with("http://127.0.0.1:9", Nats::new(wrong)).unwrap_err();
    let error = error.to_string();
    assert!(!error.contains("wrong@"), "{error}");
    let right = server.url().replace("//", "//relay:secret@");
    let relay = start_with("http://127.0.0.1:9", Nats::new(right)).unwrap();
    assert_eq!(post(&relay, r#"{"id":"t"}"#).status, 200);
    assert!(!relay.place().contains("secret"), "{}", relay.place());

    let file = dir.path().join("seed");
    fs::write(&file, "no seed\n").unwrap();
    let nats = Nats::new(server.url()).nkey(&file);
    let error = start_with("http://127.0.0.1:9", nats).unwrap_err();
    assert!(error.to_string().contains("begins with S"), "{error}");
}

#[test]
fn a_stream_with_another_configuration_is_not_used() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path());
    with_jetstream(&server.url(), async |jetstream| {
        let config = Config {
            name: STREAM.to_owned(),
            subjects: vec!["xpander.reports.>".to_owned()],
            ..Config::default()
        };
        jetstream.create_stream(config).await.unwrap();
    });
    let error = start("http://127.0.0.1:9", &server).unwrap_err();
    let error = error.to_string();
    for words in [
        STREAM,
        "another configuration",
        "retention",
        "nats stream edit",
    ] {
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn flags_that_differ_from_the_stream_are_said() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path());
    let upstream = "http://127.0.0.1:9";
    let first = start_with(upstream, Nats::new(server.url()).max_bytes(8 << 20)).unwrap();
    // Without the flag, the stream is taken as it is.
    drop(start(upstream, &server).unwrap());
    let error = start_with(upstream, Nats::new(server.url()).max_bytes(9 << 20)).unwrap_err();
    assert!(
        error.to_string().contains("but --max-bytes is 9437184"),
        "{error}"
    );
    let error = start_with(upstream, Nats::new(server.url()).replicas(3)).unwrap_err();
    assert!(error.to_string().contains("but --replicas is 3"), "{error}");
    drop(first);
}

#[test]
fn a_server_without_jetstream_is_said() {
    let dir = TempDir::new().unwrap();
    let mut server = Server::plain(dir.path(), free_port(), "");
    server.restart();
    let relay = start("http://127.0.0.1:9", &server).unwrap();
    is_put_off(&post(&relay, r#"{"id":"t"}"#), "--jetstream");
}

#[test]
fn a_message_that_is_no_report_becomes_a_dead_letter_with_the_reason() {
    let fleet = Fleet::start();
    with_jetstream(&fleet.server.url(), async |jetstream| {
        let publish = jetstream.publish("xpander.reports.0", "hello".into());
        publish.await.unwrap().await.unwrap();
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Xpander-Report", r#"{"agent":"agent-1","task":"odd"}"#);
        let publish =
            jetstream.publish_with_headers("xpander.reports.0", headers, r#"{"result":7}"#.into());
        publish.await.unwrap().await.unwrap();
    });
    assert_eq!(fleet.post(r#"{"id":"good"}"#).status, 200);
    until(|| dead_letters(&fleet.relay).len() == 2);
    let letters = json!(dead_letters(&fleet.relay)).to_string();
    assert!(
        letters.contains("header Xpander-Report is missing"),
        "{letters}"
    );
    assert!(letters.contains("it is not a report: "), "{letters}");
    until(|| fleet.platform.task("good").unwrap().is_some());
    fleet.drain();
    let deleted = ask(&fleet.relay, "DELETE /xpander-relay/dead-letters");
    assert_eq!(deleted.json()["deleted"], 2);
    assert!(dead_letters(&fleet.relay).is_empty());
}

#[test]
fn a_consumer_that_somebody_deleted_is_made_again() {
    let fleet = Fleet::start();
    assert_eq!(fleet.post(r#"{"id":"before"}"#).status, 200);
    until(|| fleet.platform.task("before").unwrap().is_some());
    with_jetstream(&fleet.server.url(), async |jetstream| {
        let stream = jetstream.get_stream(STREAM).await.unwrap();
        let names: Vec<String> = stream.consumer_names().try_collect().await.unwrap();
        assert_eq!(names.len(), 1, "{names:?}");
        stream.delete_consumer(&names[0]).await.unwrap();
    });
    assert_eq!(fleet.post(r#"{"id":"after"}"#).status, 200);
    until(|| fleet.platform.task("after").unwrap().is_some());
    fleet.drain();
}

#[test]
fn a_full_stream_refuses_and_takes_reports_again_when_there_is_room() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path());
    let (url, port) = away();
    let nats = Nats::new(server.url()).max_bytes(1 << 20);
    let relay = start_with(&url, nats).unwrap();
    let body = |number| format!(r#"{{"id":"t-{number}","input":"{}"}}"#, "x".repeat(100_000));
    let mut accepted = 0;
    let refusal = loop {
        let answer = post(&relay, &body(accepted));
        if answer.status != 200 {
            break answer;
        }
        accepted += 1;
    };
    assert!((5..11).contains(&accepted), "{accepted}");
    is_put_off(&refusal, "the stream is full");
    assert_eq!(status(&relay).waiting, accepted);
    let platform = back(port);
    until(|| post(&relay, &body(accepted)).status == 200);
    until(|| status(&relay).waiting == 0);
    assert_eq!(platform.tasks().unwrap().len() as u64, accepted + 1);
}

#[test]
fn a_body_above_max_payload_is_too_large() {
    let fleet = Fleet::start();
    let body = |bytes| format!(r#"{{"id":"large","input":"{}"}}"#, "x".repeat(bytes));
    let answer = fleet.post(&body(1 << 20));
    answer.says(413, "max_payload");
    assert_eq!(fleet.post(&body(1_000_000)).status, 200);
    until(|| fleet.platform.task("large").unwrap().is_some());
}

#[test]
fn what_waits_for_too_long_becomes_a_dead_letter() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path());
    let (url, port) = away();
    let relay = start(&url, &server).unwrap();
    until(|| status(&relay).is_forwarding);
    relay.stop();
    // It waits with nobody to deliver it.
    with_jetstream(&server.url(), async |jetstream| {
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Xpander-Report", r#"{"agent":"agent-1","task":"old"}"#);
        let publish = jetstream.publish_with_headers("xpander.reports.0", headers, "{}".into());
        publish.await.unwrap().await.unwrap();
    });
    let platform = back(port);
    let written = Instant::now();
    until(|| written.elapsed() > Duration::from_millis(2_100));
    let nats = Nats::new(server.url()).max_age(Duration::from_secs(1));
    let relay = start_with(&platform.url(), nats).unwrap();
    until(|| dead_letters(&relay).len() == 1);
    let letter = &dead_letters(&relay)[0];
    assert_eq!(letter["task_id"], "old");
    assert!(letter["reason"].to_string().contains("waited"), "{letter}");
    assert_eq!(status(&relay).dropped["expired"], 1);
    assert!(platform.tasks().unwrap().is_empty());
}

#[test]
fn what_the_platform_refused_can_be_seen_sent_again_and_deleted() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path());
    let is_good = Arc::new(AtomicBool::new(false));
    let good = Arc::clone(&is_good);
    let platform = Platform::start(move |_, _| match good.load(Ordering::SeqCst) {
        true => Answer::task(),
        false => Answer::json(422, r#"{"detail":"odd content"}"#),
    });
    let relay = start(&platform.url(), &server).unwrap();
    for task in ["one", "two", "three"] {
        let body = format!(r#"{{"id":"{task}","result":"r"}}"#);
        assert_eq!(post_for(&relay, "agent-7", &body).status, 200);
    }
    until(|| dead_letters(&relay).len() == 3);
    let letters = dead_letters(&relay);
    let letter = letters.iter().find(|letter| letter["task_id"] == "one");
    let letter = letter.unwrap();
    assert_eq!(letter["agent_id"], "agent-7");
    assert!(
        letter["reason"].to_string().contains("odd content"),
        "{letter}"
    );
    is_good.store(true, Ordering::SeqCst);
    let before = platform.requests().len();
    let retried = ask(&relay, "POST /xpander-relay/dead-letters/one");
    assert_eq!(retried.json()["retried"], 1);
    let again = platform.wait_for(before + 1).pop().unwrap();
    assert!(again.body.contains(r#""id":"one""#), "{again:?}");
    assert!(again.line.contains("/agent-7/"), "{again:?}");
    let purged = ask(&relay, "DELETE /xpander-relay/tasks/two");
    assert_eq!(purged.json()["dead_letters"], 1);
    until(|| dead_letters(&relay).len() == 1);
    assert_eq!(dead_letters(&relay)[0]["task_id"], "three");
}

#[test]
fn the_data_of_a_task_is_deleted_wherever_it_waits() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path());
    let (url, port) = away();
    let relay = start(&url, &server).unwrap();
    let other = start(&url, &server).unwrap();
    for id in ["keep", "personal", "personal"] {
        let body = format!(r#"{{"id":"{id}","result":"r"}}"#);
        assert_eq!(post(&relay, &body).status, 200);
    }
    until(|| status(&relay).is_forwarding || status(&other).is_forwarding);
    let purged = ask(&other, "DELETE /xpander-relay/tasks/personal");
    assert_eq!(purged.json()["is_in_flight"], false, "{purged:?}");
    until(|| status(&relay).waiting == 1);
    let platform = back(port);
    until(|| status(&relay).waiting == 0);
    assert!(platform.task("keep").unwrap().is_some());
    assert!(platform.task("personal").unwrap().is_none());
}
