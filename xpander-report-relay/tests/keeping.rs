//! A report is answered when it is durable, and not before.

use std::fs;

use crate::support::process::Process;
use crate::support::{HOST, KEY, REPORT, Relayed, get, post, start, waiting};
use tempfile::TempDir;
use xpander_report::{Config, Reporter, TaskReport};
use xpander_report_local::LocalPlatform;
use xpander_report_relay::{Error, Relay};
use xpander_report_tests::raw::{Answer, send};
use xpander_report_tests::{LONG, away, back, config, until};

/// A refusal after which a program keeps its report and sends it again.
#[track_caller]
fn is_put_off(answer: &Answer, words: &str) {
    answer.says(503, words);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

#[test]
fn what_was_answered_is_on_disk() {
    for is_synced in [false, true] {
        let (url, port) = away();
        let dir = TempDir::new().unwrap();
        let relay = start(config(url), dir.path(), |builder| builder.sync(is_synced));
        for number in 0..20 {
            let id = format!("t-{number}");
            assert_eq!(post(&relay, &format!(r#"{{"id":"{id}"}}"#)).status, 200);
            assert!(waiting(dir.path()).contains(&id), "{id} is in memory only");
        }
        // Another relay with the same directory delivers what this one leaves.
        relay.stop();
        let platform = back(port);
        let relay = start(config(platform.url()), dir.path(), |builder| builder);
        assert!(relay.drain(LONG));
        until(|| platform.tasks().unwrap().len() == 20);
        assert_eq!(relay.stats().adopted, 20);
    }
}

#[test]
fn a_full_spool_refuses_and_takes_reports_again_when_there_is_room() {
    let (url, port) = away();
    let dir = TempDir::new().unwrap();
    let relay = start(config(url), dir.path(), |builder| {
        builder.spool_bytes(100_000)
    });
    let body = |number| format!(r#"{{"id":"t-{number}","input":"{}"}}"#, "x".repeat(10_000));
    let mut accepted = 0;
    let refusal = loop {
        let answer = post(&relay, &body(accepted));
        if answer.status != 200 {
            break answer;
        }
        accepted += 1;
    };
    assert!((3..10).contains(&accepted), "{accepted}");
    is_put_off(&refusal, "the spool is full");
    is_put_off(&get(&relay, "/readyz"), "the spool is full");
    assert_eq!(relay.stats().accepted, accepted);
    assert_eq!(waiting(dir.path()).len() as u64, accepted);
    let platform = back(port);
    until(|| post(&relay, &body(accepted)).status == 200);
    until(|| get(&relay, "/readyz").status == 200);
    assert!(relay.drain(LONG));
    assert_eq!(platform.tasks().unwrap().len() as u64, accepted + 1);
}

#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_refuses_and_takes_reports_again_when_there_is_room() {
    let (url, port) = away();
    let dir = TempDir::new().unwrap();
    let relay = Process::with_small_files(&url, dir.path(), 64);
    let report = |number: usize| {
        let body = format!(r#"{{"id":"t-{number}","input":"{}"}}"#, "x".repeat(10_000));
        let line = format!("POST {REPORT}");
        send(relay.address, &line, &[HOST, KEY], body.as_bytes())
    };
    let mut accepted = 0;
    let refusal = loop {
        let answer = report(accepted);
        if answer.status != 200 {
            break answer;
        }
        accepted += 1;
    };
    assert!((3..8).contains(&accepted), "{accepted}");
    is_put_off(&refusal, "cannot be written to the spool");
    // Half a report was written, and taken away again.
    assert_eq!(waiting(dir.path()).len(), accepted);
    let platform = back(port);
    until(|| report(accepted).status == 200);
    until(|| platform.tasks().unwrap().len() == accepted + 1);
    until(|| waiting(dir.path()).is_empty());
}

#[test]
fn a_spool_that_is_gone_refuses_and_what_waited_is_delivered() {
    let (url, port) = away();
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("spool");
    let relay = start(config(url), &dir, |builder| builder);
    assert_eq!(post(&relay, r#"{"id":"before"}"#).status, 200);
    // Something else is in its place: nothing can be written there.
    fs::rename(&dir, parent.path().join("moved")).unwrap();
    fs::write(&dir, "no folder").unwrap();
    is_put_off(
        &post(&relay, r#"{"id":"meanwhile"}"#),
        "cannot be written to the spool",
    );
    is_put_off(&get(&relay, "/readyz"), "cannot be written to the spool");
    assert_eq!(relay.stats().accepted, 1);
    fs::remove_file(&dir).unwrap();
    assert_eq!(post(&relay, r#"{"id":"after"}"#).status, 200);
    assert_eq!(
        waiting(&dir),
        ["after"],
        "it is where another relay finds it"
    );
    let platform = back(port);
    assert!(relay.drain(LONG));
    let tasks = platform.tasks().unwrap();
    let mut ids: Vec<_> = tasks.iter().map(|task| &*task.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["after", "before"]);
}

#[test]
fn a_removed_spool_is_made_again() {
    let (url, _) = away();
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("spool");
    let relay = start(config(url), &dir, |builder| builder);
    assert_eq!(post(&relay, r#"{"id":"before"}"#).status, 200);
    fs::remove_dir_all(&dir).unwrap();
    assert_eq!(post(&relay, r#"{"id":"after"}"#).status, 200);
    assert!(waiting(&dir).contains(&"after".to_owned()));
    until(|| waiting(&dir).contains(&"before".to_owned()));
}

#[test]
fn a_spool_that_cannot_be_used_is_told_at_the_start() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let builder = Relay::builder(config("http://127.0.0.1:9"), file.join("spool"));
    let error = builder.port(0).start().unwrap_err();
    assert!(matches!(error, Error::Spool { .. }), "{error}");
}

#[test]
fn programs_learn_that_the_platform_refuses_the_key() {
    let platform = LocalPlatform::builder()
        .port(0)
        .token("the-key")
        .start()
        .unwrap();
    let dir = TempDir::new().unwrap();
    let relay = start(
        config(platform.url()).api_key("another"),
        dir.path(),
        |builder| builder,
    );
    // Nobody knows it yet: it is on disk, and waits.
    assert_eq!(post(&relay, r#"{"id":"first"}"#).status, 200);
    until(|| post(&relay, r#"{"id":"second"}"#).status == 503);
    let waiting_before = waiting(dir.path());
    let refusal = post(&relay, r#"{"id":"third"}"#);
    is_put_off(&refusal, "the platform refuses this relay's key");
    assert!(!refusal.body.contains("another"), "the key is not told");
    is_put_off(&get(&relay, "/readyz"), "refuses this relay's key");
    assert_eq!(waiting(dir.path()), waiting_before);
    relay.stop();
    let relay = start(
        config(platform.url()).api_key("the-key"),
        dir.path(),
        |builder| builder,
    );
    // A child that another test starts at this moment keeps the lock of the file for a while.
    until(|| platform.task("first").unwrap().is_some());
    assert!(relay.drain(LONG));
    assert!(platform.task("third").unwrap().is_none());
}

#[test]
fn a_key_that_is_mended_is_found_by_itself() {
    use std::sync::{Arc, Mutex};

    let platform = LocalPlatform::builder()
        .port(0)
        .token("the-key")
        .start()
        .unwrap();
    let dir = TempDir::new().unwrap();
    let key = Arc::new(Mutex::new("another".to_owned()));
    let given = Arc::clone(&key);
    let upstream = Config::builder()
        .variables([("", "")])
        .base_url(platform.url())
        .api_key_provider(move || given.lock().unwrap().clone());
    let relay = start(upstream, dir.path(), |builder| builder);
    assert_eq!(post(&relay, r#"{"id":"first"}"#).status, 200);
    until(|| get(&relay, "/readyz").status == 503);
    *key.lock().unwrap() = "the-key".to_owned();
    // It asks again within half a minute.
    until(|| get(&relay, "/readyz").status == 200);
    assert!(relay.drain(LONG));
    assert!(platform.task("first").unwrap().is_some());
}

#[test]
fn a_program_keeps_what_the_relay_does_not_take() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("spool");
    let platform = xpander_report_tests::platform();
    let relay = start(config(platform.url()), &dir, |builder| builder);
    fs::remove_dir_all(&dir).unwrap();
    fs::write(&dir, "no folder").unwrap();
    let reporter = Reporter::builder()
        .config(config(relay.url()))
        .build()
        .unwrap();
    reporter.report(TaskReport::new().id("t").result("out"));
    until(|| {
        reporter
            .stats()
            .last_error
            .is_some_and(|error| error.contains("cannot be written to the spool"))
    });
    assert_eq!(relay.stats().accepted, 0);
    fs::remove_file(&dir).unwrap();
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert!(relay.drain(LONG));
    assert!(platform.task("t").unwrap().is_some());
}

#[test]
fn one_agent_that_fails_leaves_the_others_alone() {
    use xpander_report_tests::server::{Answer, Server};

    let server = Server::start(|_, request| match request.line.contains("/broken/") {
        true => Answer::json(500, r#"{"detail":"broken"}"#),
        false => Answer::task(),
    });
    let dir = TempDir::new().unwrap();
    let relay = start(config(server.url()), dir.path(), |builder| builder);
    for number in 0..200 {
        let body = format!(r#"{{"id":"t-{number}"}}"#);
        let agent = if number % 2 == 0 { "broken" } else { "good" };
        let path = format!("/agent-execution/{agent}/report_task");
        assert_eq!(
            crate::support::post_as(&relay, "any", &path, &body).status,
            200
        );
    }
    until(|| relay.stats().delivered == 100);
    let status = get(&relay, "/xpander-relay").json();
    assert_eq!(status["waiting"], 100);
    assert_eq!(status["failing_agents"][0]["agent_id"], "broken");
}

#[test]
fn what_waits_survives_an_end_in_the_middle_of_an_outage() {
    let (url, port) = away();
    let dir = TempDir::new().unwrap();
    for round in 0..3 {
        let relay = start(config(&url), dir.path(), |builder| builder);
        assert_eq!(
            post(
                &relay,
                &format!(r#"{{"id":"t-{round}","result":"{round}"}}"#)
            )
            .status,
            200
        );
        assert_eq!(
            post(&relay, &format!(r#"{{"id":"all","result":"{round}"}}"#)).status,
            200
        );
        relay.stop();
    }
    let platform = back(port);
    let relayed = Relayed {
        relay: start(config(platform.url()), dir.path(), |builder| builder),
        platform,
        _dir: dir,
    };
    relayed.drain();
    until(|| relayed.platform.tasks().unwrap().len() == 4);
    let all = relayed.platform.task("all").unwrap().unwrap();
    assert_eq!(all.result.as_deref(), Some("2"));
}
