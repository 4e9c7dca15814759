//! A signal ends the program. If configured, the remaining reports are delivered first.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{away, waiting};

/// A program that has reported ten tasks and waits.
fn waits(url: &str, millis: &str, durability: &str, dir: &TempDir) -> Child {
    let mut program = Command::new(env!("CARGO_BIN_EXE_spools"));
    program
        .args(["wait", "0", "10"])
        .env("XPANDER_BASE_URL", url)
        .env("XPANDER_API_KEY", "key")
        .env("XPANDER_AGENT_ID", "agent-123")
        .env("DURABILITY", durability)
        .env("DELIVER_ON_SIGNALS", millis)
        .stdout(Stdio::piped());
    if durability != "none" {
        program.env("XPANDER_REPORT_SPOOL_DIR", dir.path());
    }
    let mut child = program.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..10 {
        out.read_line(&mut String::new()).unwrap();
    }
    child
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Whether the tests were started with this signal ignored, as under `nohup`.
fn is_ignored(name: &str) -> bool {
    let survives = Command::new("sh").args(["-c", "kill $0 $$", name]).status();
    survives.unwrap().success()
}

/// Refuses everything at first, so that all reports wait.
fn hesitant() -> Server {
    Server::start(|before, _| match before {
        0..4 => Answer::json(503, "{}"),
        _ => Answer::task(),
    })
}

#[test]
fn what_waits_is_delivered_and_the_program_ends_as_the_signal_does() {
    for (name, number) in [("-TERM", 15), ("-INT", 2), ("-HUP", 1)] {
        if is_ignored(name) {
            println!("{name} is ignored here: left out");
            continue;
        }
        for durability in ["none", "memory", "process", "disk"] {
            let (server, dir) = (hesitant(), TempDir::new().unwrap());
            let mut child = waits(&server.url(), "60000", durability, &dir);
            server.wait_for(1);
            signal(&child, name);
            let status = child.wait().unwrap();
            assert_eq!(status.signal(), Some(number), "{name}");
            let bodies: Vec<_> = server.requests().into_iter().map(|r| r.body).collect();
            for task in 0..10 {
                let id = format!(r#""id":"task-{task}""#);
                assert!(
                    bodies.iter().any(|body| body.contains(&id)),
                    "{name}, {durability}: {task}"
                );
            }
            assert_eq!(waiting(dir.path()), 0, "{name}, {durability}");
        }
    }
}

#[test]
fn what_cannot_be_delivered_in_time_is_spooled() {
    for durability in ["memory", "process", "disk"] {
        let dir = TempDir::new().unwrap();
        let (url, _) = away();
        let mut child = waits(&url, "10", durability, &dir);
        signal(&child, "-TERM");
        assert_eq!(child.wait().unwrap().signal(), Some(15));
        assert_eq!(waiting(dir.path()), 10, "{durability}");
    }
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    let server = Server::always(Answer::Silence);
    let dir = TempDir::new().unwrap();
    let mut child = waits(&server.url(), "600000", "none", &dir);
    server.wait_for(1);
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        signal(&child, "-TERM");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(started.elapsed() < Duration::from_secs(60));
}
