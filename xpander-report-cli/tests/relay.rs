//! `xpander-report relay`, run as its users run it. Its signals are Unix's.

#![cfg(unix)]

use std::fs;
use std::path::Path;

use crate::support::running::Running;
use crate::support::{KEY, run};
use serde_json::Value;
use tempfile::TempDir;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{away, back, until};

/// The arguments and the environment of a relay.
fn upstream(url: &str) -> Vec<(&str, &str)> {
    vec![("XPANDER_BASE_URL", url), ("XPANDER_API_KEY", KEY)]
}

/// The environment of a program that reports through a relay.
fn through<'a>(url: &'a str, token: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("XPANDER_BASE_URL", url),
        ("XPANDER_API_KEY", token),
        ("XPANDER_AGENT_ID", "worker"),
    ]
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_worker_needs_the_relay_and_a_token_through_all_that_ends() {
    let dir = TempDir::new().unwrap();
    let (db, spool) = (dir.path().join("tasks.db"), dir.path().join("spool"));
    let tokens = dir.path().join("tokens");
    fs::write(&tokens, "worker-token worker # the workers\nadmin *\n").unwrap();
    let local = Running::local(&["--db", path(&db)], &[]);
    let (platform, port) = (
        local.url(),
        local.url().rsplit(':').next().unwrap().to_owned(),
    );
    let arguments = ["--spool", path(&spool), "--tokens", path(&tokens)];
    let mut relay = Running::relay(
        &[&["--port", "0"], &arguments[..]].concat(),
        &upstream(&platform),
    );
    let url = relay.url();
    assert!(relay.says.contains(&format!("It forwards to {platform}\n")));
    let worker = through(&url, "worker-token");

    run(&["send", "--id", "one", "--input", "first"], &worker)
        .ends_with(0)
        .says(&format!("the relay at {url} stored it and will deliver it"));
    for arguments in [&["tasks", "list"][..], &["tasks", "open", "one"]] {
        run(arguments, &worker)
            .ends_with(1)
            .complains("this address is that of a relay");
    }
    let tasks = |url: &str| run(&["send", "--id", "probe"], &through(url, "any")).code;
    assert_eq!(tasks(&platform), Some(0));
    let status = || {
        let said = run(&["relay", "status", "--json"], &through(&url, "admin")).ends_with(0);
        serde_json::from_str::<Value>(&said.out).unwrap()
    };
    until(|| status()["waiting"] == 0);
    // The platform stops, the worker goes on, the relay is killed.
    local.signal("TERM");
    assert_eq!(local.end().1, Some(0));
    for id in ["two", "three"] {
        run(&["send", "--id", id, "--input", id], &worker).ends_with(0);
    }
    relay.process.kill().unwrap();
    relay.process.wait().unwrap();
    run(&["send", "--id", "four"], &worker).ends_with(75);
    let relay_port = url.rsplit(':').next().unwrap().to_owned();
    let relay = Running::relay(
        &[&["--port", &relay_port], &arguments[..]].concat(),
        &upstream(&platform),
    );
    let local = Running::of(&mut crate::support::program(
        &["local", "--port", &port, "--db", path(&db)],
        &[],
    ));
    until(|| status()["waiting"] == 0);
    let said = run(&["relay", "status"], &through(&url, "admin"));
    said.says("accepted 0 ");
    said.says("taken 2 from an earlier process");
    relay.signal("TERM");
    let (rest, code) = relay.end();
    assert!(rest.contains("Stopped."), "{rest}");
    assert_eq!(code, Some(0));
    local.signal("TERM");
    assert_eq!(local.end().1, Some(0));
    let platform = xpander_report_local::LocalPlatform::builder()
        .port(0)
        .data(&db)
        .start()
        .unwrap();
    let mut ids: Vec<_> = platform
        .tasks()
        .unwrap()
        .into_iter()
        .map(|task| task.id)
        .collect();
    ids.sort_unstable();
    assert_eq!(
        ids,
        ["one", "probe", "three", "two"],
        "everything is there once"
    );
}

#[test]
fn doctor_knows_a_relay() {
    let dir = TempDir::new().unwrap();
    let (platform, port) = away();
    let relay = Running::relay(
        &["--port", "0", "--spool", path(dir.path())],
        &upstream(&platform),
    );
    let url = relay.url();
    let variables = through(&url, "any");
    let said = run(&["doctor"], &variables).ends_with(0);
    said.says("a relay accepts the key and reports for the agent worker");
    said.says(&format!(
        "relay forwards to {platform}; 0 reports wait there"
    ));
    let said = run(&["doctor", "--send"], &variables).ends_with(0);
    said.says("the relay has accepted the task");
    said.says("and delivers it");
    until(|| {
        let said = run(&["doctor"], &variables).ends_with(0);
        said.words()
            .contains("1 report waits there, the oldest for")
            && said.words().contains("note relay")
    });
    // Without an agent it reads a task.
    let no_agent = &variables[..2];
    let said = run(&["doctor"], no_agent);
    said.says("the relay accepts the key");
    said.says("forwards to");
    let platform = back(port);
    until(|| platform.tasks().unwrap().len() == 1);
}

