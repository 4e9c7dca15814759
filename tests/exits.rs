//! Programs that end without a guard: their reports are delivered in bounded time, or survive in the spool.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use tempfile::TempDir;
use xpander_report::{Reporter, TaskReport};
use xpander_report_local::Fault;
use xpander_report_tests::server::{Answer, Request, Server};
use xpander_report_tests::{LONG, config, platform};

const RUNTIMES: [&str; 4] = ["none", "tokio", "tokio-current-thread", "smol"];
const DURABILITIES: [&str; 3] = ["memory", "process", "disk"];

fn leaves(url: &str, way: &str, runtime: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leaves"));
    command
        .args([way, runtime])
        .env("XPANDER_BASE_URL", url)
        .env("XPANDER_API_KEY", "key")
        .env("XPANDER_AGENT_ID", "agent-123")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The same with a spool in `dir`. Without `dir`, with a reporter that is made in code.
fn durable(command: &mut Command, dir: Option<&Path>, durability: &str, exit: Duration) {
    command
        .env("DURABILITY", durability)
        .env("EXIT_MILLIS", exit.as_millis().to_string());
    if let Some(dir) = dir {
        command.env("XPANDER_REPORT_SPOOL_DIR", dir);
    }
}

/// Runs the program until it ends. A program that waits gets a SIGTERM after its reports.
fn run(mut command: Command) -> Output {
    let mut child = command.spawn().unwrap();
    let is_waiting = child.stdout.as_mut().unwrap().read(&mut [0]).unwrap() == 1;
    if is_waiting {
        let id = child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(killed.success());
    }
    child.wait_with_output().unwrap()
}

/// The number of segments in a spool.
fn segments(dir: &Path) -> usize {
    let users = fs::read_dir(dir).into_iter().flatten();
    let folders = users.map(|user| user.unwrap().path());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
    let names = files.map(|file| file.unwrap().path());
    names
        .filter(|name| name.extension().is_some_and(|ending| ending == "seg"))
        .count()
}

#[test]
fn what_was_reported_is_delivered_however_the_program_ends() {
    for way in ["return", "exit", "exit-on-a-thread", "panic"] {
        for runtime in RUNTIMES {
            let platform = platform();
            let output = run(leaves(&platform.url(), way, runtime));
            assert_eq!(output.status.success(), way != "panic", "{output:?}");
            let tasks = platform.tasks().unwrap().len();
            assert_eq!(tasks, 20, "{way} with {runtime}: {output:?}");
        }
    }
}

#[test]
fn with_a_spool_what_was_reported_is_delivered_and_nothing_stays_in_it() {
    for way in ["return", "exit", "exit-on-a-thread", "panic"] {
        for durability in DURABILITIES {
            let platform = platform();
            let dir = TempDir::new().unwrap();
            let mut command = leaves(&platform.url(), way, "tokio");
            durable(&mut command, Some(dir.path()), durability, LONG);
            let output = run(command);
            let tasks = platform.tasks().unwrap().len();
            assert_eq!(tasks, 20, "{way}, {durability}: {output:?}");
            assert_eq!(drain(&platform.url(), dir.path()), 0);
            assert_eq!(segments(dir.path()), 0, "{way}, {durability}");
        }
    }
}

/// Delivers the reports in the spool. Returns their number.
fn drain(url: &str, dir: &Path) -> u64 {
    let builder = Reporter::builder().config(config(url)).spool(dir);
    let reporter = builder.build().unwrap();
    let outcome = smol::block_on(reporter.drain(LONG));
    assert!(outcome.is_complete(), "{outcome:?}");
    assert!(reporter.shutdown_blocking(LONG).is_complete());
    reporter.stats().adopted
}

fn id(body: &str) -> Option<String> {
    serde_json::from_str::<TaskReport>(body).unwrap().id
}

/// The remaining reports after an outage: the table of `Durability`.
#[cfg(unix)]
#[test]
fn what_survives_an_outage_and_the_end_of_the_program_does_not_depend_on_the_runtime() {
    let survive = |way: &str, durability: &str| match (way, durability) {
        (_, "none") => 0,
        ("abort" | "wait", "memory") => 0,
        _ => 20,
    };
    let end = |way: &str, runtime: &str, durability: &str| {
        let dir = TempDir::new().unwrap();
        let spool = (durability != "none").then_some(dir.path());
        // The platform is down for the program, and up for later ones.
        let is_later = |request: &Request| request.header("x-api-key") != Some("key");
        let server = Server::start(move |_, request| match is_later(request) {
            true => Answer::task(),
            false => Answer::json(503, "{}"),
        });
        let mut command = leaves(&server.url(), way, runtime);
        // A program that writes only at its end needs enough time for that on a busy machine.
        let exit = Duration::from_millis(if durability == "memory" { 1_500 } else { 100 });
        durable(&mut command, spool, durability, exit);
        let output = run(command);
        let adopted = drain(&server.url(), dir.path());
        let mut requests = server.requests();
        requests.retain(is_later);
        let ids: HashSet<_> = requests.iter().map(|request| id(&request.body)).collect();
        let expected = survive(way, durability);
        assert_eq!(
            (adopted, ids.len() as u64),
            (expected, expected),
            "{way}, {runtime}, {durability}: {output:?}"
        );
        assert_eq!(segments(dir.path()), 0, "{way}, {runtime}, {durability}");
    };
    thread::scope(|scope| {
        for runtime in RUNTIMES {
            scope.spawn(move || {
                for way in [
                    "return",
                    "exit",
                    "exit-on-a-thread",
                    "panic",
                    "abort",
                    "wait",
                ] {
                    for durability in ["none"].iter().chain(&DURABILITIES) {
                        end(way, runtime, durability);
                    }
                }
            });
        }
    });
}

#[test]
fn a_platform_that_does_not_answer_keeps_the_program_for_two_seconds() {
    let server = Server::always(Answer::Silence);
    let started = Instant::now();
    let output = run(leaves(&server.url(), "return", "none"));
    assert!(output.status.success());
    let waited = started.elapsed();
    // The exit does not wait for the timeout of a request.
    let seconds = Duration::from_secs(2)..Duration::from_secs(15);
    assert!(seconds.contains(&waited), "{waited:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("20 reports were not delivered"), "{said}");
}

#[test]
fn a_program_that_does_not_want_to_wait_ends_at_once() {
    for way in ["return", "exit", "exit-on-a-thread", "panic"] {
        let server = Server::always(Answer::Silence);
        let is_quick = || {
            let mut command = leaves(&server.url(), way, "none");
            durable(&mut command, None, "none", Duration::ZERO);
            let started = Instant::now();
            let output = run(command);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!said.contains("not delivered"), "{said}");
            started.elapsed() < Duration::from_secs(2)
        };
        // A program that waits for the request exceeds the limit in every attempt. One that does not wait may exceed it
        // once on a busy machine.
        assert!((0..10).any(|_| is_quick()), "{way}");
    }
}

#[test]
fn a_program_that_does_not_want_to_wait_leaves_in_the_spool_what_is_there() {
    for durability in ["process", "disk"] {
        let dir = TempDir::new().unwrap();
        let server = Server::start(|_, request| match request.header("x-api-key") {
            Some("key") => Answer::Silence,
            _ => Answer::task(),
        });
        let mut command = leaves(&server.url(), "return", "none");
        durable(&mut command, Some(dir.path()), durability, Duration::ZERO);
        assert!(run(command).status.success());
        assert_eq!(drain(&server.url(), dir.path()), 20, "{durability}");
    }
}

#[cfg(unix)]
#[test]
fn on_a_signal_what_waits_is_delivered_whatever_the_runtime() {
    use std::os::unix::process::ExitStatusExt;
    let end = |runtime: &str, durability: &str| {
        let dir = TempDir::new().unwrap();
        // Refuses everything at first, so that all reports wait.
        let server = Server::start(|before, _| match before {
            0..4 => Answer::json(503, "{}"),
            _ => Answer::task(),
        });
        let mut command = leaves(&server.url(), "wait", runtime);
        let spool = (durability != "none").then_some(dir.path());
        durable(&mut command, spool, durability, LONG);
        command.env("DELIVER_ON_SIGNALS", "yes");
        let output = run(command);
        assert_eq!(output.status.signal(), Some(15), "{runtime}: {output:?}");
        let requests = server.requests();
        let tasks: HashSet<_> = requests.iter().map(|request| id(&request.body)).collect();
        assert_eq!(tasks.len(), 20, "{runtime}, {durability}: {output:?}");
        assert_eq!(drain(&server.url(), dir.path()), 0);
    };
    thread::scope(|scope| {
        for runtime in RUNTIMES {
            scope.spawn(move || {
                for durability in ["none"].iter().chain(&DURABILITIES) {
                    end(runtime, durability);
                }
            });
        }
    });
}

#[test]
fn who_kept_a_guard_does_not_wait_twice() {
    let server = Server::always(Answer::Silence);
    let output = Command::new(env!("CARGO_BIN_EXE_guarded"))
        .env("XPANDER_BASE_URL", server.url())
        .env("XPANDER_API_KEY", "key")
        .env("XPANDER_AGENT_ID", "agent-123")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.matches("not delivered").count(), 1, "{said}");
}

#[test]
fn a_guard_waits_as_long_as_the_end_of_the_program_may_take() {
    // Four at a time need longer than a guard's default timeout.
    let slow = Fault::delay(Duration::from_millis(700));
    for (timeout, arrive) in [("60000", 20..=20), ("0", 0..=4)] {
        let platform = platform();
        platform.inject(slow.clone());
        let output = Command::new(env!("CARGO_BIN_EXE_guarded"))
            .env("XPANDER_BASE_URL", platform.url())
            .env("XPANDER_API_KEY", "key")
            .env("XPANDER_AGENT_ID", "agent-123")
            .env("EXIT_TIMEOUT", timeout)
            .output()
            .unwrap();
        let tasks = platform.tasks().unwrap().len();
        assert!(arrive.contains(&tasks), "{timeout}: {tasks} {output:?}");
    }
}