#[test]
fn doctor_says_that_the_relays_key_is_refused() {
    let server = Server::always(Answer::json(401, r#"{"detail":"no such key"}"#));
    let dir = TempDir::new().unwrap();
    let relay = Running::relay(
        &["--port", "0", "--spool", path(dir.path())],
        &upstream(&server.url()),
    );
    let url = relay.url();
    let variables = through(&url, "any");
    run(&["send", "--id", "t"], &variables).ends_with(0);
    until(|| run(&["send", "--id", "t"], &variables).code == Some(75));
    let said = run(&["doctor", "--send"], &variables).ends_with(1);
    said.says("WRONG relay");
    said.says("no such key");
    said.says("not sent");
    let said = run(&["relay", "status"], &variables).ends_with(0);
    said.says("refuses the key");
    said.does_not_say(KEY);
}

#[test]
fn dead_letters_and_tasks_are_looked_after_from_any_machine() {
    let server = Server::always(Answer::json(422, r#"{"detail":"odd"}"#));
    let dir = TempDir::new().unwrap();
    let relay = Running::relay(
        &["--port", "0", "--spool", path(dir.path())],
        &upstream(&server.url()),
    );
    let url = relay.url();
    let variables = through(&url, "any");
    for id in ["one", "two", "person"] {
        run(&["send", "--id", id, "--input", "secret"], &variables).ends_with(0);
    }
    let list = || run(&["relay", "dead-letters", "list"], &variables).ends_with(0);
    until(|| list().out.lines().count() == 3);
    list().says("one worker");
    list().says("odd");
    list().does_not_say("secret");
    let json = run(&["relay", "dead-letters", "list", "--json"], &variables).ends_with(0);
    let first: Value = serde_json::from_str(json.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["agent_id"], "worker");
    run(&["relay", "purge", "--task", "person"], &variables)
        .ends_with(0)
        .says("0 reports that waited, 1 dead letter deleted.");
    run(
        &["relay", "dead-letters", "purge", "one", "none"],
        &variables,
    )
    .ends_with(0)
    .says("1 report is deleted.");
    run(&["relay", "dead-letters", "retry"], &variables)
        .ends_with(0)
        .says("1 report is sent again.");
    until(|| list().out.lines().count() == 1);
    list().says("two");
    let said = run(&["relay", "status"], &variables).ends_with(0);
    said.says(&format!("forwards to {}", server.url()));
    said.says("dead letters 1");
}

#[test]
fn what_is_no_relay_is_said() {
    let platform = xpander_report_tests::platform();
    let url = platform.url();
    run(&["relay", "status"], &through(&url, "any"))
        .ends_with(2)
        .complains("is not a relay");
    let (url, _) = away();
    run(&["relay", "status", "--url", &url], &[])
        .ends_with(75)
        .complains("failed");
    let dir = TempDir::new().unwrap();
    let tokens = dir.path().join("tokens");
    fs::write(&tokens, "one worker\n").unwrap();
    let relay = Running::relay(
        &[
            "--port",
            "0",
            "--spool",
            path(dir.path()),
            "--tokens",
            path(&tokens),
        ],
        &upstream(&url),
    );
    let url = relay.url();
    let status = run(&["relay", "status", "--url", &url], &through(&url, "wrong"));
    status
        .ends_with(1)
        .complains("set a token of the relay with --token-file");
    let token = dir.path().join("token");
    fs::write(&token, "one\n").unwrap();
    let arguments = [
        "relay",
        "status",
        "--url",
        &url,
        "--token-file",
        path(&token),
    ];
    run(&arguments, &[]).ends_with(0).says("nothing is wrong");
    run(&["relay", "purge", "--task", "t"], &through(&url, "one"))
        .ends_with(1)
        .complains("a token for all agents");
}

#[test]
fn what_keeps_a_relay_from_starting_is_said() {
    let dir = TempDir::new().unwrap();
    let spool = ["--spool", path(dir.path())];
    let start = |arguments: &[&str], variables: &[(&str, &str)]| {
        run(&[&["relay"], &spool[..], arguments].concat(), variables)
    };
    let env = upstream("http://127.0.0.1:9");
    start(&[], &[]).ends_with(2).complains("XPANDER_API_KEY");
    start(&["--host", "0.0.0.0"], &env)
        .ends_with(2)
        .complains("--tokens");
    start(&["--tokens", "/nowhere"], &env)
        .ends_with(2)
        .complains("/nowhere");
    start(&["--cert", "/nowhere"], &env)
        .ends_with(2)
        .complains("--key");
    let file = dir.path().join("file");
    fs::write(&file, "no certificate").unwrap();
    start(&["--cert", path(&file), "--key", path(&file)], &env)
        .ends_with(2)
        .complains("certificate");
    let itself = upstream("http://localhost:9727");
    start(&[], &itself)
        .ends_with(2)
        .complains("the relay's own");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    start(&["--port", &port], &env)
        .ends_with(1)
        .complains("see --port");
    run(
        &["relay", "--spool", &format!("{}/spool", path(&file))],
        &env,
    )
    .ends_with(1)
    .complains("see --spool");
}
